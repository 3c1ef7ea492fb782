"""The worker's side of the protocol of docs/http-workers.md: one session after the other with one scheduler."""
import logging
import os
import socket
import threading
import uuid
from typing import Any, Callable, Dict, List, Optional

from .errors import Conflict, InternalError, NotFound, OutcomeUnknown, Unavailable, Unreachable
from .lease import Lease, boot_clock
from .transport import Retries, Transport

log = logging.getLogger("callboard.worker")

#: What passes: the same is asked again.
PASSING = (Unavailable, Unreachable, OutcomeUnknown, InternalError)
NO_RETRIES = Retries(total=0)
#: Seconds between two tries of the same.
FIRST_WAIT, LONGEST_WAIT = 0.1, 5.0
#: Seconds that a claim is waited for, and for its answer on top of that.
CLAIM_WAIT, CLAIM_MARGIN = 15.0, 10.0


class Session:
    """Registers, and registers again when the scheduler knows the session no more. `held`: what the worker has, asked for
    under `lock`. All methods may be called from any thread."""

    def __init__(self, transport: Transport, beats: Transport, name: Optional[str], types: List[Dict[str, Any]],
                 offer: Dict[str, Any], lease: Lease, lock: threading.RLock,
                 held: Callable[[], List[Dict[str, Any]]]) -> None:
        host = socket.gethostname()
        self.name = name or f"{host.split('.')[0][:40]}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        self._transport = transport
        self._beats = beats  # with a patience of its own
        self._lease = lease
        self._lock = lock
        self._held = held
        self._who = {"name": self.name, "instance": uuid.uuid4().hex, "types": types, "host": host[:255],
                     "pid": os.getpid(), **offer}
        self._joining = threading.Lock()
        self.generation = 0  #: how often it has registered
        self.token = ""
        self.heartbeat = 1.0
        self.kill_grace = 5.0
        self.wait_max = CLAIM_WAIT
        self._seconds = 0.0
        self._number = 0  # of the registrations that were sent

    def register(self, generation: int, stop: Callable[[], bool]) -> bool:
        """Registers in the place of that session, unless another thread has done so. Tries until it is done or `stop()`;
        False then. Raises what does not pass: the worker is not wanted, or what it says of itself is wrong."""
        with self._joining:
            wait = FIRST_WAIT
            while self.generation == generation:
                if stop():
                    return False
                try:
                    self._register()
                except (Conflict, *PASSING) as why:
                    log.warning("%s could not join: %s", self.name, why)
                    threading.Event().wait(max(wait, why.retry_after or 0))
                    wait = min(LONGEST_WAIT, 2 * wait)
            return True

    def _register(self) -> None:
        with self._lock:
            # What is claimed by the session before and not here yet, is not here: no answer of it is looked at any more.
            self.token = ""
            # One that was given up may come after the next one, which tells what is true.
            self._number += 1
            body = {**self._who, "number": self._number, "again": self.generation > 0, "attempts": self._held()}
        sent = boot_clock()
        answer = self._transport.call("POST", "/api/work/workers", body, safe=True, retries=NO_RETRIES)
        with self._lock:
            self.token = answer["session"]
            self.heartbeat = answer["heartbeatSeconds"]
            self.kill_grace = answer["killGraceSeconds"]
            self.wait_max = min(CLAIM_WAIT, answer["waitSecondsMax"])
            self._seconds = answer["leaseSeconds"]
            # An answer that comes later than that is of no use, and the next try may get one sooner.
            self._beats.timeout = max(self.heartbeat, self._seconds / 4)
            self.generation += 1
        self._lease.renew(sent, self._seconds)
        log.info("%s has joined, with %d attempts", self.name, len(body["attempts"]))

    def renew(self) -> Any:
        """A heartbeat; what is to stop. Errors: as they come."""
        token, sent = self.token, boot_clock()
        answer = self.ask("heartbeat", token, over=self._beats)
        self._lease.renew(sent, self._seconds)
        return answer

    def ask(self, what: str, token: str, body: Optional[Dict[str, Any]] = None, over: Optional[Transport] = None) -> Any:
        """One try. NotFound means: there is no such session any more."""
        if not token:
            raise NotFound("there is no session now", "unknown_worker")
        return (over or self._transport).call("POST", "/api/work/" + what, {"session": token, **(body or {})}, safe=True,
                                              retries=NO_RETRIES)

    def tell(self, what: str, body: Dict[str, Any], stop: Callable[[], bool]) -> bool:
        """Tells something of an attempt until it is answered, an outcome when it is on disk. False: nobody wants it, or
        `stop()`."""
        wait = FIRST_WAIT
        while not stop():
            generation, token = self.generation, self.token
            try:
                self.ask(what, token, body)
                return True
            except NotFound:
                if not self.register(generation, stop):
                    return False
            except PASSING as why:
                threading.Event().wait(max(wait, why.retry_after or 0))
                wait = min(LONGEST_WAIT, 2 * wait)
            except Conflict as why:
                log.warning("%s of %s does not count: %s", what, body["id"], why)
                return False
        return False
