// Written by clients/generate.py. Change http/openapi/ and run it again.
import type { BackoffKind, Bytes, DependencyCondition, DependencyRule, Durability, JobID, OnMiss, Priority, Tag, TimeInput, UniqueConflict, UniqueScope } from "./basic.js";

/** The value at this path in the payload. */
export interface PayloadPath {
  /** Names with dots between them. */
  payload: string;
}

/** Tried again after so many seconds, which costs no retry. */
export interface RetryPolicyOnErrorValue {
  snooze: number;
}

/** When a failed job is tried again. */
export interface RetryPolicy {
  kind?: BackoffKind;
  /** The wait after the first failure. */
  baseSeconds?: number;
  /** No wait is longer. */
  capSeconds?: number;
  /** The wait is drawn evenly from zero to itself. */
  jitter?: boolean;
  /** What failures with this code lead to; a code may end in `*`. */
  onError?: Record<string, "retry" | "fail" | RetryPolicyOnErrorValue>;
  /** No attempt begins later than this after the first one. */
  totalSeconds?: number;
  /** After OUT_OF_MEMORY the next attempt asks for this share of the memory. */
  memoryGrowthPercent?: number;
  /** A grown request is never larger. */
  memoryGrowthMax?: Bytes;
}

/** What an attempt takes of its worker. Other names are whole units of a resource that workers name. */
export type Resources = {
  /** Slots. */
  slots?: number;
  /** Cores, to three decimals. */
  cpu?: number;
  /** Reserved for it. */
  memory?: Bytes;
  /** Labels its worker must have, with exactly these values. */
  labels?: Record<string, string>;
  [name: string]: number | Bytes | Record<string, string> | undefined;
};

/** A job, and what is waited for in it. */
export interface Dependency {
  id: JobID;
  on?: DependencyCondition;
}

/** One such job at a time. `true`: by type, queue and payload, while it is unfinished. */
export type Unique = boolean | UniqueRule;

/** For so many seconds. */
export interface UniqueRuleWhile {
  for: number;
}

/** It replaces the other one, and starts when none has come for so many seconds. */
export interface UniqueRuleOnConflict {
  debounce: number;
  /** No later than so long after the first one. */
  max?: number;
}

/** What makes jobs the same, for how long, and what happens then. */
export interface UniqueRule {
  /** Jobs that are the same in these are the same. */
  by?: string[];
  while?: UniqueScope | UniqueRuleWhile;
  onConflict?: UniqueConflict | UniqueRuleOnConflict;
}

/** After so many seconds. */
export interface JobDefaultsPreemptible {
  minRun: number;
}

/** What a job may say of itself that a job type can have defaults for. */
export interface JobDefaults {
  /** 9 comes first; 5 when left out. */
  priority?: Priority;
  /** `default` when left out. */
  queue?: Tag;
  /** Seconds of one attempt, to 86400 (jobs.timeout_max). */
  timeout?: number;
  /** Seconds after which an attempt is told to come to its end; below `timeout`. */
  softTimeout?: number;
  /** Another name of `maxRetries`. */
  retryCount?: number;
  /** Attempts after the first one, to 100 (jobs.retries_max); 3 when left out. */
  maxRetries?: number;
  retryPolicy?: RetryPolicy;
  resources?: Resources;
  /** The versions of its type that it may run on, as `^1.2` or `>=1.2 <3`. */
  typeVersion?: string;
  /** Jobs of a queue with the same key share its limits per key. An object names the value at a path in the payload. */
  concurrencyKey?: Tag | PayloadPath;
  /** `true`: attempts may be stopped for a more urgent job after `jobs.preemption_min_run`; an object says after how many seconds. */
  preemptible?: boolean | JobDefaultsPreemptible;
  durability?: Durability;
}

/** After so many seconds. */
export interface JobSettingsPreemptible {
  minRun: number;
}

/** What a job may say of itself besides its type, its payload and what it waits for. */
export interface JobSettings {
  /** 9 comes first; 5 when left out. */
  priority?: Priority;
  /** `default` when left out. */
  queue?: Tag;
  /** Seconds of one attempt, to 86400 (jobs.timeout_max). */
  timeout?: number;
  /** Seconds after which an attempt is told to come to its end; below `timeout`. */
  softTimeout?: number;
  /** Another name of `maxRetries`. */
  retryCount?: number;
  /** Attempts after the first one, to 100 (jobs.retries_max); 3 when left out. */
  maxRetries?: number;
  retryPolicy?: RetryPolicy;
  resources?: Resources;
  /** The versions of its type that it may run on, as `^1.2` or `>=1.2 <3`. */
  typeVersion?: string;
  /** Jobs of a queue with the same key share its limits per key. An object names the value at a path in the payload. */
  concurrencyKey?: Tag | PayloadPath;
  /** `true`: attempts may be stopped for a more urgent job after `jobs.preemption_min_run`; an object says after how many seconds. */
  preemptible?: boolean | JobSettingsPreemptible;
  durability?: Durability;
  /** Earliest start. */
  scheduleAt?: TimeInput;
  /** Latest start: later than now and than `scheduleAt`. */
  deadline?: TimeInput;
  /** Wanted end. The latest start is that time less the mean run time of its type. */
  finishBy?: TimeInput;
  onMiss?: OnMiss;
  /** Each once, to 16 (jobs.tags_max). */
  tags?: Tag[];
  unique?: Unique;
  /** It may take the place of a job of lower priority, where its queue allows that. */
  preempts?: boolean;
  /** `true`: it does not start before it is released. */
  held?: boolean;
}

/** After so many seconds. */
export interface JobBodyPreemptible {
  minRun: number;
}

/** A job but for what it waits for. */
export interface JobBody {
  /** 9 comes first; 5 when left out. */
  priority?: Priority;
  /** `default` when left out. */
  queue?: Tag;
  /** Seconds of one attempt, to 86400 (jobs.timeout_max). */
  timeout?: number;
  /** Seconds after which an attempt is told to come to its end; below `timeout`. */
  softTimeout?: number;
  /** Another name of `maxRetries`. */
  retryCount?: number;
  /** Attempts after the first one, to 100 (jobs.retries_max); 3 when left out. */
  maxRetries?: number;
  retryPolicy?: RetryPolicy;
  resources?: Resources;
  /** The versions of its type that it may run on, as `^1.2` or `>=1.2 <3`. */
  typeVersion?: string;
  /** Jobs of a queue with the same key share its limits per key. An object names the value at a path in the payload. */
  concurrencyKey?: Tag | PayloadPath;
  /** `true`: attempts may be stopped for a more urgent job after `jobs.preemption_min_run`; an object says after how many seconds. */
  preemptible?: boolean | JobBodyPreemptible;
  durability?: Durability;
  /** Earliest start. */
  scheduleAt?: TimeInput;
  /** Latest start: later than now and than `scheduleAt`. */
  deadline?: TimeInput;
  /** Wanted end. The latest start is that time less the mean run time of its type. */
  finishBy?: TimeInput;
  onMiss?: OnMiss;
  /** Each once, to 16 (jobs.tags_max). */
  tags?: Tag[];
  unique?: Unique;
  /** It may take the place of a job of lower priority, where its queue allows that. */
  preempts?: boolean;
  /** `true`: it does not start before it is released. */
  held?: boolean;
  /** A known job type. */
  jobType: string;
  /** What the job is to do: any JSON value that follows the schema of its type; `{}` when left out. */
  payload?: unknown;
}

/** After so many seconds. */
export interface JobSubmitPreemptible {
  minRun: number;
}

/** A job to run. */
export interface JobSubmit {
  /** 9 comes first; 5 when left out. */
  priority?: Priority;
  /** `default` when left out. */
  queue?: Tag;
  /** Seconds of one attempt, to 86400 (jobs.timeout_max). */
  timeout?: number;
  /** Seconds after which an attempt is told to come to its end; below `timeout`. */
  softTimeout?: number;
  /** Another name of `maxRetries`. */
  retryCount?: number;
  /** Attempts after the first one, to 100 (jobs.retries_max); 3 when left out. */
  maxRetries?: number;
  retryPolicy?: RetryPolicy;
  resources?: Resources;
  /** The versions of its type that it may run on, as `^1.2` or `>=1.2 <3`. */
  typeVersion?: string;
  /** Jobs of a queue with the same key share its limits per key. An object names the value at a path in the payload. */
  concurrencyKey?: Tag | PayloadPath;
  /** `true`: attempts may be stopped for a more urgent job after `jobs.preemption_min_run`; an object says after how many seconds. */
  preemptible?: boolean | JobSubmitPreemptible;
  durability?: Durability;
  /** Earliest start. */
  scheduleAt?: TimeInput;
  /** Latest start: later than now and than `scheduleAt`. */
  deadline?: TimeInput;
  /** Wanted end. The latest start is that time less the mean run time of its type. */
  finishBy?: TimeInput;
  onMiss?: OnMiss;
  /** Each once, to 16 (jobs.tags_max). */
  tags?: Tag[];
  unique?: Unique;
  /** It may take the place of a job of lower priority, where its queue allows that. */
  preempts?: boolean;
  /** `true`: it does not start before it is released. */
  held?: boolean;
  /** A known job type. */
  jobType: string;
  /** What the job is to do: any JSON value that follows the schema of its type; `{}` when left out. */
  payload?: unknown;
  /** Jobs it waits for, to 1000 (jobs.dependencies_max). */
  dependencies?: (JobID | Dependency)[];
  dependencyRule?: DependencyRule;
  /** The job is accepted once under this key. */
  idempotencyKey?: Tag;
  traceparent?: Traceparent;
  tracestate?: Tracestate;
}

/** The trace that the job belongs to, as W3C Trace Context has it; the header of the request counts when it is left out. */
export type Traceparent = string;

/** Handed on with the trace, as it came. */
export type Tracestate = string;

/** A job of the same batch: `#0` is the first. */
export type BatchPosition = string;

/** After so many seconds. */
export interface BatchJobPreemptible {
  minRun: number;
}

/** A job, and what is waited for in it. */
export interface BatchJobDependenciesItem {
  id: JobID | BatchPosition;
  on?: DependencyCondition;
}

/** A job of a batch. */
export interface BatchJob {
  /** 9 comes first; 5 when left out. */
  priority?: Priority;
  /** `default` when left out. */
  queue?: Tag;
  /** Seconds of one attempt, to 86400 (jobs.timeout_max). */
  timeout?: number;
  /** Seconds after which an attempt is told to come to its end; below `timeout`. */
  softTimeout?: number;
  /** Another name of `maxRetries`. */
  retryCount?: number;
  /** Attempts after the first one, to 100 (jobs.retries_max); 3 when left out. */
  maxRetries?: number;
  retryPolicy?: RetryPolicy;
  resources?: Resources;
  /** The versions of its type that it may run on, as `^1.2` or `>=1.2 <3`. */
  typeVersion?: string;
  /** Jobs of a queue with the same key share its limits per key. An object names the value at a path in the payload. */
  concurrencyKey?: Tag | PayloadPath;
  /** `true`: attempts may be stopped for a more urgent job after `jobs.preemption_min_run`; an object says after how many seconds. */
  preemptible?: boolean | BatchJobPreemptible;
  durability?: Durability;
  /** Earliest start. */
  scheduleAt?: TimeInput;
  /** Latest start: later than now and than `scheduleAt`. */
  deadline?: TimeInput;
  /** Wanted end. The latest start is that time less the mean run time of its type. */
  finishBy?: TimeInput;
  onMiss?: OnMiss;
  /** Each once, to 16 (jobs.tags_max). */
  tags?: Tag[];
  unique?: Unique;
  /** It may take the place of a job of lower priority, where its queue allows that. */
  preempts?: boolean;
  /** `true`: it does not start before it is released. */
  held?: boolean;
  /** A known job type. */
  jobType: string;
  /** What the job is to do: any JSON value that follows the schema of its type; `{}` when left out. */
  payload?: unknown;
  /** Jobs it waits for. */
  dependencies?: (JobID | BatchPosition | BatchJobDependenciesItem)[];
  dependencyRule?: DependencyRule;
  /** The job is accepted once under this key. */
  idempotencyKey?: Tag;
  traceparent?: Traceparent;
  tracestate?: Tracestate;
}

/** With a word on whether it is all or none. */
export interface BatchInside {
  /** All jobs are accepted, or none. */
  atomic?: boolean;
  jobs: BatchJob[];
}

/** Jobs to run, to 10,000 (jobs.batch_jobs_max). */
export type Batch = BatchJob[] | BatchInside;

/** What is changed; at least one member. */
export interface JobPatch {
  priority?: Priority;
  scheduleAt?: TimeInput;
  deadline?: TimeInput;
  /** Holds or releases it. */
  held?: boolean;
  /** Why it is held, to 1024 bytes. */
  reason?: string;
}

/** Why. */
export interface Reason {
  /** To 1024 bytes; kept in the history. */
  reason?: string;
}
