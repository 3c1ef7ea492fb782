# Written by clients/generate.py. Change http/openapi/ and run it again.
from typing import TYPE_CHECKING, Any, Dict, List, Literal, TypedDict, Union

if TYPE_CHECKING:
    from .basic import BackoffKind, Bytes, DependencyCondition, DependencyRule, Durability, JobID, OnMiss, Priority, Tag, TimeInput, UniqueConflict, UniqueScope


# The value at this path in the payload.
class PayloadPath(TypedDict):
    payload: str


# Tried again after so many seconds, which costs no retry.
class RetryPolicyOnErrorValue(TypedDict):
    snooze: float


# When a failed job is tried again.
class RetryPolicy(TypedDict, total=False):
    kind: "BackoffKind"
    baseSeconds: float
    capSeconds: float
    jitter: bool
    onError: Dict[str, Union[Literal["retry", "fail"], "RetryPolicyOnErrorValue"]]
    totalSeconds: float
    memoryGrowthPercent: int
    memoryGrowthMax: "Bytes"


# What an attempt takes of its worker. Other names are whole units of a resource that workers name.
Resources = Dict[str, Any]


class _Dependency(TypedDict):
    id: "JobID"


# A job, and what is waited for in it.
class Dependency(_Dependency, total=False):
    on: "DependencyCondition"


# One such job at a time. `true`: by type, queue and payload, while it is unfinished.
Unique = Union[bool, "UniqueRule"]


# For so many seconds.
UniqueRuleWhile = TypedDict("UniqueRuleWhile", {
    "for": float,
}, total=False)


class _UniqueRuleOnConflict(TypedDict):
    debounce: float


# It replaces the other one, and starts when none has come for so many seconds.
class UniqueRuleOnConflict(_UniqueRuleOnConflict, total=False):
    max: float


# What makes jobs the same, for how long, and what happens then.
UniqueRule = TypedDict("UniqueRule", {
    "by": "List[str]",
    "while": "Union[UniqueScope, UniqueRuleWhile]",
    "onConflict": "Union[UniqueConflict, UniqueRuleOnConflict]",
}, total=False)


# After so many seconds.
class JobDefaultsPreemptible(TypedDict):
    minRun: float


# What a job may say of itself that a job type can have defaults for.
class JobDefaults(TypedDict, total=False):
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
    preemptible: Union[bool, "JobDefaultsPreemptible"]
    durability: "Durability"


# After so many seconds.
class JobSettingsPreemptible(TypedDict):
    minRun: float


# What a job may say of itself besides its type, its payload and what it waits for.
class JobSettings(TypedDict, total=False):
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
    preemptible: Union[bool, "JobSettingsPreemptible"]
    durability: "Durability"
    scheduleAt: "TimeInput"
    deadline: "TimeInput"
    finishBy: "TimeInput"
    onMiss: "OnMiss"
    tags: List["Tag"]
    unique: "Unique"
    preempts: bool
    held: bool


# After so many seconds.
class JobBodyPreemptible(TypedDict):
    minRun: float


class _JobBody(TypedDict):
    jobType: str


# A job but for what it waits for.
class JobBody(_JobBody, total=False):
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
    preemptible: Union[bool, "JobBodyPreemptible"]
    durability: "Durability"
    scheduleAt: "TimeInput"
    deadline: "TimeInput"
    finishBy: "TimeInput"
    onMiss: "OnMiss"
    tags: List["Tag"]
    unique: "Unique"
    preempts: bool
    held: bool
    payload: Any


# After so many seconds.
class JobSubmitPreemptible(TypedDict):
    minRun: float


class _JobSubmit(TypedDict):
    jobType: str


# A job to run.
class JobSubmit(_JobSubmit, total=False):
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
    preemptible: Union[bool, "JobSubmitPreemptible"]
    durability: "Durability"
    scheduleAt: "TimeInput"
    deadline: "TimeInput"
    finishBy: "TimeInput"
    onMiss: "OnMiss"
    tags: List["Tag"]
    unique: "Unique"
    preempts: bool
    held: bool
    payload: Any
    dependencies: List[Union["JobID", "Dependency"]]
    dependencyRule: "DependencyRule"
    idempotencyKey: "Tag"
    traceparent: "Traceparent"
    tracestate: "Tracestate"


# The trace that the job belongs to, as W3C Trace Context has it; the header of the request counts when it is left out.
Traceparent = str


# Handed on with the trace, as it came.
Tracestate = str


# A job of the same batch: `#0` is the first.
BatchPosition = str


# After so many seconds.
class BatchJobPreemptible(TypedDict):
    minRun: float


class _BatchJobDependenciesItem(TypedDict):
    id: Union["JobID", "BatchPosition"]


# A job, and what is waited for in it.
class BatchJobDependenciesItem(_BatchJobDependenciesItem, total=False):
    on: "DependencyCondition"


class _BatchJob(TypedDict):
    jobType: str


# A job of a batch.
class BatchJob(_BatchJob, total=False):
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
    preemptible: Union[bool, "BatchJobPreemptible"]
    durability: "Durability"
    scheduleAt: "TimeInput"
    deadline: "TimeInput"
    finishBy: "TimeInput"
    onMiss: "OnMiss"
    tags: List["Tag"]
    unique: "Unique"
    preempts: bool
    held: bool
    payload: Any
    dependencies: List[Union["JobID", "BatchPosition", "BatchJobDependenciesItem"]]
    dependencyRule: "DependencyRule"
    idempotencyKey: "Tag"
    traceparent: "Traceparent"
    tracestate: "Tracestate"


class _BatchInside(TypedDict):
    jobs: List["BatchJob"]


# With a word on whether it is all or none.
class BatchInside(_BatchInside, total=False):
    atomic: bool


# Jobs to run, to 10,000 (jobs.batch_jobs_max).
Batch = Union[List["BatchJob"], "BatchInside"]


# What is changed; at least one member.
class JobPatch(TypedDict, total=False):
    priority: "Priority"
    scheduleAt: "TimeInput"
    deadline: "TimeInput"
    held: bool
    reason: str


# Why.
class Reason(TypedDict, total=False):
    reason: str
