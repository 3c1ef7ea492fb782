# Written by clients/generate.py. Change http/openapi/ and run it again.
from typing import Any, Dict, Literal, Union


# The id of a job.
JobID = str


# The id of a workflow.
WorkflowID = str


# A time in UTC with milliseconds.
Time = str


# A time by RFC 3339, with any offset and up to nine digits of fraction.
TimeInput = str


# Bytes, or a text with a unit.
Bytes = Union[int, str]


# A number that is not negative.
Count = int


# The cursor of the next page; null on the last.
NextCursor = Union[str, None]


# No members.
Empty = Dict[str, Any]


# 9 comes first.
Priority = int


# Up to 128 bytes (jobs.tag_bytes_max).
Tag = str


# Letters, digits, dots, dashes and underscores.
Name = str


# Where a job is in its life.
JobStatus = Literal[
    "queued", "scheduled", "running", "retrying", "failed", "completed", "cancelled",
]


# What an accepted job survives: power loss, `kill -9`, neither.
Durability = Literal["fsync", "os", "memory"]


# What happens to a job that has not started in time.
OnMiss = Literal["fail", "cancel", "run_anyway", "promote"]


# What a job waits for in another one.
DependencyCondition = Literal["success", "failure", "finished", "started"]


# How many of its dependencies a job takes.
DependencyRule = Literal["all", "any", "all_done", "none_failed"]


# How waits between attempts grow.
BackoffKind = Literal["fixed", "linear", "exponential"]


# How long a job keeps others with its key out; `running`: one runs at a time.
UniqueScope = Literal["queued", "unfinished", "running"]


# What happens when another job holds the key.
UniqueConflict = Literal["reject", "existing", "replace"]


# What a worker does.
WorkerStatus = Literal[
    "starting", "idle", "working", "stopping", "stopped", "failed",
]


# Whether a worker on which jobs failed gets new ones.
BreakerState = Literal["closed", "open", "half_open"]


# Where a workflow is, by its jobs.
WorkflowState = Literal[
    "waiting", "running", "completed", "failed", "cancelled", "paused",
]


# Which fire times are made up for that were missed.
CatchUp = Literal["none", "last", "all"]


# What happens at a fire time while a former job has not ended.
Overlap = Literal["allow", "skip", "queue", "replace"]


# What is done to each job.
BulkAction = Literal[
    "cancel", "retry", "discard", "change", "hold", "release",
]


# What a template makes.
TemplateKind = Literal["job", "workflow"]


# What becomes of a new job when the queue is full.
WhenFull = Literal["reject", "shed"]


# What has happened. `reset`: events are missing; look at the present state. More kinds may come.
EventKind = Literal[
    "job.created", "job.scheduled", "job.started", "job.progress", "job.logged", "job.retrying", "job.completed",
    "job.failed", "job.cancelled", "job.held", "job.released", "job.changed", "worker.joined", "worker.ready",
    "worker.suspect", "worker.draining", "worker.left", "worker.lost", "queue.changed", "queue.paused",
    "queue.resumed", "type.changed", "key.changed", "schedule.created", "schedule.changed", "schedule.removed",
    "schedule.fired", "template.changed", "template.removed", "alert.fired", "alert.resolved", "scheduler.recovered",
    "scheduler.draining", "reset",
]
