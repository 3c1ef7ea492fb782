"""The client: jobs, and the ways to the other resources."""
import os
import ssl
import uuid
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Union, cast

from . import events
from .errors import CallboardError, Conflict, error_of
from .resources import Queues, Schedules, Templates, Workflows, pages
from .transport import Retries, Transport, quoted
from .types import BatchJob, Event, Explanation, Job, JobSubmit, Submitted

# Jobs of a batch that go in one request; the scheduler takes 10,000 (jobs.batch_jobs_max).
SLICE = 1000


class Client:
    """A client of one scheduler. Threads may share it.

    `server`: its address; without one CALLBOARD_SERVER of the environment, or http://127.0.0.1:8080.
    `timeout`: seconds to wait for an answer. `retries`: what becomes of failures that pass.
    Every method raises a `CallboardError`.
    """

    def __init__(self, server: Optional[str] = None, timeout: float = 60.0, retries: Retries = Retries(),
                 context: Optional[ssl.SSLContext] = None) -> None:
        address = server or os.environ.get("CALLBOARD_SERVER") or "http://127.0.0.1:8080"
        self._transport = Transport(address, timeout, retries, context)
        self.workflows = Workflows(self._transport)
        self.schedules = Schedules(self._transport)
        self.templates = Templates(self._transport)
        self.queues = Queues(self._transport)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection of this thread; the next request opens another one."""
        self._transport.close()

    def submit(self, job_type: str, payload: Any = None, *, idempotency_key: Optional[str] = None,
               **fields: Any) -> Submitted:
        """Submits a job; `fields` are named as in the REST interface (`maxRetries=5`, `queue="mail"`).

        It is accepted once, however often it has to be sent: without a key of yours it gets one.
        """
        job: Dict[str, Any] = {"jobType": job_type, **fields, "idempotencyKey": idempotency_key or uuid.uuid4().hex}
        if payload is not None:
            job["payload"] = payload
        return cast(Submitted, self._transport.call("POST", "/api/jobs/submit", job, safe=True))

    def submit_many(self, jobs: Iterable[Union[BatchJob, JobSubmit]], *,
                    atomic: bool = False) -> List[Union[Submitted, CallboardError]]:
        """Submits jobs; the answer has for each of them what became of it: an error, or the job. With `atomic` all of them
        are accepted or none, and an error is raised.

        Jobs that depend on each other (`"#0"` is the first one) are atomic, and so at most 10,000.
        """
        keyed = [{"idempotencyKey": uuid.uuid4().hex, **cast(Dict[str, Any], job)} for job in jobs]
        whole = atomic or any(_names_position(job) for job in keyed)
        step = max(1, len(keyed)) if whole else SLICE
        out: List[Union[Submitted, CallboardError]] = []
        for at in range(0, len(keyed), step):
            answer = self._transport.call("POST", "/api/jobs/batch", keyed[at:at + step],
                                          {"atomic": True} if atomic else None, safe=True)
            out += [error_of(item["error"]) if "error" in item else cast(Submitted, item) for item in answer["items"]]
        return out

    def get(self, job_id: str) -> Job:
        """The job as it is now, with its payload and its result."""
        return cast(Job, self._transport.call("GET", _path(job_id)))

    def history(self, job_id: str) -> Job:
        """The job with its `history`, without payload and result."""
        return cast(Job, self._transport.call("GET", _path(job_id, "history")))

    def logs(self, job_id: str) -> List[str]:
        """The last lines that its handler logged."""
        return cast(List[str], self._transport.call("GET", _path(job_id, "logs"))["lines"])

    def explain(self, job_id: str) -> Explanation:
        """Why it waits, where it runs, or what became of it."""
        return cast(Explanation, self._transport.call("GET", _path(job_id, "explain")))

    def list(self, *, status: Union[None, str, Sequence[str]] = None, include: Union[None, str, Sequence[str]] = None,
             page: Optional[int] = None, **filters: Any) -> Iterator[Job]:
        """All jobs that fit, newest first; `page` are asked for at a time. Filters: `type`, `queue`, `tag`, `key`,
        `workflow`, `template`, `priority`, `held`, `from_`, `to`. `include`: `payload`, `result` or both."""
        query = {"status": status, "include": include, "limit": page, **filters}
        query["from"] = query.pop("from_", None)
        return cast(Iterator[Job], pages(self._transport, "/api/jobs", "jobs", query))

    def cancel(self, job_id: str, reason: Optional[str] = None) -> Job:
        """Cancels the job, and answers how it is then. One that is cancelled already stays as it is."""
        body = {"reason": reason} if reason else {}
        try:
            return cast(Job, self._transport.call("POST", _path(job_id, "cancel"), body, safe=True))
        except Conflict:
            job = self.get(job_id)
            if job["status"] != "cancelled":
                raise
            return job

    def retry(self, job_id: str) -> Job:
        """Tries a failed job again. `OutcomeUnknown` when no answer came: look at the job before you ask again."""
        return cast(Job, self._transport.call("POST", _path(job_id, "retry"), {}))

    def change(self, job_id: str, **fields: Any) -> Job:
        """Changes `priority`, `scheduleAt` or `deadline` of a job that has not started."""
        return cast(Job, self._transport.call("PATCH", _path(job_id), fields, safe=True))

    def hold(self, job_id: str, reason: Optional[str] = None) -> Job:
        """The job does not start before it is released."""
        return self.change(job_id, held=True, **({"reason": reason} if reason else {}))

    def release(self, job_id: str) -> Job:
        return self.change(job_id, held=False)

    def wait(self, job_id: str, timeout: Optional[float] = None) -> Job:
        """The job once it has ended: `completed`, `failed` or `cancelled`. Without a `timeout` it waits as long as the
        scheduler can be reached. Error: WaitTimeout."""
        return cast(Job, events.wait(self._transport, _path(job_id), "status", {"id": job_id}, timeout))

    def events(self, *, kind: Union[None, str, Sequence[str]] = None, after: Optional[str] = None,
               **filters: str) -> Iterator[Event]:
        """What happens, as it happens, without an end; `after="0-0"` begins with the oldest event that is kept. A
        connection that breaks is opened again, and goes on behind the last event. Filters: `id`, `queue`, `type`, `workflow`, `worker`.
        """
        query: Mapping[str, Any] = {"kind": kind, **filters}
        return events.follow(self._transport, query, after)

    def call(self, method: str, path: str, body: Any = None, query: Optional[Mapping[str, Any]] = None,
             safe: Optional[bool] = None) -> Any:
        """Any other request of the REST interface (docs/api.md). `safe`: it may be done twice; a GET may."""
        return self._transport.call(method, path, body, query, safe)


def _path(job_id: str, *more: str) -> str:
    return "/".join(("/api/jobs", quoted(job_id), *more))


def _names_position(job: Mapping[str, Any]) -> bool:
    """Whether a job of a batch depends on another one of it."""
    for entry in job.get("dependencies", ()):
        name = entry.get("id", "") if isinstance(entry, dict) else entry
        if isinstance(name, str) and name.startswith("#"):
            return True
    return False
