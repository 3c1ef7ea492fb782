"""A worker over HTTP for test_http_worker.py: `http_worker_program.py SERVER NAME FILE SLOTS GRACE`. What it does goes into
FILE, a line each: `begin JOB FENCE`, `end JOB FENCE HOW`."""
import logging
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "clients", "python"))
from callboard import Failed, Snooze, Stopped, Worker  # pylint: disable=wrong-import-position

logging.basicConfig(level=logging.INFO, stream=sys.stderr)
SERVER, NAME, FILE, SLOTS, GRACE = sys.argv[1:6]
worker = Worker(SERVER, name=NAME, slots=int(SLOTS), grace=float(GRACE))


def note(*words):
    with open(FILE, "a", encoding="utf-8") as f:
        f.write(" ".join(map(str, words)) + "\n")


@worker.job("test.add", version="1.0", summary="Adds numbers", schema={
    "type": "object", "properties": {"numbers": {"type": "array", "items": {"type": "number"}}}, "required": ["numbers"]})
def add(job):
    note("begin", job.id, job.fence)
    note("end", job.id, job.fence, "done")
    return {"sum": sum(job.payload["numbers"])}


@worker.job("test.wait")
def wait(job):
    """Runs until it is told to stop, or the file of that name is there."""
    note("begin", job.id, job.fence)
    job.progress(40, "waits")
    job.log("it waits")
    job.save_checkpoint(f"attempt {job.number}")
    while not job.wait(0.02):
        if os.path.exists(job.payload["until"]):
            note("end", job.id, job.fence, "done")
            return {"by": NAME, "attempt": job.number}
    note("end", job.id, job.fence, job.stop_reason)
    raise Stopped()


@worker.job("test.late")
def late(job):
    """Its first attempt has a result, but not before it is told to stop."""
    note("begin", job.id, job.fence)
    if job.number == 1:
        job.wait(600)
    note("end", job.id, job.fence, job.stop_reason or "done")
    return {"attempt": job.number}


@worker.job("test.resume")
def resume(job):
    """Goes on where the attempt before it was."""
    if job.checkpoint is not None:
        return {"from": job.checkpoint}
    for line in range(100):
        job.log(f"line {line}")
    job.save_checkpoint("half")
    raise Failed("AGAIN", "half of it", retry_after=0.01)


@worker.job("test.hang")
def hang(job):
    """Cares for nothing."""
    note("begin", job.id, job.fence)
    while True:
        pass


@worker.job("test.fail")
def fail(job):
    how = job.payload.get("how")
    if how == "snooze" and job.number == 1:
        raise Snooze(0.05, "not yet")
    if how == "final":
        raise Failed("NO_WAY", "it cannot be done", retryable=False, result={"why": 1})
    if how == "unknown":
        raise RuntimeError("a bug")
    if how == "bad":
        return {1, 2}
    return None


worker.run()
