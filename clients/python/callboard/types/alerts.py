# Written by clients/generate.py. Change http/openapi/ and run it again.
from typing import TYPE_CHECKING, Dict, List, Literal, TypedDict, Union

if TYPE_CHECKING:
    from .basic import Count, Time


MaybeTime = Union["Time", None]


# Of one time that a rule held for a target.
AlertID = str


# Of a silence.
SilenceID = str


# A condition that is looked at; docs/alerts.md says what each means.
AlertRule = Literal[
    "failures_above_usual", "most_jobs_fail", "dead_letters_grow", "queue_waits", "queue_full", "jobs_nearly_full",
    "no_workers", "workers_lost", "wait_burns_fast", "wait_burns_slow", "success_burns_fast", "success_burns_slow",
    "store_not_writable", "commit_slow", "disk_nearly_full", "schedule_late", "schedules_faulty", "clock_stepped",
    "certificate_ends", "audit_not_writable",
]


# Pending: the condition holds, for less than its time. Firing: for that time and longer. Resolved: no more.
AlertState = Literal["pending", "firing", "resolved"]


# What it is about: `queue/NAME`, `type/NAME`, `certificate/NAME`; empty: the scheduler as a whole.
AlertTarget = str


class AlertAck(TypedDict):
    by: str
    at: "Time"
    comment: str


# One time that a rule held for a target.
class Alert(TypedDict):
    id: "AlertID"
    rule: "AlertRule"
    target: "AlertTarget"
    severity: Literal["critical", "warning", "info"]
    state: "AlertState"
    since: "Time"
    firedAt: "MaybeTime"
    resolvedAt: "MaybeTime"
    value: float
    threshold: float
    unit: str
    summary: str
    advice: str
    ack: Union[None, "AlertAck"]
    silence: Union[str, None]
    notified: bool


# The share of bad jobs in the last 5 minutes and so on, over the share that may be bad. 1: used up exactly at the end of the window.
QueueObjectiveStateBurnRates = TypedDict("QueueObjectiveStateBurnRates", {
    "5m": float,
    "30m": float,
    "1h": float,
    "6h": float,
}, total=False)


# How quickly a queue uses up what its objective allows.
class QueueObjectiveState(TypedDict):
    queue: str
    objective: Literal["wait", "success"]
    share: float
    waitSeconds: Union[float, None]
    windowSeconds: float
    burnRates: "QueueObjectiveStateBurnRates"


# Alerts and objectives.
class Alerts(TypedDict):
    alerts: List["Alert"]
    count: "Count"
    objectives: List["QueueObjectiveState"]
    enabled: bool
    evaluatedAt: "MaybeTime"


# A silence to be made.
NewSilence = TypedDict("NewSilence", {
    "rule": "AlertRule",
    "target": "AlertTarget",
    "for": float,
    "comment": str,
}, total=False)


# Alerts that fit it are told to nobody until it ends.
class Silence(TypedDict):
    id: "SilenceID"
    rule: Union["AlertRule", None]
    target: Union["AlertTarget", None]
    until: "Time"
    createdAt: "Time"
    by: str
    comment: str
