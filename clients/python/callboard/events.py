"""The stream of events: what happens, as it happens."""
import http.client
import json
import time
from typing import Any, Iterator, List, Mapping, Optional

from .errors import (CallboardError, NotFound, OutcomeUnknown, QueueFull, Unavailable, Unreachable, WaitTimeout,
                     error_of)
from .transport import Patience, Query, Retries, Transport, query_text
from .types import Event

# Seconds. The scheduler says something every 15 s (events.keep_alive): what is silent for longer is broken.
SILENCE = 45.0
ENDED = ("completed", "failed", "cancelled")


class Stream:
    """One connection to `GET /api/events`. Iterating gives events, and None for each sign of life besides, the first of
    which says that the stream is open."""

    def __init__(self, transport: Transport, query: Query, last_id: Optional[str] = None,
                 silence: float = SILENCE) -> None:
        self.last_id = last_id  #: of the last event; a stream that goes on from here misses none
        self._next_id = last_id
        self._connection = transport.connect(silence)
        try:
            headers = {"Accept": "text/event-stream"}
            if last_id:
                headers["Last-Event-ID"] = last_id
            self._connection.request("GET", "/api/events" + query_text(query), headers=headers)
            self._answer = self._connection.getresponse()
            if self._answer.status != 200:
                raise self._refusal()
        except (OSError, http.client.HTTPException) as why:
            self.close()
            raise OutcomeUnknown(f"the stream of events did not begin: {why!r}") from why
        except BaseException:
            self.close()
            raise

    def _refusal(self) -> CallboardError:
        told = self._answer.headers.get("Retry-After", "")
        try:
            error = json.loads(self._answer.read())["error"]
        except (ValueError, KeyError, TypeError):
            error = {"message": f"the stream of events was answered {self._answer.status}"}
        return error_of(error, self._answer.status, float(told) if told.isdigit() else None)

    def close(self) -> None:
        self._connection.close()

    def patience(self, seconds: float) -> None:
        """How long the next line may take."""
        if self._connection.sock is not None:
            self._connection.sock.settimeout(seconds)

    def __iter__(self) -> Iterator[Optional[Event]]:
        """Ends when the stream does. Error: OutcomeUnknown when it breaks, or is silent for too long."""
        data: List[str] = []
        while True:
            try:
                line = self._answer.readline().decode()
            except (OSError, http.client.HTTPException, ValueError) as why:
                raise OutcomeUnknown(f"the stream of events broke: {why!r}") from why
            if not line.endswith("\n"):
                return  # a part of a line was cut off
            name, _, value = line.rstrip("\r\n").partition(":")
            value = value[1:] if value.startswith(" ") else value
            if name == "id":
                self._next_id = value
            elif name == "data":
                data.append(value)
            elif not line.strip():
                self.last_id = self._next_id
                yield json.loads("\n".join(data)) if data else None
                data = []


def follow(transport: Transport, query: Query, after: Optional[str] = None) -> Iterator[Event]:
    """Events without an end. A stream that breaks is opened again behind the last event; the scheduler says `reset` where
    it has not kept what came in between."""
    last_id = after
    patience = Patience(transport.retries)
    while True:
        stream = None
        try:
            stream = Stream(transport, query, last_id)
            for event in stream:
                patience.renew()
                last_id = stream.last_id
                if event is not None:
                    yield event
            raise OutcomeUnknown("the stream of events ended")
        except (Unreachable, Unavailable, OutcomeUnknown) as why:
            patience.pause(why)
        finally:
            if stream is not None:
                stream.close()


class Watch:
    """Says when to look again at something that is waited for: at each of its events, and where no stream can be had, from
    time to time."""

    def __init__(self, transport: Transport, query: Query, deadline: Optional[float]) -> None:
        self._transport = transport
        self._query = query
        self._deadline = deadline
        self._pause = 0.05

    def left(self) -> Optional[float]:
        """Seconds until the deadline; None without one."""
        return None if self._deadline is None else self._deadline - time.monotonic()

    def is_over(self) -> bool:
        left = self.left()
        return left is not None and left <= 0

    def moments(self) -> Iterator[None]:
        """The first one at once, and an end at the deadline only. What happens after a stream is open brings another
        moment, and its opening is one as well: nothing is missed."""
        yield None
        while not self.is_over():
            try:
                yield from self._by_stream()
            except (Unreachable, Unavailable, OutcomeUnknown, NotFound) as why:
                yield from self._by_time(why)

    def _by_stream(self) -> Iterator[None]:
        left = self.left()
        stream = Stream(self._transport, self._query, None, SILENCE if left is None else max(0.01, min(SILENCE, left)))
        try:
            began = False
            for event in stream:
                if event is not None or not began:
                    yield None
                began = True
                self._pause = 0.05
                left = self.left()
                if left is not None:
                    if left <= 0:
                        return
                    stream.patience(min(SILENCE, left))
        finally:
            stream.close()
        raise OutcomeUnknown("the stream of events ended")

    def _by_time(self, why: CallboardError) -> Iterator[None]:
        """There is no stream: a look, and a pause that grows."""
        yield None
        left = self.left()
        pause = max(self._pause, min(why.retry_after or 0.0, 2.0))
        self._pause = min(2.0, self._pause * 2)
        time.sleep(pause if left is None else max(0.0, min(pause, left)))


def wait(transport: Transport, path: str, member: str, of: Mapping[str, str], timeout: Optional[float]) -> Any:
    """What is at `path`, once its `member` says that it has ended. `of`: whose events bring a new look.
    Error: WaitTimeout, and without a timeout what keeps the scheduler from being asked for `Retries.total`."""
    deadline = None if timeout is None else time.monotonic() + timeout
    watch = Watch(transport, {"kind": "job.completed,job.failed,job.cancelled", **of}, deadline)
    for _ in watch.moments():
        left = watch.left()
        retries = transport.retries
        if left is not None:
            retries = Retries(max(0.0, min(retries.total, left)), retries.base, retries.cap)
        try:
            found = transport.call("GET", path, retries=retries)
        except (Unreachable, Unavailable, OutcomeUnknown, QueueFull):
            if deadline is None:
                raise
            continue
        if found[member] in ENDED:
            return found
    raise WaitTimeout(f"{path.rpartition('/')[2]} has not ended within {timeout} s")
