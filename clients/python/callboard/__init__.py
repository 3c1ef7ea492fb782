"""A client of the Callboard job scheduler, and workers for it. `Client` and `Worker` are where to begin."""
from .attempt import Attempt as Attempt, Failed as Failed, Snooze as Snooze, Stopped as Stopped
from .client import Client as Client
from .errors import (BadRequest as BadRequest, CallboardError as CallboardError, Conflict as Conflict,
                     Forbidden as Forbidden, InternalError as InternalError, NotFound as NotFound,
                     OutcomeUnknown as OutcomeUnknown, QueueFull as QueueFull, TooLarge as TooLarge,
                     Unavailable as Unavailable, Unreachable as Unreachable,
                     UnsupportedMediaType as UnsupportedMediaType, WaitTimeout as WaitTimeout)
from .transport import Retries as Retries
from .worker import Worker as Worker
