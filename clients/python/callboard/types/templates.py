# Written by clients/generate.py. Change http/openapi/ and run it again.
from typing import TYPE_CHECKING, Any, Dict, List, TypedDict

if TYPE_CHECKING:
    from .basic import Count, Name, NextCursor, Tag, TemplateKind, Time
    from .job import TemplateOrigin


# A template: `job` or `workflow`.
class TemplateDefinition(TypedDict, total=False):
    name: "Name"
    description: str
    parameters: Dict[str, Any]
    job: Dict[str, Any]
    workflow: Dict[str, Any]
    version: int


class _Template(TypedDict):
    name: "Name"
    version: int
    changedAt: "Time"


# A version of a template.
class Template(_Template, total=False):
    description: str
    parameters: Dict[str, Any]
    job: Dict[str, Any]
    workflow: Dict[str, Any]


class _TemplateHead(TypedDict):
    name: "Name"
    version: int
    changedAt: "Time"
    makes: "TemplateKind"


# A template without its definition.
class TemplateHead(_TemplateHead, total=False):
    description: str


# Templates by name.
class TemplatePage(TypedDict):
    templates: List["TemplateHead"]
    count: "Count"
    next: "NextCursor"


# All versions that are kept, latest first.
class TemplateVersions(TypedDict):
    versions: List["Template"]


# A JSON Patch (RFC 6902) that makes one definition the other.
TemplateDiff = TypedDict("TemplateDiff", {
    "name": "Name",
    "from": int,
    "to": int,
    "patch": "List[Dict[str, Any]]",
}, total=False)


# Which version.
class TemplateVersionWish(TypedDict):
    version: int


# What is filled in.
class TemplateSubmit(TypedDict, total=False):
    parameters: Dict[str, Any]
    version: int
    overrides: Dict[str, Any]
    idempotencyKey: "Tag"


class _TemplateDryRun(TypedDict):
    template: "TemplateOrigin"


# What would be submitted.
class TemplateDryRun(_TemplateDryRun, total=False):
    job: Dict[str, Any]
    workflow: Dict[str, Any]
