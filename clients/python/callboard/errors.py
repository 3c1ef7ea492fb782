"""What can go wrong, one class per family of error codes."""
from typing import Any, Dict, Optional, Type

from .types import ERROR_STATUS


class CallboardError(Exception):
    """An answer of the scheduler that is an error, or none at all. Branch on the class, or on `code`."""

    def __init__(self, message: str, code: str = "", field: str = "", status: Optional[int] = None,
                 request_id: str = "", retry_after: Optional[float] = None) -> None:
        super().__init__(f"{code}: {message}" if code else message)
        self.message = message  #: for people
        self.code = code  #: stable; empty when there was no answer
        self.field = field  #: the path of what is wrong, as `payload.to`; may be empty
        self.status = status  #: of HTTP; None when there was no answer
        self.request_id = request_id  #: names the request in the scheduler's log
        self.retry_after = retry_after  #: seconds to wait before the next try, if the scheduler said so


class BadRequest(CallboardError):
    """The request is wrong (400)."""


class Forbidden(CallboardError):
    """It may not be done from here (403), or the host is not the scheduler's (421)."""


class NotFound(CallboardError):
    """There is no such thing (404), or it does not understand this (405)."""


class Conflict(CallboardError):
    """Its present state does not allow it, or a key is taken (409)."""


class TooLarge(CallboardError):
    """The body, the address or the header is too large (413, 414, 431)."""


class UnsupportedMediaType(CallboardError):
    """The content is not of a type that is read there (415)."""


class QueueFull(CallboardError):
    """There are as many as there may be (429). Nothing was accepted; `retry_after` says when to try again."""


class Unavailable(CallboardError):
    """The scheduler cannot do it now (503, 408). Nothing was accepted; `retry_after` says when to try again."""


class InternalError(CallboardError):
    """A bug of the scheduler, or a damaged record (500)."""


class OutcomeUnknown(CallboardError):
    """No answer came in time (504), or the connection broke before one: it may have been done or not."""


class Unreachable(CallboardError):
    """No connection to the scheduler: nothing was done."""


class WaitTimeout(CallboardError, TimeoutError):
    """What was waited for has not ended in time. It goes on; wait again if you like."""


_FAMILIES: Dict[int, Type[CallboardError]] = {
    400: BadRequest, 403: Forbidden, 404: NotFound, 405: NotFound, 408: Unavailable, 409: Conflict, 413: TooLarge,
    414: TooLarge, 415: UnsupportedMediaType, 421: Forbidden, 429: QueueFull, 431: TooLarge, 500: InternalError,
    503: Unavailable, 504: OutcomeUnknown,
}


def family(status: int) -> Type[CallboardError]:
    """The class for a status of HTTP; for one that is not known the class for all."""
    return _FAMILIES.get(status, CallboardError)


def error_of(error: Dict[str, Any], status: Optional[int] = None, retry_after: Optional[float] = None) -> CallboardError:
    """The exception for an error of an answer, or of an item of one, which has no status of its own."""
    code = str(error.get("code", ""))
    known = status if status is not None else ERROR_STATUS.get(code)
    return family(known or 0)(str(error.get("message", "")), code, str(error.get("field", "")), known,
                              str(error.get("requestId", "")), retry_after)
