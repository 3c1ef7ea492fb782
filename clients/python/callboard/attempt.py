"""One attempt of a job, as the function that does it sees it, and the ways in which it may end."""
import threading
import time
from typing import Any, Dict, List, Optional

from .types import ClaimedJob

#: Lines of an attempt that wait to be told; of more the oldest are dropped.
LINES_WAITING_MAX = 1000


class Failed(Exception):
    """The attempt has failed. Any other exception is a failure too, with the code HANDLER_EXCEPTION."""

    def __init__(self, code: str, message: str = "", *, retryable: bool = True, retry_after: Optional[float] = None,
                 result: Any = None) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code  #: stable, for programs
        self.message = message  #: for people
        self.retryable = retryable  #: False: trying again cannot help
        self.retry_after = retry_after  #: seconds before which the next attempt does not come
        self.result = result  #: kept with the job


class Snooze(Exception):
    """Not now: the job is run again after so many seconds, and that counts as no retry."""

    def __init__(self, seconds: float, message: str = "") -> None:
        super().__init__(message)
        self.seconds = seconds
        self.message = message


class Stopped(Exception):
    """Raised by a function that ends because `Attempt.stopping`: by the reason of the stop the job is cancelled, the
    attempt has timed out, or it is given back to run elsewhere. Behind `soft_timed_out` it has timed out."""


class Attempt:
    """What the function is given. Threads of the function may share it."""

    def __init__(self, claimed: ClaimedJob) -> None:
        self.id = claimed["id"]  #: of the job
        self.type = claimed["type"]
        self.payload = claimed["payload"]
        self.number = claimed["attempt"]  #: 1 for the first attempt
        #: Grows with every attempt of every job: a receiver that keeps the highest one can refuse a late attempt.
        self.fence = int(claimed["fence"])
        self.checkpoint: Optional[str] = claimed.get("checkpoint")  #: what the former attempt saved
        #: W3C Trace Context for what the function calls, with this attempt as the parent; None: the job has no trace.
        self.traceparent: Optional[str] = claimed.get("traceparent")
        self.tracestate: Optional[str] = claimed.get("tracestate")
        self.timeout = claimed["timeout"]
        self.memory = claimed.get("memory")  #: bytes reserved for it
        self.cpu = claimed.get("cpu")  #: cores reserved for it
        self.started_at = claimed["startedAt"]
        self.deadline = time.monotonic() + self.timeout  #: when it is asked to stop
        self.soft_end = time.monotonic() + claimed["softTimeout"] if "softTimeout" in claimed else None
        self.over = False  #: the function has ended
        self.telling = threading.Lock()  #: of the worker: one request at a time tells news, so that lines come in their order
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._soft = threading.Event()
        self._reason: Optional[str] = None
        self._lines: List[str] = []
        self._first = 0  # number of the first of them
        self._told = 0  # how often there was news
        self._news: Dict[str, Any] = {}

    @property
    def stopping(self) -> bool:
        """True from when the function should end: soon, by raising `Stopped`."""
        return self._stop.is_set()

    @property
    def stop_reason(self) -> Optional[str]:
        """`cancelled`, `timed_out`, `preempted`, `shutdown`, or `lost`: nobody wants its outcome any more."""
        return self._reason

    @property
    def soft_timed_out(self) -> bool:
        """True once the job's soft timeout is over: come to an end that is of use."""
        return self._soft.is_set()

    def wait(self, seconds: float) -> bool:
        """Waits; True as soon as the function should end."""
        return self._stop.wait(seconds)

    def progress(self, percent: int, message: str = "") -> None:
        """0 to 100; shown with the job. Cheap: only the latest one travels."""
        with self._lock:
            self._news.update(percent=min(100, max(0, int(percent))), message=message)

    def log(self, line: str) -> None:
        """A line of the attempt's log; the last ones are kept with the job."""
        with self._lock:
            self._lines.append(str(line))
            if len(self._lines) > LINES_WAITING_MAX:
                del self._lines[0]
                self._first += 1

    def save_checkpoint(self, text: str) -> None:
        """Keeps `text` for the next attempt of the job; JSON, or any other text."""
        self.checkpoint = text
        with self._lock:
            self._news["checkpoint"] = text

    # -- for the worker -------------------------------------------------------------------------------------------------

    def stop(self, reason: str) -> None:
        """Asks the function to end; the first reason counts, unless the attempt is lost."""
        if reason == "soft_timeout":
            self._soft.set()
            return
        with self._lock:
            if self._reason is None or reason == "lost":
                self._reason = reason
        self._stop.set()

    def take_news(self) -> Dict[str, Any]:
        """What was not told yet; from now on it is, unless it is given back."""
        with self._lock:
            news, self._news = self._news, {}
            if self._lines:
                news["log"] = {"first": self._first, "lines": self._lines}
                self._first += len(self._lines)
                self._lines = []
            if news:
                # A request that was given up may come after a later one, which counts.
                self._told += 1
                news["number"] = self._told
        return news

    def give_back(self, news: Dict[str, Any]) -> None:
        """It could not be told. What is newer counts; lines keep their order and their numbers."""
        with self._lock:
            news.pop("number")
            log = news.pop("log", None)
            if log:
                self._lines = log["lines"] + self._lines
                self._first = log["first"]
                extra = len(self._lines) - LINES_WAITING_MAX
                if extra > 0:
                    del self._lines[:extra]
                    self._first += extra
            self._news = {**news, **self._news}

    def name(self) -> Dict[str, Any]:
        """How requests name it."""
        return {"id": self.id, "fence": str(self.fence)}

    def held(self) -> Dict[str, Any]:
        """For the registration of a worker that has it already."""
        return {**self.name(), "attempt": self.number, "startedAt": self.started_at,
                "timeoutSeconds": max(0.0, self.deadline - time.monotonic())}
