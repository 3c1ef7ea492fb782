# Written by clients/generate.py. Change http/openapi/ and run it again.
from typing import TYPE_CHECKING, Dict, List, TypedDict

if TYPE_CHECKING:
    from .basic import Count, NextCursor, Time


class _DeadSummaryGroupsItem(TypedDict):
    type: str
    code: str
    count: "Count"


# Jobs of one type with one code.
class DeadSummaryGroupsItem(_DeadSummaryGroupsItem, total=False):
    latest: "Time"


# Failed jobs by type and error code.
class DeadSummary(TypedDict):
    groups: List["DeadSummaryGroupsItem"]
    lookedAt: "Count"
    next: "NextCursor"
