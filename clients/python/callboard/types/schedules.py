# Written by clients/generate.py. Change http/openapi/ and run it again.
from typing import TYPE_CHECKING, Any, Dict, List, TypedDict, Union

if TYPE_CHECKING:
    from .basic import CatchUp, Count, DependencyRule, Durability, JobID, Name, NextCursor, OnMiss, Overlap, Priority, Tag, Time, TimeInput
    from .job import ShownDependency, ShownForEach, ShownPolicy, ShownResources, ShownUnique, TemplateOrigin
    from .submit import PayloadPath, Resources, RetryPolicy, Traceparent, Tracestate


# When it fires, and by which rules.
class ScheduleRules(TypedDict, total=False):
    cron: str
    every: float
    at: "TimeInput"
    anchor: "TimeInput"
    timeZone: str
    startAt: "TimeInput"
    endAt: "TimeInput"
    jitter: float
    catchUp: "CatchUp"
    catchUpMax: int
    overlap: "Overlap"
    startWithin: float


# After so many seconds.
class ScheduledJobSubmitPreemptible(TypedDict):
    minRun: float


class _ScheduledJobSubmit(TypedDict):
    jobType: str


# The job of a schedule.
class ScheduledJobSubmit(_ScheduledJobSubmit, total=False):
    priority: "Priority"
    queue: "Tag"
    timeout: float
    softTimeout: float
    retryCount: int
    maxRetries: int
    retryPolicy: "RetryPolicy"
    resources: "Resources"
    typeVersion: str
    concurrencyKey: Union["Tag", "PayloadPath"]
    preemptible: Union[bool, "ScheduledJobSubmitPreemptible"]
    durability: "Durability"
    onMiss: "OnMiss"
    tags: List["Tag"]
    preempts: bool
    held: bool
    payload: Any


class _ScheduleTemplate(TypedDict):
    name: "Name"


# The template that makes the job.
class ScheduleTemplate(_ScheduleTemplate, total=False):
    version: int
    parameters: Dict[str, Any]
    overrides: Dict[str, Any]


# A schedule: exactly one of `cron`, `every`, `at`; `job` or `template`.
class ScheduleDefinition(TypedDict, total=False):
    cron: str
    every: float
    at: "TimeInput"
    anchor: "TimeInput"
    timeZone: str
    startAt: "TimeInput"
    endAt: "TimeInput"
    jitter: float
    catchUp: "CatchUp"
    catchUpMax: int
    overlap: "Overlap"
    startWithin: float
    name: "Name"
    job: "ScheduledJobSubmit"
    template: "ScheduleTemplate"


# As a schedule; `name` and `job` may be missing.
SchedulePreview = TypedDict("SchedulePreview", {
    "cron": str,
    "every": float,
    "at": "TimeInput",
    "anchor": "TimeInput",
    "timeZone": str,
    "startAt": "TimeInput",
    "endAt": "TimeInput",
    "jitter": float,
    "catchUp": "CatchUp",
    "catchUpMax": int,
    "overlap": "Overlap",
    "startWithin": float,
    "name": "Name",
    "job": "ScheduledJobSubmit",
    "count": int,
    "from": "TimeInput",
}, total=False)


# Its attempts may be stopped after so many seconds.
class ScheduledJobPreemptible(TypedDict):
    minRun: float


class _ScheduledJob(TypedDict):
    maxRetries: int
    timeout: float
    queue: str
    tags: List[str]
    durability: "Durability"
    retryPolicy: "ShownPolicy"
    resources: "ShownResources"
    jobType: str
    priority: "Priority"


# The job of a schedule, with defaults filled in.
class ScheduledJob(_ScheduledJob, total=False):
    payload: Any
    softTimeout: float
    dependencies: List[Union["JobID", "ShownDependency"]]
    dependencyRule: "DependencyRule"
    deadline: "Time"
    onMiss: "OnMiss"
    finishBy: "Time"
    idempotencyKey: str
    unique: "ShownUnique"
    forEach: "ShownForEach"
    concurrencyKey: str
    preempts: bool
    preemptible: "ScheduledJobPreemptible"
    held: bool
    heldSince: "Time"
    holdReason: str
    traceparent: "Traceparent"
    tracestate: "Tracestate"
    typeVersion: str


class _ScheduleText(TypedDict):
    jitter: float
    catchUp: "CatchUp"
    overlap: "Overlap"
    name: "Name"
    version: int
    changedAt: "Time"
    job: "ScheduledJob"


# A version of a schedule.
class ScheduleText(_ScheduleText, total=False):
    cron: str
    every: float
    at: "TimeInput"
    anchor: "TimeInput"
    timeZone: str
    startAt: "TimeInput"
    endAt: "TimeInput"
    catchUpMax: int
    startWithin: float
    template: "TemplateOrigin"
    fault: str


class _ScheduleVersion(TypedDict):
    jitter: float
    catchUp: "CatchUp"
    overlap: "Overlap"
    name: "Name"
    version: int
    changedAt: "Time"
    job: "ScheduledJob"


# A version of a schedule.
class ScheduleVersion(_ScheduleVersion, total=False):
    cron: str
    every: float
    at: "TimeInput"
    anchor: "TimeInput"
    timeZone: str
    startAt: "TimeInput"
    endAt: "TimeInput"
    catchUpMax: int
    startWithin: float
    template: "TemplateOrigin"
    fault: str


# All versions that are kept, latest first.
class ScheduleVersions(TypedDict):
    versions: List["ScheduleVersion"]


class _Schedule(TypedDict):
    jitter: float
    catchUp: "CatchUp"
    overlap: "Overlap"
    name: "Name"
    version: int
    changedAt: "Time"
    job: "ScheduledJob"
    paused: bool
    next: List["Time"]
    fired: "Count"
    missed: "Count"
    skipped: "Count"
    unfinished: "Count"


# A schedule, and where it stands.
class Schedule(_Schedule, total=False):
    cron: str
    every: float
    at: "TimeInput"
    anchor: "TimeInput"
    timeZone: str
    startAt: "TimeInput"
    endAt: "TimeInput"
    catchUpMax: int
    startWithin: float
    template: "TemplateOrigin"
    fault: str
    local: List[str]
    waiting: "Time"
    lastFire: "Time"
    lastJobID: "JobID"
    trouble: str


# Schedules by name, without payloads.
class SchedulePage(TypedDict):
    schedules: List["Schedule"]
    count: "Count"
    next: "NextCursor"


class _FireTimes(TypedDict):
    next: List["Time"]
    count: "Count"


# When it would fire.
class FireTimes(_FireTimes, total=False):
    local: List[str]
