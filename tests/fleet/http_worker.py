"""The worker over HTTP of the fleet tests: `http_worker.py SERVER NAME SLOTS`. It does the jobs of the other workers, `exec` of
attempt.pl, without that program: on threads of this process, so that an attempt ends with it, whatever it died of.

An attempt holds its lock and writes to $HOME/journal as attempt.pl does, which says what the words mean. A rude attempt does
not look whether it should end, and so does a family; only the end of this process ends them.
"""
import contextlib
import fcntl
import logging
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "clients", "python"))
from callboard import Stopped, Worker  # pylint: disable=wrong-import-position

logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
SERVER, NAME, SLOTS = sys.argv[1:]
JOURNAL = os.path.join(os.environ["HOME"], "journal")
RUDE = ("rude", "family")
NOTHING = threading.Event()  # happens
worker = Worker(SERVER, name=NAME, slots=int(SLOTS))


def note(word, job, *more):
    """One write per line: lines of several writers do not mix."""
    line = " ".join(map(str, (word, job.id, job.fence, job.number, f"{time.clock_gettime(time.CLOCK_MONOTONIC):.6f}", *more)))
    out = os.open(JOURNAL, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(out, (line + "\n").encode())
    finally:
        os.close(out)


@contextlib.contextmanager
def opened(path):
    """A file of its own for each attempt: a lock belongs to what was opened, not to the process."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        yield lock
    finally:
        os.close(lock)


@worker.job("exec")
def attempt(job):
    _, _, kind, locks, seconds = job.payload["argv"]
    with opened(os.path.join(locks, job.id)) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            note("conflict", job, os.pread(lock, 100, 0).decode() or "unknown")
            return {}
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(job.fence).encode(), 0)
        note("start", job)
        if kind in RUDE:
            NOTHING.wait(float(seconds))
        elif job.wait(float(seconds)):
            raise Stopped()
        note("end", job)
    return {"stdout": str(job.fence)}


worker.run()
