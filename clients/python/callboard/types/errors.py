# Written by clients/generate.py. Change http/openapi/ and run it again.
from typing import Dict, Literal, TypedDict


# What went wrong. Branch on it.
ErrorCode = Literal[
    "malformed_json", "invalid_value", "out_of_range", "unknown_field", "missing_field", "unknown_job_type",
    "invalid_payload", "time_in_past", "unknown_dependency", "dependency_cycle", "unknown_status", "unknown_job",
    "unknown_worker", "not_found", "method_not_allowed", "invalid_state", "idempotency_conflict", "unique_conflict",
    "unsupported_media_type", "body_too_large", "uri_too_long", "header_too_large", "bad_request", "request_timeout",
    "queue_full", "overloaded", "storage_unavailable", "shutting_down", "starting", "internal_timeout",
    "internal_error", "wrong_version", "registration_refused", "stale_fence", "corrupt_record", "misdirected_request",
    "foreign_origin", "unknown_schedule", "version_conflict", "unknown_template",
]


# Why one of many was refused.
class ItemError(TypedDict):
    code: "ErrorCode"
    message: str
    field: str


# What went wrong.
class ErrorError(TypedDict):
    code: "ErrorCode"
    message: str
    field: str
    requestId: str


# Every error has this shape.
class Error(TypedDict):
    error: "ErrorError"


# The status of HTTP that goes with a code.
ERROR_STATUS: Dict[str, int] = {
    "malformed_json": 400,
    "invalid_value": 400,
    "out_of_range": 400,
    "unknown_field": 400,
    "missing_field": 400,
    "unknown_job_type": 400,
    "invalid_payload": 400,
    "time_in_past": 400,
    "unknown_dependency": 400,
    "dependency_cycle": 400,
    "unknown_status": 400,
    "bad_request": 400,
    "registration_refused": 403,
    "foreign_origin": 403,
    "unknown_job": 404,
    "unknown_worker": 404,
    "not_found": 404,
    "unknown_schedule": 404,
    "unknown_template": 404,
    "method_not_allowed": 405,
    "request_timeout": 408,
    "invalid_state": 409,
    "idempotency_conflict": 409,
    "unique_conflict": 409,
    "wrong_version": 409,
    "stale_fence": 409,
    "version_conflict": 409,
    "body_too_large": 413,
    "uri_too_long": 414,
    "unsupported_media_type": 415,
    "misdirected_request": 421,
    "queue_full": 429,
    "header_too_large": 431,
    "internal_error": 500,
    "corrupt_record": 500,
    "overloaded": 503,
    "storage_unavailable": 503,
    "shutting_down": 503,
    "starting": 503,
    "internal_timeout": 504,
}
