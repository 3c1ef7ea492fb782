"""Workflows, schedules, templates and queues."""
import uuid
from typing import Any, Dict, Iterator, List, Mapping, Optional, Union, cast

from . import events
from .transport import Query, Transport, quoted
from .types import (JobType, Key, KeyRule, Queue, QueueRule, Schedule, ScheduleDefinition, SchedulePreview, ScheduleVersion,
                    Submitted, Template, TemplateDefinition, TemplateDryRun, TemplateHead, TypeRule, Workflow,
                    WorkflowAccepted, WorkflowGraph, WorkflowSubmit, WorkflowSummary)


def pages(transport: Transport, path: str, name: str, query: Query) -> Iterator[Any]:
    """The rows of all pages of a list."""
    cursor: Optional[str] = None
    while True:
        answer = transport.call("GET", path, query={**query, "cursor": cursor})
        yield from answer[name]
        cursor = answer["next"]
        if cursor is None:
            return


class _Resource:
    """What has one path, and names below it."""

    path = ""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def _at(self, name: str, *more: str) -> str:
        return "/".join((self.path, quoted(name), *more))

    def _call(self, method: str, path: str, body: Any = None, query: Optional[Query] = None,
              safe: Optional[bool] = None) -> Any:
        return self._transport.call(method, path, body, query, safe)


class Workflows(_Resource):
    """Graphs of jobs that are submitted, followed and cancelled as one."""

    path = "/api/workflows"

    def submit(self, name: str, jobs: Mapping[str, Any], *, idempotency_key: Optional[str] = None) -> WorkflowAccepted:
        """Submits jobs by key; they name each other in `dependencies`. It is accepted once, as `Client.submit`."""
        body: WorkflowSubmit = {"name": name, "jobs": dict(jobs), "idempotencyKey": idempotency_key or uuid.uuid4().hex}
        return cast(WorkflowAccepted, self._call("POST", self.path, body, safe=True))

    def get(self, workflow_id: str, *, results: bool = False) -> Workflow:
        """The workflow with its jobs; `results`: with the result of each of them."""
        return cast(Workflow, self._call("GET", self._at(workflow_id), query={"include": "result" if results else None}))

    def list(self, *, state: Optional[str] = None, page: Optional[int] = None) -> Iterator[WorkflowSummary]:
        """All workflows, newest first."""
        return pages(self._transport, self.path, "workflows", {"state": state, "limit": page})

    def graph(self, workflow_id: str) -> WorkflowGraph:
        return cast(WorkflowGraph, self._call("GET", self._at(workflow_id, "graph")))

    def wait(self, workflow_id: str, timeout: Optional[float] = None) -> Workflow:
        """The workflow once it has ended: `completed`, `failed` or `cancelled`. As `Client.wait`."""
        return cast(Workflow, events.wait(self._transport, self._at(workflow_id), "state", {"workflow": workflow_id}, timeout))

    def cancel(self, workflow_id: str, reason: Optional[str] = None) -> Workflow:
        """Cancels what has not ended."""
        return self._act(workflow_id, "cancel", reason)

    def pause(self, workflow_id: str, reason: Optional[str] = None) -> Workflow:
        """Holds all that has not ended."""
        return self._act(workflow_id, "pause", reason)

    def resume(self, workflow_id: str, reason: Optional[str] = None) -> Workflow:
        """Releases all that is held."""
        return self._act(workflow_id, "resume", reason)

    def retry(self, workflow_id: str) -> Workflow:
        """Submits what did not complete once more. `OutcomeUnknown` when no answer came."""
        return cast(Workflow, self._call("POST", self._at(workflow_id, "retry"), {}))

    def _act(self, workflow_id: str, action: str, reason: Optional[str]) -> Workflow:
        # Once more changes nothing: what is cancelled, held or released already stays as it is.
        body = {"reason": reason} if reason else {}
        return cast(Workflow, self._call("POST", self._at(workflow_id, action), body, safe=True))


class Schedules(_Resource):
    """Jobs that are submitted by the clock. A definition has the members of docs/api.md#schedules."""

    path = "/api/schedules"

    def create(self, definition: ScheduleDefinition) -> Schedule:
        """Defines a new one. `Conflict` when there is one of that name."""
        return cast(Schedule, self._call("POST", self.path, definition))

    def put(self, name: str, definition: Mapping[str, Any], *, if_version: Optional[int] = None) -> Schedule:
        """Defines it, or gives it a new version; with `if_version` only in place of that one."""
        return cast(Schedule, self._call("PUT", self._at(name), definition, {"ifVersion": if_version}, safe=False))

    def get(self, name: str) -> Schedule:
        return cast(Schedule, self._call("GET", self._at(name)))

    def list(self, *, page: Optional[int] = None) -> Iterator[Schedule]:
        """All schedules by name, without payloads."""
        return pages(self._transport, self.path, "schedules", {"limit": page})

    def delete(self, name: str) -> Schedule:
        """Removes it; its jobs stay. It answers how it was."""
        return cast(Schedule, self._call("DELETE", self._at(name)))

    def pause(self, name: str) -> Schedule:
        return cast(Schedule, self._call("POST", self._at(name, "pause"), {}, safe=True))

    def resume(self, name: str) -> Schedule:
        return cast(Schedule, self._call("POST", self._at(name, "resume"), {}, safe=True))

    def run(self, name: str) -> Submitted:
        """Submits its job now. `OutcomeUnknown` when no answer came: each run is a job of its own."""
        return cast(Submitted, self._call("POST", self._at(name, "run"), {}))

    def history(self, name: str) -> "List[ScheduleVersion]":
        """Its versions, latest first."""
        return cast("List[ScheduleVersion]", self._call("GET", self._at(name, "history"))["versions"])

    def preview(self, definition: SchedulePreview) -> "List[str]":
        """When it would fire; nothing is stored."""
        return cast("List[str]", self._call("POST", self._at("preview"), definition, safe=True)["next"])


class Templates(_Resource):
    """Jobs and workflows by name, with parameters and versions."""

    path = "/api/templates"

    def put(self, name: str, definition: TemplateDefinition) -> Template:
        """Defines it, or gives it a new version; the same content makes none."""
        return cast(Template, self._call("PUT", self._at(name), definition, safe="version" not in definition))

    def get(self, name: str, *, version: Optional[int] = None) -> Template:
        return cast(Template, self._call("GET", self._at(name), query={"version": version}))

    def list(self, *, page: Optional[int] = None) -> Iterator[TemplateHead]:
        return pages(self._transport, self.path, "templates", {"limit": page})

    def versions(self, name: str) -> "List[Template]":
        """All that are kept, latest first."""
        return cast("List[Template]", self._call("GET", self._at(name, "versions"))["versions"])

    def delete(self, name: str) -> TemplateHead:
        return cast(TemplateHead, self._call("DELETE", self._at(name)))

    def rollback(self, name: str, version: int) -> Template:
        """Makes a new version with the content of an earlier one."""
        return cast(Template, self._call("POST", self._at(name, "rollback"), {"version": version}, safe=True))

    def submit(self, name: str, parameters: Optional[Mapping[str, Any]] = None, *, version: Optional[int] = None,
               overrides: Optional[Mapping[str, Any]] = None,
               idempotency_key: Optional[str] = None) -> Union[Submitted, WorkflowAccepted]:
        """Submits what it makes. Without a key nothing is sent again whose outcome is unknown, for the template may have
        a key of its own."""
        body = _wish(parameters, version, overrides, idempotency_key)
        return cast(Submitted, self._call("POST", self._at(name, "submit"), body, safe=idempotency_key is not None))

    def show(self, name: str, parameters: Optional[Mapping[str, Any]] = None, *, version: Optional[int] = None,
             overrides: Optional[Mapping[str, Any]] = None) -> TemplateDryRun:
        """What a submit would make of it."""
        body = _wish(parameters, version, overrides, None)
        return cast(TemplateDryRun, self._call("POST", self._at(name, "submit"), body, {"dryRun": True}, safe=True))


def _wish(parameters: Optional[Mapping[str, Any]], version: Optional[int], overrides: Optional[Mapping[str, Any]],
          key: Optional[str]) -> Dict[str, Any]:
    wish = {"parameters": parameters, "version": version, "overrides": overrides, "idempotencyKey": key}
    return {name: value for name, value in wish.items() if value is not None}


class Queues(_Resource):
    """Queues, their concurrency keys, and job types: what they are held to. A rule is whole: what it leaves out is not
    limited any more."""

    path = "/api/queues"

    def list(self, *, page: Optional[int] = None) -> Iterator[Queue]:
        """Those with live jobs or limits, by name."""
        return pages(self._transport, self.path, "queues", {"limit": page})

    def get(self, name: str) -> Queue:
        return cast(Queue, self._call("GET", self._at(name)))

    def put(self, name: str, rule: QueueRule) -> Queue:
        return cast(Queue, self._call("PUT", self._at(name), rule, safe=True))

    def clear(self, name: str) -> Queue:
        """Takes all its limits away."""
        return cast(Queue, self._call("DELETE", self._at(name), safe=True))

    def pause(self, name: str) -> Queue:
        """No job of it starts before it is resumed."""
        return cast(Queue, self._call("POST", self._at(name, "pause"), {}, safe=True))

    def resume(self, name: str) -> Queue:
        return cast(Queue, self._call("POST", self._at(name, "resume"), {}, safe=True))

    def keys(self, name: str, *, page: Optional[int] = None) -> Iterator[Key]:
        """Its concurrency keys with live jobs or limits, by name."""
        return pages(self._transport, self._at(name, "keys"), "keys", {"limit": page})

    def put_key(self, name: str, key: str, rule: KeyRule) -> Key:
        return cast(Key, self._call("PUT", self._at(name, "keys", quoted(key)), rule, safe=True))

    def types(self, *, page: Optional[int] = None) -> Iterator[JobType]:
        """Job types with live jobs or limits, by name."""
        return pages(self._transport, "/api/types", "types", {"limit": page})

    def put_type(self, name: str, rule: TypeRule) -> JobType:
        return cast(JobType, self._call("PUT", "/api/types/" + quoted(name), rule, safe=True))
