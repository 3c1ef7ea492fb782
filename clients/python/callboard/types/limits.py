# Written by clients/generate.py. Change http/openapi/ and run it again.
from typing import TYPE_CHECKING, Any, Dict, List, Literal, TypedDict, Union

if TYPE_CHECKING:
    from .basic import Bytes, Count, Durability, NextCursor, Priority, Tag, Time, WhenFull
    from .submit import PayloadPath, Resources, RetryPolicy


class _Rate(TypedDict):
    jobs: int
    per: float


# So many may start per period.
class Rate(_Rate, total=False):
    burst: int


# So many may be stopped per period.
class PreemptionRate(TypedDict):
    jobs: int
    per: float


# What every rule of limits has.
class LimitRule(TypedDict, total=False):
    paused: bool
    concurrency: Union[int, None]
    rate: Union["Rate", None]


# The share of slots among those of the same urgency.
Weight = int


# The limits of a concurrency key.
class KeyRule(TypedDict, total=False):
    paused: bool
    concurrency: Union[int, None]
    rate: Union["Rate", None]
    weight: "Weight"


# What each key is held to that has no rule of its own.
class QueueRuleMembersPerKey(TypedDict, total=False):
    concurrency: Union[int, None]
    rate: Union["Rate", None]


# What only a queue has.
class QueueRuleMembers(TypedDict, total=False):
    weight: "Weight"
    perKey: Union["QueueRuleMembersPerKey", None]
    waitingMax: Union[int, None]
    waitingBytesMax: Union["Bytes", None]
    whenFull: "WhenFull"
    fullAcceptsFrom: Union["Priority", None]
    preemption: Union["PreemptionRate", Union[bool, None]]
    objective: Union["QueueObjective", None]


# Service level objectives; alerts tell when they are in danger.
class QueueObjective(TypedDict, total=False):
    waitSeconds: Union[float, None]
    waitShare: "ObjectiveShare"
    successShare: "ObjectiveShare"
    window: float


ObjectiveShare = Union[float, None]


# What each key is held to that has no rule of its own.
class QueueRulePerKey(TypedDict, total=False):
    concurrency: Union[int, None]
    rate: Union["Rate", None]


# The limits of a queue; what is left out is not limited.
class QueueRule(TypedDict, total=False):
    paused: bool
    concurrency: Union[int, None]
    rate: Union["Rate", None]
    weight: "Weight"
    perKey: Union["QueueRulePerKey", None]
    waitingMax: Union[int, None]
    waitingBytesMax: Union["Bytes", None]
    whenFull: "WhenFull"
    fullAcceptsFrom: Union["Priority", None]
    preemption: Union["PreemptionRate", Union[bool, None]]
    objective: Union["QueueObjective", None]


# After so many seconds.
class TypeDefaultsPreemptible(TypedDict):
    minRun: float


# What jobs of a type have in fields that are left out.
class TypeDefaults(TypedDict, total=False):
    priority: "Priority"
    queue: "Tag"
    timeout: float
    softTimeout: float
    retryCount: int
    maxRetries: int
    retryPolicy: "RetryPolicy"
    resources: "Resources"
    typeVersion: str
    concurrencyKey: "PayloadPath"
    preemptible: Union[bool, "TypeDefaultsPreemptible"]
    durability: "Durability"


# Results are used again for so many seconds.
TypeRuleMembersCache = TypedDict("TypeRuleMembersCache", {
    "for": float,
}, total=False)


# What only a job type has.
class TypeRuleMembers(TypedDict, total=False):
    retryRate: Union["Rate", None]
    cache: Union["TypeRuleMembersCache", Literal[False], None]
    defaults: "TypeDefaults"
    redact: List[str]


# Results are used again for so many seconds.
TypeRuleCache = TypedDict("TypeRuleCache", {
    "for": float,
}, total=False)


# The limits of a job type; what is left out is not limited.
class TypeRule(TypedDict, total=False):
    paused: bool
    concurrency: Union[int, None]
    rate: Union["Rate", None]
    retryRate: Union["Rate", None]
    cache: Union["TypeRuleCache", Literal[False], None]
    defaults: "TypeDefaults"
    redact: List[str]


# What is used of the limits.
class LimitUse(TypedDict):
    underWay: "Count"
    held: Literal["paused", "concurrency", "rate", None]
    ready: "Count"


# What each key is held to that has no rule of its own.
class QueuePerKey(TypedDict, total=False):
    concurrency: Union[int, None]
    rate: Union["Rate", None]


class _Queue(TypedDict):
    paused: bool
    concurrency: Union[int, None]
    rate: Union["Rate", None]
    weight: "Weight"
    perKey: Union["QueuePerKey", None]
    waitingMax: Union[int, None]
    waitingBytesMax: Union[int, None]
    whenFull: "WhenFull"
    fullAcceptsFrom: Union["Priority", None]
    preemption: Union["PreemptionRate", Union[bool, None]]
    objective: Union["QueueObjective", None]
    underWay: "Count"
    held: Literal["paused", "concurrency", "rate", None]
    ready: "Count"
    name: str
    keys: "Count"
    waiting: "Count"
    running: "Count"
    retrying: "Count"
    waitingJobs: "Count"
    waitingBytes: "Count"


# A queue.
class Queue(_Queue, total=False):
    oldestReady: "Time"
    lastProcessed: "Time"
    failuresSinceStart: "Count"
    projectedDrain: float


# Results are used again for so many seconds.
JobTypeCache = TypedDict("JobTypeCache", {
    "for": float,
}, total=False)


# A job type.
class JobType(TypedDict):
    paused: bool
    concurrency: Union[int, None]
    rate: Union["Rate", None]
    retryRate: Union["Rate", None]
    cache: Union["JobTypeCache", Literal[False], None]
    defaults: "TypeDefaults"
    redact: List[str]
    underWay: "Count"
    held: Literal["paused", "concurrency", "rate", None]
    ready: "Count"
    name: str


class _Key(TypedDict):
    paused: bool
    concurrency: Union[int, None]
    rate: Union["Rate", None]
    underWay: "Count"
    held: Literal["paused", "concurrency", "rate", None]
    ready: "Count"
    queue: str
    key: str
    weight: "Weight"
    inherited: bool


# A concurrency key of a queue.
class Key(_Key, total=False):
    unique: bool
    oldestReady: "Time"


# Queues by name.
class QueuePage(TypedDict):
    queues: List["Queue"]
    count: "Count"
    next: "NextCursor"


# Job types by name.
class JobTypePage(TypedDict):
    types: List["JobType"]
    count: "Count"
    next: "NextCursor"


# Concurrency keys by name.
class KeyPage(TypedDict):
    keys: List["Key"]
    count: "Count"
    next: "NextCursor"


class _SchemaPageSchemasItem(TypedDict):
    type: str
    schema: Union[Dict[str, Any], bool, None]


# A job type.
class SchemaPageSchemasItem(_SchemaPageSchemasItem, total=False):
    version: str
    summary: str


# Job types by name.
class SchemaPage(TypedDict):
    schemas: List["SchemaPageSchemasItem"]
    count: "Count"
    next: "NextCursor"
