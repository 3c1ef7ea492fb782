# Written by clients/generate.py. Change http/openapi/ and run it again.
from typing import TYPE_CHECKING, Dict, List, Literal, TypedDict, Union

if TYPE_CHECKING:
    from .audit import AuditHash
    from .basic import Count, EventKind, JobID, JobStatus, Time, WorkerStatus
    from .workers import Worker


# Times as percentiles.
class Latency(TypedDict):
    count: "Count"
    meanMs: float
    p50Ms: float
    p90Ms: float
    p99Ms: float
    p999Ms: float
    maxMs: float


# What attempts have used.
class UsageTotal(TypedDict):
    attempts: "Count"
    cpuSeconds: float
    runSeconds: float
    memoryByteSeconds: float
    cost: float


# Numbers of jobs by status.
JobCounts = Dict["JobStatus", "Count"]


# How many of the jobs that match have which status.
class CountedJobs(TypedDict):
    byStatus: "JobCounts"
    counted: "Count"
    complete: bool


# Of its own kind; times and sizes are texts with their units.
SettingValue = Union[bool, int, str, List[str]]


class _SettingOrigin(TypedDict):
    kind: Literal["default", "file", "environment", "flag"]


# Where the value comes from.
class SettingOrigin(_SettingOrigin, total=False):
    place: str


class _Setting(TypedDict):
    name: str
    section: str
    kind: Literal[
    "flag", "count", "bytes", "time", "text", "choice", "list", "address", "url",
]
    allowed: str
    changed: bool
    origin: "SettingOrigin"
    sentence: str


# A setting of the scheduler that runs. A secret has `secret` and `set` in place of `value` and `default`.
class Setting(_Setting, total=False):
    value: "SettingValue"
    default: "SettingValue"
    secret: Literal[True]
    set: bool
    unit: str


# A section of settings.
class SettingsSectionsItem(TypedDict):
    name: str
    sentence: str


# All settings, in the order of the documentation.
class Settings(TypedDict):
    settings: List["Setting"]
    sections: List["SettingsSectionsItem"]
    count: "Count"


# Numbers of a job type.
class TypeMetrics(TypedDict):
    completed: "Count"
    failed: "Count"
    retried: "Count"
    cancelled: "Count"
    runTime: "Latency"


# Sums.
class JobMetricsUsage(TypedDict):
    total: "UsageTotal"
    types: Dict[str, "UsageTotal"]
    queues: Dict[str, "UsageTotal"]
    tags: Dict[str, "UsageTotal"]


# Numbers since the start of the scheduler.
class JobMetrics(TypedDict):
    takenAt: "Time"
    startedAt: "Time"
    byStatus: "JobCounts"
    submitted: "Count"
    started: "Count"
    completed: "Count"
    failed: "Count"
    cancelled: "Count"
    retried: "Count"
    lost: "Count"
    returned: "Count"
    deadlineMissed: "Count"
    preempted: "Count"
    shed: "Count"
    checkpoints: "Count"
    cacheHits: "Count"
    staleRefused: "Count"
    duplicates: "Count"
    rejected: "Count"
    commits: "Count"
    committedRecords: "Count"
    clockSteps: "Count"
    nodeMessagesRefused: "Count"
    logLinesDropped: "Count"
    jobActors: "Count"
    requestsOutstanding: "Count"
    requestBodyBytes: "Count"
    requestsWithoutRoom: "Count"
    successRate: float
    submittedPerSecond: float
    finishedPerSecond: float
    submitTime: "Latency"
    dispatchTime: "Latency"
    deliverTime: "Latency"
    waitTime: "Latency"
    runTime: "Latency"
    settleTime: "Latency"
    commitTime: "Latency"
    types: Dict[str, "TypeMetrics"]
    usage: "JobMetricsUsage"
    storeWritable: bool


class _WorkerMetricsScaling(TypedDict):
    desired: "Count"
    actual: "Count"
    automatic: bool
    reason: str


# How many are wanted, and why.
class WorkerMetricsScaling(_WorkerMetricsScaling, total=False):
    min: "Count"
    max: "Count"


# Numbers of all workers.
class WorkerMetrics(TypedDict):
    total: "Count"
    byStatus: Dict["WorkerStatus", "Count"]
    suspect: "Count"
    capacity: "Count"
    currentJobs: "Count"
    utilization: float
    completed: "Count"
    failed: "Count"
    lost: "Count"
    restarts: "Count"
    scaling: "WorkerMetricsScaling"
    workers: List["Worker"]


class _QueueStatus(TypedDict):
    name: str
    ready: "Count"
    waiting: "Count"
    running: "Count"
    retrying: "Count"
    held: "Count"
    readyByPriority: List["Count"]
    lastProcessed: "Time"


# A queue.
class QueueStatus(_QueueStatus, total=False):
    oldestReady: "Time"


# The whole at a glance.
class Status(TypedDict):
    version: str
    startedAt: "Time"
    jobs: "JobCounts"
    queues: List["QueueStatus"]
    workers: List["Worker"]
    workersDesired: "Count"


# A part.
class HealthComponentsItem(TypedDict):
    name: str
    ok: bool
    detail: str


# How the audit log is; without one it is left out.
class HealthAudit(TypedDict):
    ok: bool
    sequence: "Count"
    hash: "AuditHash"
    warnings: List[str]


class _Health(TypedDict):
    status: Literal["ready", "not_ready", "failed"]
    live: bool
    ready: bool
    version: str
    startedAt: "Time"
    components: List["HealthComponentsItem"]


# Whether it takes work, by component.
class Health(_Health, total=False):
    audit: "HealthAudit"


# All endpoints.
class Index(TypedDict):
    name: str
    version: str
    endpoints: List[str]


# BOOT-NUMBER.
EventID = str


class _Event(TypedDict):
    id: "EventID"
    kind: "EventKind"


# What happened. Pass over kinds that you do not know.
class Event(_Event, total=False):
    at: "Time"
    jobID: "JobID"
    status: "JobStatus"
    attempt: int
    percent: int
    type: str
    queue: str
    workflow: str
    worker: str
    name: str
    code: str
    reason: str
