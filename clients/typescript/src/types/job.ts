// Written by clients/generate.py. Change http/openapi/ and run it again.
import type { BackoffKind, Count, DependencyCondition, DependencyRule, Durability, JobID, JobStatus, Name, NextCursor, OnMiss, Priority, Time, UniqueConflict, UniqueScope, WorkflowID } from "./basic.js";
import type { ItemError } from "./errors.js";
import type { Traceparent, Tracestate } from "./submit.js";

/** The template that made it. */
export interface TemplateOrigin {
  name: Name;
  version: number;
}

/** Why an attempt failed, or why the job was cancelled. */
export interface JobError {
  message: string;
  /** Stable; branch on it. */
  code: string;
  timestamp: Time;
}

/** A job it depends on, and what is known of it. */
export interface ShownDependency {
  id: JobID;
  on: DependencyCondition;
  /** How that job had ended when this one was submitted. */
  ended?: "completed" | "failed" | "cancelled" | "skipped";
  /** An attempt of it had begun. */
  began?: boolean;
}

/** Tried again after so many seconds, which costs no retry. */
export interface ShownPolicyOnErrorValue {
  snooze: number;
}

/** When it is tried again. */
export interface ShownPolicy {
  kind: BackoffKind;
  baseSeconds: number;
  capSeconds: number;
  jitter: boolean;
  memoryGrowthPercent?: number;
  memoryGrowthMax?: number;
  /** What failures with this code lead to; a code may end in `*`. */
  onError?: Record<string, "retry" | "fail" | ShownPolicyOnErrorValue>;
  totalSeconds?: number;
}

/** What an attempt takes of its worker. */
export type ShownResources = {
  slots: number;
  cpu?: number;
  memory?: number;
  labels?: Record<string, string>;
  [name: string]: number | Record<string, string> | undefined;
};

/** For so many seconds. */
export interface ShownUniqueWhile {
  for: number;
}

/** It replaces the other one, and starts when none has come for so many seconds. */
export interface ShownUniqueOnConflict {
  debounce: number;
  max?: number;
}

/** What makes the job unique. */
export interface ShownUnique {
  /** The key, or a mark in its place when it is redacted. */
  key: string;
  while: UniqueScope | ShownUniqueWhile;
  onConflict?: UniqueConflict | ShownUniqueOnConflict;
  /** When the first of those came that it has replaced. */
  since?: Time;
}

/** Of a fan-out job. */
export interface ShownForEach {
  /** The array. */
  over: string;
  max: number;
  collect: boolean;
  rule: DependencyRule;
  /** How many elements there were. */
  count?: number;
}

/** Its attempts may be stopped after so many seconds. */
export interface ShownSettingsPreemptible {
  minRun: number;
}

/** What was asked for, with defaults filled in. */
export interface ShownSettings {
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
  preemptible?: ShownSettingsPreemptible;
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
}

/** A step in the life of a job. */
export interface HistoryEntry {
  status: JobStatus;
  at: Time;
  attempt: number;
  workerID?: string;
  reason?: string;
}

/** What its attempts have used. */
export interface Usage {
  cpuSeconds: number;
  peakMemoryBytes: number;
  runSeconds: number;
}

/** Its attempts may be stopped after so many seconds. */
export interface JobPreemptible {
  minRun: number;
}

/** The schedule that submitted it. */
export interface JobSchedule {
  name: Name;
  version: number;
  fireTime: Time;
  byHand?: boolean;
}

/** The workflow it belongs to. */
export interface JobWorkflow {
  id: WorkflowID;
  name: string;
  key: string;
  /** Of an element of a fan-out. */
  index?: number;
}

/** How far the attempt is. */
export interface JobProgress {
  percent: number;
  message: string;
}

/** A job as it is now. */
export interface Job {
  /** As it was submitted, but for what is redacted; left out in lists. */
  payload?: unknown;
  maxRetries: number;
  /** Seconds. */
  timeout: number;
  /** Seconds. */
  softTimeout?: number;
  /** Objects when there is a condition or a rule. */
  dependencies: (JobID | ShownDependency)[];
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
  preemptible?: JobPreemptible;
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
  id: JobID;
  type: string;
  priority: Priority;
  status: JobStatus;
  scheduleAt: Time;
  createdAt: Time;
  startedAt?: Time;
  /** When it ended, however. */
  completedAt?: Time;
  /** Retries charged so far. */
  retryCount: number;
  /** The schedule that submitted it. */
  schedule?: JobSchedule;
  /** The workflow it belongs to. */
  workflow?: JobWorkflow;
  template?: TemplateOrigin;
  /** The number of the latest attempt. */
  attempt: number;
  /** Attempts that were lost with their worker. */
  lossCount: number;
  usage?: Usage;
  nextAttemptAt?: Time;
  workerID?: string;
  /** A number of 64 bits as a text; it grows with each attempt. */
  fence?: string;
  /** How far the attempt is. */
  progress?: JobProgress;
  error?: JobError;
  /** The job whose result was used again. */
  cachedFrom?: JobID;
  /** What its handler gave back. */
  result?: unknown;
  /** What it saved to go on from. */
  checkpoint?: unknown;
  /** Only at `/history`. */
  history?: HistoryEntry[];
}

/** Jobs, newest first. */
export interface JobPage {
  jobs: Job[];
  count: Count;
  next: NextCursor;
}

/** The last lines that an attempt has logged. */
export interface JobLogs {
  id: JobID;
  status: JobStatus;
  /** Whose lines they are. */
  attempt: number;
  /** Number of the first line here; an attempt's first line is 0. */
  first: number;
  /** Number of the line that comes next. */
  next: number;
  lines: string[];
}

/** Why a job waits, or what it does. */
export interface WaitReason {
  /** Stable; docs/api.md lists them, and more may come. */
  code: string;
  /** A sentence for people. */
  text: string;
  /** The jobs it is about, to 20. */
  jobs?: JobID[];
  until?: Time;
  since?: Time;
  worker?: string;
}

/** All reasons that hold at this moment. */
export interface Explanation {
  jobID: JobID;
  status: JobStatus;
  /** Ready jobs of its queue that come before it. */
  ahead?: number;
  /** An estimate. */
  projectedStart?: Time;
  reasons: WaitReason[];
}

/** A job that was accepted. */
export interface Submitted {
  jobID: JobID;
  status: JobStatus;
  priority: Priority;
  createdAt: Time;
  scheduledAt: Time;
  estimatedExecutionTime: Time;
  durability: Durability;
  projectedFinish?: Time;
  /** It existed already. */
  duplicate?: boolean;
  template?: TemplateOrigin;
}

/** It was refused. */
export interface BatchAnswerItemsItem {
  error: ItemError;
}

/** What became of each job, in the order of the batch. */
export interface BatchAnswer {
  items: (Submitted | BatchAnswerItemsItem)[];
  accepted: Count;
  rejected: Count;
}
