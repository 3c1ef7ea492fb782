# Written by clients/generate.py. Change http/openapi/ and run it again.
from typing import TYPE_CHECKING, Any, Dict, List, Literal, TypedDict, Union

if TYPE_CHECKING:
    from .basic import Count, DependencyCondition, DependencyRule, Durability, JobID, JobStatus, NextCursor, OnMiss, Priority, Tag, Time, TimeInput, WorkflowID, WorkflowState
    from .job import JobError, TemplateOrigin
    from .submit import PayloadPath, Resources, RetryPolicy, Traceparent, Tracestate, Unique


# The key of a job in its workflow.
WorkflowKey = str


class _ForEach(TypedDict):
    over: str


# One job per element of an array in the result of a job before.
class ForEach(_ForEach, total=False):
    max: int
    collect: bool
    rule: Literal["all", "all_done"]


# After so many seconds.
class WorkflowJobPreemptible(TypedDict):
    minRun: float


class _WorkflowJobDependenciesItem(TypedDict):
    id: str


# A job, and what is waited for in it.
class WorkflowJobDependenciesItem(_WorkflowJobDependenciesItem, total=False):
    on: "DependencyCondition"


class _WorkflowJob(TypedDict):
    jobType: str


# A job of a workflow.
class WorkflowJob(_WorkflowJob, total=False):
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
    preemptible: Union[bool, "WorkflowJobPreemptible"]
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
    dependencies: List[Union[str, "WorkflowJobDependenciesItem"]]
    dependencyRule: "DependencyRule"
    forEach: Union[str, "ForEach"]
    traceparent: "Traceparent"
    tracestate: "Tracestate"


class _WorkflowSubmit(TypedDict):
    name: "Tag"
    jobs: Dict[str, "WorkflowJob"]


# Jobs that depend on each other, as one.
class WorkflowSubmit(_WorkflowSubmit, total=False):
    idempotencyKey: "Tag"


# A job of it.
class WorkflowAcceptedJobsValue(TypedDict):
    id: "JobID"
    status: "JobStatus"
    durability: "Durability"


class _WorkflowAccepted(TypedDict):
    id: "WorkflowID"
    name: str
    jobs: Dict[str, "WorkflowAcceptedJobsValue"]


# The workflow that was accepted.
class WorkflowAccepted(_WorkflowAccepted, total=False):
    duplicate: bool
    template: "TemplateOrigin"


# Jobs of a workflow by what became of them.
class Progress(TypedDict):
    total: "Count"
    completed: "Count"
    skipped: "Count"
    failed: "Count"
    cancelled: "Count"
    running: "Count"
    waiting: "Count"


class _WorkflowHead(TypedDict):
    id: "WorkflowID"
    name: str
    createdAt: "Time"
    state: "WorkflowState"
    progress: "Progress"


# A workflow without its jobs.
class WorkflowHead(_WorkflowHead, total=False):
    completedAt: "Time"
    paused: bool


class _WorkflowSummary(TypedDict):
    id: "WorkflowID"
    name: str
    createdAt: "Time"
    state: "WorkflowState"
    progress: "Progress"


# A workflow in a list.
class WorkflowSummary(_WorkflowSummary, total=False):
    completedAt: "Time"
    paused: bool


# With a condition.
class ShownWorkflowJobDependenciesItem(TypedDict):
    id: str
    on: "DependencyCondition"


class _ShownWorkflowJob(TypedDict):
    id: "JobID"
    type: str
    status: "JobStatus"
    dependencies: List[Union[str, "ShownWorkflowJobDependenciesItem"]]


# A job of a workflow.
class ShownWorkflowJob(_ShownWorkflowJob, total=False):
    held: bool
    dependencyRule: "DependencyRule"
    startedAt: "Time"
    completedAt: "Time"
    error: "JobError"
    result: Any


class _Workflow(TypedDict):
    id: "WorkflowID"
    name: str
    createdAt: "Time"
    state: "WorkflowState"
    progress: "Progress"
    jobs: Dict[str, "ShownWorkflowJob"]


# A workflow with its jobs.
class Workflow(_Workflow, total=False):
    completedAt: "Time"
    paused: bool
    result: Dict[str, Any]
    resultsLeftOut: bool
    cancelled: int
    held: int
    released: int
    retried: int


# Workflows, newest first.
class WorkflowPage(TypedDict):
    workflows: List["WorkflowSummary"]
    count: "Count"
    next: "NextCursor"


class _WorkflowGraphNodesItem(TypedDict):
    key: str
    status: "JobStatus"


# A job, or many elements of a fan-out job.
class WorkflowGraphNodesItem(_WorkflowGraphNodesItem, total=False):
    id: "JobID"
    duration: float
    elements: Dict[str, Any]


# `to` waits for `from`.
WorkflowGraphEdgesItem = TypedDict("WorkflowGraphEdgesItem", {
    "from": str,
    "to": str,
    "on": "DependencyCondition",
}, total=False)


# What waits for what.
class WorkflowGraph(TypedDict):
    id: "WorkflowID"
    name: str
    state: "WorkflowState"
    nodes: List["WorkflowGraphNodesItem"]
    edges: List["WorkflowGraphEdgesItem"]
    criticalPath: List[str]
    criticalPathDuration: float
