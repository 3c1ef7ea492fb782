# Written by clients/generate.py. Change http/openapi/ and run it again.
from typing import TYPE_CHECKING, Dict, List, TypedDict, Union

if TYPE_CHECKING:
    from .basic import BulkAction, Count, JobID, JobStatus, Priority, TimeInput
    from .errors import ItemError
    from .submit import JobPatch


# Which jobs; at least one member. `all` goes alone.
JobFilter = TypedDict("JobFilter", {
    "status": "Union[str, List[JobStatus]]",
    "type": str,
    "queue": str,
    "tag": str,
    "key": str,
    "workflow": str,
    "priority": "Priority",
    "held": bool,
    "from": "TimeInput",
    "to": "TimeInput",
    "all": bool,
}, total=False)


class _FilteredAction(TypedDict):
    filter: "JobFilter"


# Which jobs, and how many of them at once.
class FilteredAction(_FilteredAction, total=False):
    reason: str
    dryRun: bool
    limit: int
    cursor: "JobID"


class _Bulk(TypedDict):
    filter: "JobFilter"
    action: "BulkAction"


# What is done to which jobs.
class Bulk(_Bulk, total=False):
    reason: str
    dryRun: bool
    limit: int
    cursor: "JobID"
    change: "JobPatch"


class _DeadAction(TypedDict):
    filter: "JobFilter"


# Which failed jobs.
class DeadAction(_DeadAction, total=False):
    reason: str
    dryRun: bool
    limit: int
    cursor: "JobID"


# A job that was refused.
class BulkAnswerRefusedItem(TypedDict):
    jobID: "JobID"
    error: "ItemError"


class _BulkAnswer(TypedDict):
    action: "BulkAction"
    dryRun: bool
    matched: "Count"
    changed: "Count"
    refusedCount: "Count"
    refused: List["BulkAnswerRefusedItem"]


# What one slice did.
class BulkAnswer(_BulkAnswer, total=False):
    next: "JobID"
    stopped: "ItemError"
