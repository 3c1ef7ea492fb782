"""How long a worker may go on with what it has."""
import os
import subprocess
import sys
import threading
from typing import Optional

from . import guard
from .guard import boot_clock as boot_clock

#: Shares of the lease, counted from when the last answered heartbeat was sent: first the worker stops its attempts by
#: itself, then the guard ends a worker that could not. The scheduler gives the work to others after the whole.
STOP_SHARE, KILL_SHARE = 0.8, 0.9


class Lease:
    """The lease of one worker. Threads may share it. With `guarded` a process of its own ends the worker when it holds
    attempts that it may not hold any more."""

    def __init__(self, guarded: bool) -> None:
        self._lock = threading.Lock()
        self._renewed = boot_clock()
        self._seconds = 0.0
        self._holding = False
        self._guard: Optional["subprocess.Popen[bytes]"] = None
        if guarded:
            # Isolated: the folder of that file has modules with names of the standard library.
            self._guard = subprocess.Popen([sys.executable, "-I", "-S", guard.__file__, str(os.getpid())],
                                           stdin=subprocess.PIPE, start_new_session=True)

    def renew(self, sent: float, seconds: float) -> None:
        """A heartbeat that was sent then, by `boot_clock`, was answered."""
        with self._lock:
            self._renewed = max(self._renewed, sent)
            self._seconds = seconds
            self._tell()

    def hold(self, holding: bool) -> None:
        """Whether functions run. From then on the guard watches, before the first of them begins."""
        with self._lock:
            if self._holding != holding:
                self._holding = holding
                self._tell()

    def left(self) -> float:
        """Seconds until everything must be stopped; not above 0: it must be."""
        with self._lock:
            return self._renewed + self._seconds * STOP_SHARE - boot_clock()

    def close(self) -> None:
        """Nothing runs any more."""
        with self._lock:
            over, self._guard = self._guard, None
        if over is not None and over.stdin is not None:
            over.stdin.close()
            over.wait()

    def _tell(self) -> None:
        if self._guard is None or self._guard.stdin is None:
            return
        at = self._renewed + self._seconds * KILL_SHARE
        try:
            os.write(self._guard.stdin.fileno(), f"{at:.3f} {int(self._holding)}\n".encode())
        except OSError as why:
            # Nobody would end this worker in time: what runs is not to run without that.
            print(f"callboard: the guard of this worker has gone: {why}", file=sys.stderr, flush=True)
            os._exit(70)
