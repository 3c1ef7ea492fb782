# Written by clients/generate.py. Change http/openapi/ and run it again.
from typing import TYPE_CHECKING, Dict, List, Literal, TypedDict, Union

if TYPE_CHECKING:
    from .basic import Count


# A distribution of times, in seconds. Quantiles are told with an error of up to 6.3 percent.
class ReportTimes(TypedDict):
    count: "Count"
    mean: float
    p50: float
    p95: float
    p99: float
    max: float


# What attempts used.
class ReportUsage(TypedDict):
    attempts: "Count"
    runSeconds: float
    cpuSeconds: float
    slotSeconds: float
    memoryByteSeconds: float
    cost: float
    cpuReservedSeconds: float
    memoryReservedByteSeconds: float


# How often an error had a code.
class CodeCount(TypedDict):
    code: str
    count: "Count"


# What happened to the jobs of a day or of a name.
class ReportRow(TypedDict):
    name: str
    submitted: "Count"
    completed: "Count"
    failed: "Count"
    cancelled: "Count"
    retried: "Count"
    lost: "Count"
    deadlineMissed: "Count"
    successShare: Union[float, None]
    waitSeconds: "ReportTimes"
    runSeconds: "ReportTimes"
    usage: "ReportUsage"
    codes: List["CodeCount"]


# A report of jobs.
JobReport = TypedDict("JobReport", {
    "enabled": bool,
    "by": "Literal[day, type, queue, tag, tenant, code]",
    "from": str,
    "to": str,
    "of": "Literal[all, type, queue, tag, tenant]",
    "name": "Union[str, None]",
    "rows": "List[ReportRow]",
    "count": "Count",
    "leftOut": "Count",
    "total": "Union[ReportRow, None]",
    "codes": "List[CodeCount]",
}, total=False)


# What was asked of a resource and used, in thousandths of a core or bytes.
class Reservation(TypedDict):
    askedMax: "Count"
    measured: "Count"
    usedP50: "Count"
    usedP95: "Count"
    usedMax: "Count"
    suggested: Union[int, None]
    reason: str


# A job type.
class TypeReservation(TypedDict):
    type: str
    attempts: "Count"
    attemptsAsking: "Count"
    cpuMilli: "Reservation"
    memoryBytes: "Reservation"
    cpuReservedSeconds: float
    cpuUsedSeconds: float


# What types reserve and use.
ReservationReport = TypedDict("ReservationReport", {
    "enabled": bool,
    "from": str,
    "to": str,
    "marginPercent": "Count",
    "attemptsMin": "Count",
    "types": "List[TypeReservation]",
    "count": "Count",
    "leftOut": "Count",
}, total=False)
