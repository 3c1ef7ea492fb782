// Written by clients/generate.py. Change http/openapi/ and run it again.
import type { Count, JobID, JobStatus, NextCursor, Time } from "./basic.js";

/** Letters, digits, dots, dashes and underscores. */
export type WebhookName = string;

/** Which events are wanted: those that fit all that is named, as in `GET /api/events`. */
export interface WebhookFilter {
  /** Kinds such as `job.failed`, or families such as `alert`. */
  kinds: string[];
  /** Of jobs in this queue, and of the queue. */
  queue?: string;
  /** Of jobs of this type, and of the type. */
  type?: string;
  /** Of jobs of this workflow. */
  workflow?: string;
  /** Of this worker, and of attempts on it. */
  worker?: string;
}

/** Header fields that are sent along. Everybody sees them: a token in one is better redacted (docs/webhooks.md). */
export type WebhookHeaders = Record<string, string>;

/** A webhook to be defined. */
export interface WebhookDefinition {
  /** Left out, or that of the address. */
  name?: WebhookName;
  /** http:// or https:// */
  url: string;
  filter: WebhookFilter;
  /** What is sent is signed with it. Nobody is ever shown it. */
  secret?: string | null;
  headers?: WebhookHeaders;
  /** False: it is paused. */
  enabled?: boolean;
  /** Retries of a delivery; `webhooks.retries` when it is left out, to `jobs.retries_max`. */
  retryCount?: number | null;
}

/** A new webhook. */
export interface NewWebhook {
  /** 1 to 64 letters, digits, dots, dashes and underscores. */
  name: WebhookName;
  /** http:// or https:// */
  url: string;
  filter: WebhookFilter;
  /** What is sent is signed with it. Nobody is ever shown it. */
  secret?: string | null;
  headers?: WebhookHeaders;
  /** False: it is paused. */
  enabled?: boolean;
  /** Retries of a delivery; `webhooks.retries` when it is left out, to `jobs.retries_max`. */
  retryCount?: number | null;
}

/** Events that are sent to an address. */
export interface Webhook {
  name: WebhookName;
  url: string;
  filter: WebhookFilter;
  headers: WebhookHeaders;
  /** False: it is paused. */
  enabled: boolean;
  /** Left out: `webhooks.retries`. */
  retryCount?: number;
  /** It has a secret. */
  signed: boolean;
  secretChangedAt?: Time;
  createdAt: Time;
  changedAt: Time;
}

/** Webhooks. */
export interface Webhooks {
  webhooks: Webhook[];
  count: Count;
}

/** The job that delivers a test. */
export interface WebhookTest {
  jobID: JobID;
}

/** An event on its way to a webhook: a job of the queue `webhooks`. */
export interface WebhookDelivery {
  jobID: JobID;
  /** The same however often it is sent, also as X-Callboard-Delivery. */
  deliveryID?: string;
  /** Of the event; `webhook.test` of a test. */
  kind?: string;
  /** Of the end of a job: the job. */
  eventJobID?: JobID;
  /** Of another event: its id. */
  eventID?: string;
  status: JobStatus;
  attempts: Count;
  /** Of the last attempt that did not succeed. */
  code?: string;
  /** The same in words. */
  message?: string;
  createdAt: Time;
  finishedAt?: Time;
  retryAt?: Time;
}

/** A page of deliveries. */
export interface WebhookDeliveries {
  deliveries: WebhookDelivery[];
  count: Count;
  next: NextCursor;
}
