# Written by clients/generate.py. Change http/openapi/ and run it again.
from typing import TYPE_CHECKING, Any, Dict, List, Literal, TypedDict, Union

if TYPE_CHECKING:
    from .basic import BackoffKind, Count, DependencyCondition, DependencyRule, Durability, JobID, JobStatus, Name, NextCursor, OnMiss, Priority, Time, UniqueConflict, UniqueScope, WorkflowID
    from .errors import ItemError
    from .submit import Traceparent, Tracestate


# The template that made it.
class TemplateOrigin(TypedDict):
    name: "Name"
    version: int


# Why an attempt failed, or why the job was cancelled.
class JobError(TypedDict):
    message: str
    code: str
    timestamp: "Time"


class _ShownDependency(TypedDict):
    id: "JobID"
    on: "DependencyCondition"


# A job it depends on, and what is known of it.
class ShownDependency(_ShownDependency, total=False):
    ended: Literal["completed", "failed", "cancelled", "skipped"]
    began: bool


# Tried again after so many seconds, which costs no retry.
class ShownPolicyOnErrorValue(TypedDict):
    snooze: float


class _ShownPolicy(TypedDict):
    kind: "BackoffKind"
    baseSeconds: float
    capSeconds: float
    jitter: bool


# When it is tried again.
class ShownPolicy(_ShownPolicy, total=False):
    memoryGrowthPercent: int
    memoryGrowthMax: int
    onError: Dict[str, Union[Literal["retry", "fail"], "ShownPolicyOnErrorValue"]]
    totalSeconds: float


# What an attempt takes of its worker.
ShownResources = Dict[str, Any]


# For so many seconds.
ShownUniqueWhile = TypedDict("ShownUniqueWhile", {
    "for": float,
}, total=False)


class _ShownUniqueOnConflict(TypedDict):
    debounce: float


# It replaces the other one, and starts when none has come for so many seconds.
class ShownUniqueOnConflict(_ShownUniqueOnConflict, total=False):
    max: float


# What makes the job unique.
ShownUnique = TypedDict("ShownUnique", {
    "key": str,
    "while": "Union[UniqueScope, ShownUniqueWhile]",
    "onConflict": "Union[UniqueConflict, ShownUniqueOnConflict]",
    "since": "Time",
}, total=False)


class _ShownForEach(TypedDict):
    over: str
    max: int
    collect: bool
    rule: "DependencyRule"


# Of a fan-out job.
class ShownForEach(_ShownForEach, total=False):
    count: int


# Its attempts may be stopped after so many seconds.
class ShownSettingsPreemptible(TypedDict):
    minRun: float


class _ShownSettings(TypedDict):
    maxRetries: int
    timeout: float
    queue: str
    tags: List[str]
    durability: "Durability"
    retryPolicy: "ShownPolicy"
    resources: "ShownResources"


# What was asked for, with defaults filled in.
class ShownSettings(_ShownSettings, total=False):
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
    preemptible: "ShownSettingsPreemptible"
    held: bool
    heldSince: "Time"
    holdReason: str
    traceparent: "Traceparent"
    tracestate: "Tracestate"
    typeVersion: str


class _HistoryEntry(TypedDict):
    status: "JobStatus"
    at: "Time"
    attempt: int


# A step in the life of a job.
class HistoryEntry(_HistoryEntry, total=False):
    workerID: str
    reason: str


# What its attempts have used.
class Usage(TypedDict):
    cpuSeconds: float
    peakMemoryBytes: int
    runSeconds: float


# Its attempts may be stopped after so many seconds.
class JobPreemptible(TypedDict):
    minRun: float


class _JobSchedule(TypedDict):
    name: "Name"
    version: int
    fireTime: "Time"


# The schedule that submitted it.
class JobSchedule(_JobSchedule, total=False):
    byHand: bool


class _JobWorkflow(TypedDict):
    id: "WorkflowID"
    name: str
    key: str


# The workflow it belongs to.
class JobWorkflow(_JobWorkflow, total=False):
    index: int


# How far the attempt is.
class JobProgress(TypedDict):
    percent: int
    message: str


class _Job(TypedDict):
    maxRetries: int
    timeout: float
    dependencies: List[Union["JobID", "ShownDependency"]]
    queue: str
    tags: List[str]
    durability: "Durability"
    retryPolicy: "ShownPolicy"
    resources: "ShownResources"
    id: "JobID"
    type: str
    priority: "Priority"
    status: "JobStatus"
    scheduleAt: "Time"
    createdAt: "Time"
    retryCount: int
    attempt: int
    lossCount: int


# A job as it is now.
class Job(_Job, total=False):
    payload: Any
    softTimeout: float
    dependencyRule: "DependencyRule"
    deadline: "Time"
    onMiss: "OnMiss"
    finishBy: "Time"
    idempotencyKey: str
    unique: "ShownUnique"
    forEach: "ShownForEach"
    concurrencyKey: str
    preempts: bool
    preemptible: "JobPreemptible"
    held: bool
    heldSince: "Time"
    holdReason: str
    traceparent: "Traceparent"
    tracestate: "Tracestate"
    typeVersion: str
    startedAt: "Time"
    completedAt: "Time"
    schedule: "JobSchedule"
    workflow: "JobWorkflow"
    template: "TemplateOrigin"
    usage: "Usage"
    nextAttemptAt: "Time"
    workerID: str
    fence: str
    progress: "JobProgress"
    error: "JobError"
    cachedFrom: "JobID"
    result: Any
    checkpoint: Any
    history: List["HistoryEntry"]


# Jobs, newest first.
class JobPage(TypedDict):
    jobs: List["Job"]
    count: "Count"
    next: "NextCursor"


# The last lines that an attempt has logged.
class JobLogs(TypedDict):
    id: "JobID"
    status: "JobStatus"
    attempt: int
    first: int
    next: int
    lines: List[str]


class _WaitReason(TypedDict):
    code: str
    text: str


# Why a job waits, or what it does.
class WaitReason(_WaitReason, total=False):
    jobs: List["JobID"]
    until: "Time"
    since: "Time"
    worker: str


class _Explanation(TypedDict):
    jobID: "JobID"
    status: "JobStatus"
    reasons: List["WaitReason"]


# All reasons that hold at this moment.
class Explanation(_Explanation, total=False):
    ahead: int
    projectedStart: "Time"


class _Submitted(TypedDict):
    jobID: "JobID"
    status: "JobStatus"
    priority: "Priority"
    createdAt: "Time"
    scheduledAt: "Time"
    estimatedExecutionTime: "Time"
    durability: "Durability"


# A job that was accepted.
class Submitted(_Submitted, total=False):
    projectedFinish: "Time"
    duplicate: bool
    template: "TemplateOrigin"


# It was refused.
class BatchAnswerItemsItem(TypedDict):
    error: "ItemError"


# What became of each job, in the order of the batch.
class BatchAnswer(TypedDict):
    items: List[Union["Submitted", "BatchAnswerItemsItem"]]
    accepted: "Count"
    rejected: "Count"
