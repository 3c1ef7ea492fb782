// Written by clients/generate.py. Change http/openapi/ and run it again.

/** The id of a job. */
export type JobID = string;

/** The id of a workflow. */
export type WorkflowID = string;

/** A time in UTC with milliseconds. */
export type Time = string;

/** A time by RFC 3339, with any offset and up to nine digits of fraction. */
export type TimeInput = string;

/** Bytes, or a text with a unit. */
export type Bytes = number | string;

/** A number that is not negative. */
export type Count = number;

/** The cursor of the next page; null on the last. */
export type NextCursor = string | null;

/** No members. */
export type Empty = Record<string, unknown>;

/** 9 comes first. */
export type Priority = number;

/** Up to 128 bytes (jobs.tag_bytes_max). */
export type Tag = string;

/** Letters, digits, dots, dashes and underscores. */
export type Name = string;

/** Where a job is in its life. */
export type JobStatus = "queued" | "scheduled" | "running" | "retrying" | "failed" | "completed" | "cancelled";

/** What an accepted job survives: power loss, `kill -9`, neither. */
export type Durability = "fsync" | "os" | "memory";

/** What happens to a job that has not started in time. */
export type OnMiss = "fail" | "cancel" | "run_anyway" | "promote";

/** What a job waits for in another one. */
export type DependencyCondition = "success" | "failure" | "finished" | "started";

/** How many of its dependencies a job takes. */
export type DependencyRule = "all" | "any" | "all_done" | "none_failed";

/** How waits between attempts grow. */
export type BackoffKind = "fixed" | "linear" | "exponential";

/** How long a job keeps others with its key out; `running`: one runs at a time. */
export type UniqueScope = "queued" | "unfinished" | "running";

/** What happens when another job holds the key. */
export type UniqueConflict = "reject" | "existing" | "replace";

/** What a worker does. */
export type WorkerStatus = "starting" | "idle" | "working" | "stopping" | "stopped" | "failed";

/** Whether a worker on which jobs failed gets new ones. */
export type BreakerState = "closed" | "open" | "half_open";

/** Where a workflow is, by its jobs. */
export type WorkflowState = "waiting" | "running" | "completed" | "failed" | "cancelled" | "paused";

/** Which fire times are made up for that were missed. */
export type CatchUp = "none" | "last" | "all";

/** What happens at a fire time while a former job has not ended. */
export type Overlap = "allow" | "skip" | "queue" | "replace";

/** What is done to each job. */
export type BulkAction = "cancel" | "retry" | "discard" | "change" | "hold" | "release";

/** What a template makes. */
export type TemplateKind = "job" | "workflow";

/** What becomes of a new job when the queue is full. */
export type WhenFull = "reject" | "shed";

/** What has happened. `reset`: events are missing; look at the present state. More kinds may come. */
export type EventKind =
  | "job.created" | "job.scheduled" | "job.started" | "job.progress" | "job.logged" | "job.retrying" | "job.completed"
  | "job.failed" | "job.cancelled" | "job.held" | "job.released" | "job.changed" | "worker.joined" | "worker.ready"
  | "worker.suspect" | "worker.draining" | "worker.left" | "worker.lost" | "queue.changed" | "queue.paused"
  | "queue.resumed" | "type.changed" | "key.changed" | "schedule.created" | "schedule.changed" | "schedule.removed"
  | "schedule.fired" | "template.changed" | "template.removed" | "alert.fired" | "alert.resolved"
  | "scheduler.recovered" | "scheduler.draining" | "reset";
