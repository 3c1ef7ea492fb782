# Written by clients/generate.py. Change http/openapi/ and run it again.
from typing import TYPE_CHECKING, Any, Dict, List, TypedDict

if TYPE_CHECKING:
    from .basic import Count, NextCursor, Time


# SHA-256.
AuditHash = str


class _AuditActor(TypedDict):
    address: str


# Who did it, as far as it is known.
class AuditActor(_AuditActor, total=False):
    userAgent: str
    claimedBy: str


class _AuditRecordOutcome(TypedDict):
    status: int


# How it ended.
class AuditRecordOutcome(_AuditRecordOutcome, total=False):
    code: str


class _AuditRecord(TypedDict):
    sequence: int
    at: "Time"
    act: str
    target: str
    actor: "AuditActor"
    previous: "AuditHash"
    hash: "AuditHash"


# What became of an act.
class AuditRecord(_AuditRecord, total=False):
    intent: int
    request: Any
    before: Any
    after: Any
    outcome: "AuditRecordOutcome"


class _AuditPage(TypedDict):
    records: List["AuditRecord"]
    count: "Count"
    next: "NextCursor"


# Records, newest first.
class AuditPage(_AuditPage, total=False):
    damaged: "Count"
