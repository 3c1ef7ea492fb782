// Written by clients/generate.py. Change http/openapi/ and run it again.
import type { BulkAction, Count, JobID, JobStatus, Priority, TimeInput } from "./basic.js";
import type { ItemError } from "./errors.js";
import type { JobPatch } from "./submit.js";

/** Which jobs; at least one member. `all` goes alone. */
export interface JobFilter {
  status?: string | JobStatus[];
  type?: string;
  queue?: string;
  tag?: string;
  key?: string;
  workflow?: string;
  priority?: Priority;
  held?: boolean;
  from?: TimeInput;
  to?: TimeInput;
  all?: boolean;
}

/** Which jobs, and how many of them at once. */
export interface FilteredAction {
  filter: JobFilter;
  /** To 1024 bytes; kept in the history. */
  reason?: string;
  /** Only counts. */
  dryRun?: boolean;
  /** Most jobs of this request; 1000 when left out. */
  limit?: number;
  /** The `next` of the former answer. */
  cursor?: JobID;
}

/** What is done to which jobs. */
export interface Bulk {
  filter: JobFilter;
  /** To 1024 bytes; kept in the history. */
  reason?: string;
  /** Only counts. */
  dryRun?: boolean;
  /** Most jobs of this request; 1000 when left out. */
  limit?: number;
  /** The `next` of the former answer. */
  cursor?: JobID;
  action: BulkAction;
  /** With `change` only. */
  change?: JobPatch;
}

/** Which failed jobs. */
export interface DeadAction {
  filter: JobFilter;
  /** To 1024 bytes; kept in the history. */
  reason?: string;
  /** Only counts. */
  dryRun?: boolean;
  /** Most jobs of this request; 1000 when left out. */
  limit?: number;
  /** The `next` of the former answer. */
  cursor?: JobID;
}

/** A job that was refused. */
export interface BulkAnswerRefusedItem {
  jobID: JobID;
  error: ItemError;
}

/** What one slice did. */
export interface BulkAnswer {
  action: BulkAction;
  dryRun: boolean;
  matched: Count;
  changed: Count;
  refusedCount: Count;
  /** The first 20. */
  refused: BulkAnswerRefusedItem[];
  /** Go on with it as `cursor`, until it is missing. */
  next?: JobID;
  /** Why the slice ended before its time. */
  stopped?: ItemError;
}
