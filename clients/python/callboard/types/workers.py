# Written by clients/generate.py. Change http/openapi/ and run it again.
from typing import TYPE_CHECKING, Any, Dict, List, TypedDict

if TYPE_CHECKING:
    from .basic import BreakerState, Count, JobID, Time, WorkerStatus


# Its circuit breaker.
class WorkerMembersBreaker(TypedDict):
    state: "BreakerState"
    trips: "Count"


# What it offers, and what is taken.
class WorkerMembersResources(TypedDict):
    offered: Dict[str, Any]
    taken: Dict[str, Any]


# A worker.
class WorkerMembers(TypedDict):
    id: str
    status: "WorkerStatus"
    suspect: bool
    local: bool
    capacity: "Count"
    currentJobs: "Count"
    prefetched: "Count"
    lastHeartbeat: "Time"
    createdAt: "Time"
    pid: int
    host: str
    types: List[str]
    restarts: "Count"
    completed: "Count"
    failed: "Count"
    lost: "Count"
    lateRefused: "Count"
    draining: bool
    loadPercent: int
    breaker: "WorkerMembersBreaker"
    labels: Dict[str, str]
    resources: "WorkerMembersResources"


# Its circuit breaker.
class WorkerBreaker(TypedDict):
    state: "BreakerState"
    trips: "Count"


# What it offers, and what is taken.
class WorkerResourcesInside(TypedDict):
    offered: Dict[str, Any]
    taken: Dict[str, Any]


# A worker in a list.
class Worker(TypedDict):
    id: str
    status: "WorkerStatus"
    suspect: bool
    local: bool
    capacity: "Count"
    currentJobs: "Count"
    prefetched: "Count"
    lastHeartbeat: "Time"
    createdAt: "Time"
    pid: int
    host: str
    types: List[str]
    restarts: "Count"
    completed: "Count"
    failed: "Count"
    lost: "Count"
    lateRefused: "Count"
    draining: bool
    loadPercent: int
    breaker: "WorkerBreaker"
    labels: Dict[str, str]
    resources: "WorkerResourcesInside"


# Its circuit breaker.
class WorkerStatusPageBreaker(TypedDict):
    state: "BreakerState"
    trips: "Count"


# What it offers, and what is taken.
class WorkerStatusPageResources(TypedDict):
    offered: Dict[str, Any]
    taken: Dict[str, Any]


# A worker, and the jobs it runs.
class WorkerStatusPage(TypedDict):
    id: str
    status: "WorkerStatus"
    suspect: bool
    local: bool
    capacity: "Count"
    currentJobs: "Count"
    prefetched: "Count"
    lastHeartbeat: "Time"
    createdAt: "Time"
    pid: int
    host: str
    types: List[str]
    restarts: "Count"
    completed: "Count"
    failed: "Count"
    lost: "Count"
    lateRefused: "Count"
    draining: bool
    loadPercent: int
    breaker: "WorkerStatusPageBreaker"
    labels: Dict[str, str]
    resources: "WorkerStatusPageResources"
    versions: Dict[str, str]
    running: List["JobID"]


# All workers.
class WorkerList(TypedDict):
    workers: List["Worker"]
    count: "Count"


# A fixed number, or bounds within which it follows the queue.
class ScaleRequest(TypedDict, total=False):
    workers: "Count"
    min: "Count"
    max: "Count"


class _Scale(TypedDict):
    before: "Count"
    workers: "Count"
    actual: "Count"
    automatic: bool
    reason: str


# How many local workers are wanted and there.
class Scale(_Scale, total=False):
    min: "Count"
    max: "Count"


# When the jobs it runs have to be over.
class Drain(TypedDict, total=False):
    deadline: float
