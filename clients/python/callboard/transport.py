"""Requests over HTTP, and which of them are sent again."""
import http.client
import json
import random
import socket
import ssl
import threading
import time
import urllib.parse
from dataclasses import dataclass
from typing import Any, Iterable, Mapping, Optional, Tuple, Union

from .errors import CallboardError, OutcomeUnknown, QueueFull, Unavailable, Unreachable, error_of

Query = Mapping[str, Union[None, str, int, bool, Iterable[str]]]


@dataclass(frozen=True)
class Retries:
    """How long, and how often, a request is sent again that failed for a reason that passes."""

    total: float = 60.0  #: seconds from the first try within which another one begins; 0: none
    base: float = 0.1  #: seconds, the bound of the first wait; it doubles from try to try
    cap: float = 5.0  #: seconds, no wait of our own is longer

    def wait(self, tries: int, told: Optional[float]) -> float:
        """The wait after so many tries: drawn evenly (so that many clients do not come at once), and not below what
        the scheduler told."""
        bound = min(self.cap, self.base * 2.0 ** min(tries - 1, 30))
        return max(random.uniform(0, bound), told or 0.0)


class Patience:
    """The tries of one request."""

    def __init__(self, retries: Retries) -> None:
        self._retries = retries
        self._until = time.monotonic() + retries.total
        self._tries = 0

    def pause(self, why: CallboardError) -> None:
        """Waits before the next try; raises `why` when there shall be none."""
        self._tries += 1
        wait = self._retries.wait(self._tries, why.retry_after)
        if time.monotonic() + wait > self._until:
            raise why
        time.sleep(wait)

    def renew(self) -> None:
        """It works again: what comes now is another trouble."""
        self._until = time.monotonic() + self._retries.total
        self._tries = 0


def quoted(segment: str) -> str:
    """A name as a part of a path."""
    return urllib.parse.quote(segment, safe="")


def query_text(query: Optional[Query]) -> str:
    pairs = []
    for name, value in (query or {}).items():
        if value is None:
            continue
        if isinstance(value, bool):
            value = "true" if value else "false"
        elif not isinstance(value, (str, int)):
            value = ",".join(value)
        pairs.append((name, str(value)))
    return "?" + urllib.parse.urlencode(pairs) if pairs else ""


class Transport:
    """Talks to one scheduler. Threads may share one: each has a connection of its own."""

    def __init__(self, server: str, timeout: float, retries: Retries, context: Optional[ssl.SSLContext] = None) -> None:
        url = urllib.parse.urlsplit(server if "//" in server else "http://" + server)
        if url.scheme not in ("http", "https") or not url.hostname:
            raise ValueError(f"server must be an address such as http://127.0.0.1:8080, not {server!r}")
        self._url = url
        self._context = context
        self._kept = threading.local()
        self.timeout = timeout
        self.retries = retries

    def connect(self, timeout: Optional[float] = None) -> http.client.HTTPConnection:
        """An open connection. Error: Unreachable."""
        limit = self.timeout if timeout is None else timeout
        host = self._url.hostname or ""
        connection: http.client.HTTPConnection
        if self._url.scheme == "https":
            connection = http.client.HTTPSConnection(host, self._url.port, timeout=limit, context=self._context)
        else:
            connection = http.client.HTTPConnection(host, self._url.port, timeout=limit)
        try:
            connection.connect()
        except OSError as why:
            connection.close()
            raise Unreachable(f"{self._url.netloc} cannot be reached: {why}") from why
        if connection.sock is not None:
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def close(self) -> None:
        """Closes the connection of this thread."""
        kept = getattr(self._kept, "connection", None)
        self._kept.connection = None
        if kept is not None:
            kept.close()

    def call(self, method: str, path: str, body: Any = None, query: Optional[Query] = None,
             safe: Optional[bool] = None, retries: Optional[Retries] = None) -> Any:
        """The JSON of a good answer.

        What is `safe` (a GET, unless it says otherwise) may be done twice, so it is sent again as well when no answer
        came. Anything is sent again when it is certain that nothing was done.
        """
        safe = method == "GET" if safe is None else safe
        patience = Patience(retries or self.retries)
        while True:
            try:
                return self._once(method, path + query_text(query), body, safe)
            except (Unreachable, QueueFull, Unavailable) as why:
                patience.pause(why)
            except OutcomeUnknown as why:
                if not safe:
                    raise
                patience.pause(why)

    def _once(self, method: str, target: str, body: Any, safe: bool) -> Any:
        content = None if body is None else json.dumps(body).encode()
        status, answer, retry_after = self._exchange(method, target, content, safe)
        try:
            value = json.loads(answer) if answer else None
        except ValueError:
            raise OutcomeUnknown(f"{method} {target} was answered {status}, and not in JSON", status=status) from None
        if status < 400:
            return value
        error = value.get("error") if isinstance(value, dict) else None
        raise error_of(error if isinstance(error, dict) else {"message": f"{method} {target} was answered {status}"},
                       status, retry_after)

    def _exchange(self, method: str, target: str, content: Optional[bytes],
                  safe: bool) -> Tuple[int, bytes, Optional[float]]:
        # The server may close an idle connection at any moment: only what may be sent twice goes over an old one.
        connection = getattr(self._kept, "connection", None) if safe else None
        if connection is None:
            self.close()
            connection = self.connect()
        self._kept.connection = None
        try:
            connection.request(method, target, content, {} if content is None else {"Content-Type": "application/json"})
            answer = connection.getresponse()
            data = answer.read()
        except (OSError, http.client.HTTPException) as why:
            connection.close()
            raise OutcomeUnknown(f"{method} {target}: the connection broke before the answer: {why!r}") from why
        if answer.will_close:
            connection.close()
        else:
            self._kept.connection = connection
        told = answer.headers.get("Retry-After", "")
        return answer.status, data, float(told) if told.isdigit() else None
