# Written by clients/generate.py. Change http/openapi/ and run it again.
from typing import TYPE_CHECKING, Dict, List, TypedDict, Union

if TYPE_CHECKING:
    from .basic import Count, JobID, JobStatus, NextCursor, Time


# Letters, digits, dots, dashes and underscores.
WebhookName = str


class _WebhookFilter(TypedDict):
    kinds: List[str]


# Which events are wanted: those that fit all that is named, as in `GET /api/events`.
class WebhookFilter(_WebhookFilter, total=False):
    queue: str
    type: str
    workflow: str
    worker: str


# Header fields that are sent along. Everybody sees them: a token in one is better redacted (docs/webhooks.md).
WebhookHeaders = Dict[str, str]


class _WebhookDefinition(TypedDict):
    url: str
    filter: "WebhookFilter"


# A webhook to be defined.
class WebhookDefinition(_WebhookDefinition, total=False):
    name: "WebhookName"
    secret: Union[str, None]
    headers: "WebhookHeaders"
    enabled: bool
    retryCount: Union[int, None]


class _NewWebhook(TypedDict):
    name: "WebhookName"
    url: str
    filter: "WebhookFilter"


# A new webhook.
class NewWebhook(_NewWebhook, total=False):
    secret: Union[str, None]
    headers: "WebhookHeaders"
    enabled: bool
    retryCount: Union[int, None]


class _Webhook(TypedDict):
    name: "WebhookName"
    url: str
    filter: "WebhookFilter"
    headers: "WebhookHeaders"
    enabled: bool
    signed: bool
    createdAt: "Time"
    changedAt: "Time"


# Events that are sent to an address.
class Webhook(_Webhook, total=False):
    retryCount: int
    secretChangedAt: "Time"


# Webhooks.
class Webhooks(TypedDict):
    webhooks: List["Webhook"]
    count: "Count"


# The job that delivers a test.
class WebhookTest(TypedDict):
    jobID: "JobID"


class _WebhookDelivery(TypedDict):
    jobID: "JobID"
    status: "JobStatus"
    attempts: "Count"
    createdAt: "Time"


# An event on its way to a webhook: a job of the queue `webhooks`.
class WebhookDelivery(_WebhookDelivery, total=False):
    deliveryID: str
    kind: str
    eventJobID: "JobID"
    eventID: str
    code: str
    message: str
    finishedAt: "Time"
    retryAt: "Time"


# A page of deliveries.
class WebhookDeliveries(TypedDict):
    deliveries: List["WebhookDelivery"]
    count: "Count"
    next: "NextCursor"
