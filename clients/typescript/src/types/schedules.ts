// Written by clients/generate.py. Change http/openapi/ and run it again.
import type { CatchUp, Count, DependencyRule, Durability, JobID, Name, NextCursor, OnMiss, Overlap, Priority, Tag, Time, TimeInput } from "./basic.js";
import type { ShownDependency, ShownForEach, ShownPolicy, ShownResources, ShownUnique, TemplateOrigin } from "./job.js";
import type { PayloadPath, Resources, RetryPolicy, Traceparent, Tracestate } from "./submit.js";

/** When it fires, and by which rules. */
export interface ScheduleRules {
  /** Five or six fields, or `@daily` and its like. */
  cron?: string;
  /** Seconds. */
  every?: number;
  at?: TimeInput;
  /** Only with `every`. */
  anchor?: TimeInput;
  /** Only with `cron`: a name of the IANA database. */
  timeZone?: string;
  startAt?: TimeInput;
  endAt?: TimeInput;
  /** Seconds (schedules.jitter_max). */
  jitter?: number;
  catchUp?: CatchUp;
  /** Only with catchUp `all` (schedules.catch_up_max). */
  catchUpMax?: number;
  overlap?: Overlap;
  /** Seconds, longer than `jitter`. */
  startWithin?: number;
}

/** After so many seconds. */
export interface ScheduledJobSubmitPreemptible {
  minRun: number;
}

/** The job of a schedule. */
export interface ScheduledJobSubmit {
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
  preemptible?: boolean | ScheduledJobSubmitPreemptible;
  durability?: Durability;
  onMiss?: OnMiss;
  /** Each once, to 16 (jobs.tags_max). */
  tags?: Tag[];
  /** It may take the place of a job of lower priority, where its queue allows that. */
  preempts?: boolean;
  /** `true`: it does not start before it is released. */
  held?: boolean;
  /** A known job type. */
  jobType: string;
  /** What the job is to do: any JSON value that follows the schema of its type; `{}` when left out. */
  payload?: unknown;
}

/** The template that makes the job. */
export interface ScheduleTemplate {
  name: Name;
  version?: number;
  parameters?: Record<string, unknown>;
  overrides?: Record<string, unknown>;
}

/** A schedule: exactly one of `cron`, `every`, `at`; `job` or `template`. */
export interface ScheduleDefinition {
  /** Five or six fields, or `@daily` and its like. */
  cron?: string;
  /** Seconds. */
  every?: number;
  at?: TimeInput;
  /** Only with `every`. */
  anchor?: TimeInput;
  /** Only with `cron`: a name of the IANA database. */
  timeZone?: string;
  startAt?: TimeInput;
  endAt?: TimeInput;
  /** Seconds (schedules.jitter_max). */
  jitter?: number;
  catchUp?: CatchUp;
  /** Only with catchUp `all` (schedules.catch_up_max). */
  catchUpMax?: number;
  overlap?: Overlap;
  /** Seconds, longer than `jitter`. */
  startWithin?: number;
  name?: Name;
  job?: ScheduledJobSubmit;
  template?: ScheduleTemplate;
}

/** As a schedule; `name` and `job` may be missing. */
export interface SchedulePreview {
  /** Five or six fields, or `@daily` and its like. */
  cron?: string;
  /** Seconds. */
  every?: number;
  at?: TimeInput;
  /** Only with `every`. */
  anchor?: TimeInput;
  /** Only with `cron`: a name of the IANA database. */
  timeZone?: string;
  startAt?: TimeInput;
  endAt?: TimeInput;
  /** Seconds (schedules.jitter_max). */
  jitter?: number;
  catchUp?: CatchUp;
  /** Only with catchUp `all` (schedules.catch_up_max). */
  catchUpMax?: number;
  overlap?: Overlap;
  /** Seconds, longer than `jitter`. */
  startWithin?: number;
  name?: Name;
  job?: ScheduledJobSubmit;
  /** Fire times to show; 5 when left out. */
  count?: number;
  from?: TimeInput;
}

/** Its attempts may be stopped after so many seconds. */
export interface ScheduledJobPreemptible {
  minRun: number;
}

/** The job of a schedule, with defaults filled in. */
export interface ScheduledJob {
  /** As it was submitted, but for what is redacted; left out in lists. */
  payload?: unknown;
  maxRetries: number;
  /** Seconds. */
  timeout: number;
  /** Seconds. */
  softTimeout?: number;
  /** Objects when there is a condition or a rule. */
  dependencies?: (JobID | ShownDependency)[];
  dependencyRule?: DependencyRule;
  queue: string;
  tags: string[];
  deadline?: Time;
  onMiss?: OnMiss;
  finishBy?: Time;
  idempotencyKey?: string;
  unique?: ShownUnique;
  forEach?: ShownForEach;
  concurrencyKey?: string;
  preempts?: boolean;
  /** Its attempts may be stopped after so many seconds. */
  preemptible?: ScheduledJobPreemptible;
  /** `true` when somebody holds it. */
  held?: boolean;
  heldSince?: Time;
  holdReason?: string;
  traceparent?: Traceparent;
  tracestate?: Tracestate;
  durability: Durability;
  retryPolicy: ShownPolicy;
  resources: ShownResources;
  typeVersion?: string;
  jobType: string;
  priority: Priority;
}

/** A version of a schedule. */
export interface ScheduleText {
  /** Five or six fields, or `@daily` and its like. */
  cron?: string;
  /** Seconds. */
  every?: number;
  at?: TimeInput;
  /** Only with `every`. */
  anchor?: TimeInput;
  /** Only with `cron`: a name of the IANA database. */
  timeZone?: string;
  startAt?: TimeInput;
  endAt?: TimeInput;
  /** Seconds (schedules.jitter_max). */
  jitter: number;
  catchUp: CatchUp;
  /** Only with catchUp `all` (schedules.catch_up_max). */
  catchUpMax?: number;
  overlap: Overlap;
  /** Seconds, longer than `jitter`. */
  startWithin?: number;
  name: Name;
  version: number;
  changedAt: Time;
  template?: TemplateOrigin;
  job: ScheduledJob;
  /** Why it does not fire on this machine. */
  fault?: string;
}

/** A version of a schedule. */
export interface ScheduleVersion {
  /** Five or six fields, or `@daily` and its like. */
  cron?: string;
  /** Seconds. */
  every?: number;
  at?: TimeInput;
  /** Only with `every`. */
  anchor?: TimeInput;
  /** Only with `cron`: a name of the IANA database. */
  timeZone?: string;
  startAt?: TimeInput;
  endAt?: TimeInput;
  /** Seconds (schedules.jitter_max). */
  jitter: number;
  catchUp: CatchUp;
  /** Only with catchUp `all` (schedules.catch_up_max). */
  catchUpMax?: number;
  overlap: Overlap;
  /** Seconds, longer than `jitter`. */
  startWithin?: number;
  name: Name;
  version: number;
  changedAt: Time;
  template?: TemplateOrigin;
  job: ScheduledJob;
  /** Why it does not fire on this machine. */
  fault?: string;
}

/** All versions that are kept, latest first. */
export interface ScheduleVersions {
  versions: ScheduleVersion[];
}

/** A schedule, and where it stands. */
export interface Schedule {
  /** Five or six fields, or `@daily` and its like. */
  cron?: string;
  /** Seconds. */
  every?: number;
  at?: TimeInput;
  /** Only with `every`. */
  anchor?: TimeInput;
  /** Only with `cron`: a name of the IANA database. */
  timeZone?: string;
  startAt?: TimeInput;
  endAt?: TimeInput;
  /** Seconds (schedules.jitter_max). */
  jitter: number;
  catchUp: CatchUp;
  /** Only with catchUp `all` (schedules.catch_up_max). */
  catchUpMax?: number;
  overlap: Overlap;
  /** Seconds, longer than `jitter`. */
  startWithin?: number;
  name: Name;
  version: number;
  changedAt: Time;
  template?: TemplateOrigin;
  job: ScheduledJob;
  /** Why it does not fire on this machine. */
  fault?: string;
  paused: boolean;
  /** Its next fire times. */
  next: Time[];
  /** What the clocks of its zone show then. */
  local?: string[];
  /** A fire time that waits for unfinished jobs. */
  waiting?: Time;
  lastFire?: Time;
  lastJobID?: JobID;
  fired: Count;
  missed: Count;
  skipped: Count;
  /** Its jobs that have not ended. */
  unfinished: Count;
  /** Why the last job could not be submitted. */
  trouble?: string;
}

/** Schedules by name, without payloads. */
export interface SchedulePage {
  schedules: Schedule[];
  count: Count;
  next: NextCursor;
}

/** When it would fire. */
export interface FireTimes {
  next: Time[];
  /** What the clocks of its zone show then. */
  local?: string[];
  count: Count;
}
