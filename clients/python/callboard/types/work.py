# Written by clients/generate.py. Change http/openapi/ and run it again.
from typing import TYPE_CHECKING, Any, Dict, List, Literal, TypedDict

if TYPE_CHECKING:
    from .basic import Bytes, JobID, Time, TimeInput
    from .submit import Tracestate


class _WorkerSignUp(TypedDict):
    name: str
    instance: str
    types: List["WorkerType"]


# Who joins.
class WorkerSignUp(_WorkerSignUp, total=False):
    slots: int
    resources: "WorkerResources"
    host: str
    pid: int
    again: bool
    number: int
    attempts: List["HeldAttempt"]


class _WorkerType(TypedDict):
    name: str


# A job type of a worker.
class WorkerType(_WorkerType, total=False):
    version: str
    summary: str
    schema: Dict[str, Any]
    cacheForSeconds: float


# `cpu` (cores), `memory` (bytes or a text), `labels`, and named resources in whole units.
WorkerResources = Dict[str, Any]


# An attempt that a worker brings along.
class HeldAttempt(TypedDict):
    id: "JobID"
    fence: str
    attempt: int
    startedAt: "TimeInput"
    timeoutSeconds: float


# A worker's session.
class WorkSession(TypedDict):
    workerID: str
    session: str
    heartbeatSeconds: float
    leaseSeconds: float
    killGraceSeconds: float
    waitSecondsMax: float


# Whose session.
class WorkSessionName(TypedDict):
    session: str


class _Claim(TypedDict):
    session: str
    claim: int


# How many jobs it takes, and how long it waits for one.
class Claim(_Claim, total=False):
    max: int
    waitSeconds: float


class _ClaimedJob(TypedDict):
    id: "JobID"
    fence: str
    attempt: int
    type: str
    startedAt: "Time"
    payload: Any
    timeout: float
    checkpointBytesMax: "Bytes"


# An attempt that has begun.
class ClaimedJob(_ClaimedJob, total=False):
    softTimeout: float
    memory: "Bytes"
    cpu: float
    checkpoint: str
    traceparent: str
    tracestate: "Tracestate"


# Jobs, and what is to stop.
class Claimed(TypedDict):
    jobs: List["ClaimedJob"]
    stop: List["WorkStop"]
    drain: bool


# An attempt that is to stop. It is named until it has ended.
class WorkStop(TypedDict):
    id: "JobID"
    fence: str
    reason: Literal[
    "soft_timeout", "cancelled", "timed_out", "preempted", "shutdown",
]


# What is to stop.
class WorkNews(TypedDict):
    stop: List["WorkStop"]
    drain: bool


class _WorkProgressLog(TypedDict):
    lines: List[str]


# Lines of its log.
class WorkProgressLog(_WorkProgressLog, total=False):
    first: int


class _WorkProgress(TypedDict):
    session: str
    id: "JobID"
    fence: str


# How an attempt is getting on.
class WorkProgress(_WorkProgress, total=False):
    number: int
    percent: int
    message: str
    log: "WorkProgressLog"
    checkpoint: str


class _WorkComplete(TypedDict):
    session: str
    id: "JobID"
    fence: str


# The attempt has done the job.
class WorkComplete(_WorkComplete, total=False):
    result: Any


class _WorkFail(TypedDict):
    session: str
    id: "JobID"
    fence: str
    code: str


# The attempt has failed.
class WorkFail(_WorkFail, total=False):
    message: str
    retryable: bool
    retryAfterSeconds: float
    result: Any


class _WorkRelease(TypedDict):
    session: str
    id: "JobID"
    fence: str


# The attempt has stopped, unfinished. What it counts as depends on why it was asked to: cancelled, timed out, or given back to run elsewhere.
class WorkRelease(_WorkRelease, total=False):
    reason: Literal["timed_out"]
    afterSeconds: float
    message: str


# An outcome that is on disk.
class WorkTaken(TypedDict):
    id: "JobID"
    fence: str


# The end of a session.
class WorkLeft(TypedDict):
    left: Literal[True]
