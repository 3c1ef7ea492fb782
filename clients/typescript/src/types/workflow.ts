// Written by clients/generate.py. Change http/openapi/ and run it again.
import type { Count, DependencyCondition, DependencyRule, Durability, JobID, JobStatus, NextCursor, OnMiss, Priority, Tag, Time, TimeInput, WorkflowID, WorkflowState } from "./basic.js";
import type { JobError, TemplateOrigin } from "./job.js";
import type { PayloadPath, Resources, RetryPolicy, Traceparent, Tracestate, Unique } from "./submit.js";

/** The key of a job in its workflow. */
export type WorkflowKey = string;

/** One job per element of an array in the result of a job before. */
export interface ForEach {
  /** As `${jobs.KEY.result.rows}`. */
  over: string;
  /** Most elements (jobs.fan_out_max). */
  max?: number;
  /** Its result is the array of theirs. */
  collect?: boolean;
  rule?: "all" | "all_done";
}

/** After so many seconds. */
export interface WorkflowJobPreemptible {
  minRun: number;
}

/** A job, and what is waited for in it. */
export interface WorkflowJobDependenciesItem {
  /** A key or an id. */
  id: string;
  on?: DependencyCondition;
}

/** A job of a workflow. */
export interface WorkflowJob {
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
  preemptible?: boolean | WorkflowJobPreemptible;
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
  dependencies?: (string | WorkflowJobDependenciesItem)[];
  dependencyRule?: DependencyRule;
  forEach?: string | ForEach;
  traceparent?: Traceparent;
  tracestate?: Tracestate;
}

/** Jobs that depend on each other, as one. */
export interface WorkflowSubmit {
  name: Tag;
  /** By key. */
  jobs: Record<string, WorkflowJob>;
  idempotencyKey?: Tag;
}

/** A job of it. */
export interface WorkflowAcceptedJobsValue {
  id: JobID;
  status: JobStatus;
  durability: Durability;
}

/** The workflow that was accepted. */
export interface WorkflowAccepted {
  id: WorkflowID;
  name: string;
  jobs: Record<string, WorkflowAcceptedJobsValue>;
  /** It existed already. */
  duplicate?: boolean;
  template?: TemplateOrigin;
}

/** Jobs of a workflow by what became of them. */
export interface Progress {
  total: Count;
  completed: Count;
  skipped: Count;
  failed: Count;
  cancelled: Count;
  running: Count;
  waiting: Count;
}

/** A workflow without its jobs. */
export interface WorkflowHead {
  id: WorkflowID;
  name: string;
  createdAt: Time;
  completedAt?: Time;
  paused?: boolean;
  state: WorkflowState;
  progress: Progress;
}

/** A workflow in a list. */
export interface WorkflowSummary {
  id: WorkflowID;
  name: string;
  createdAt: Time;
  completedAt?: Time;
  paused?: boolean;
  state: WorkflowState;
  progress: Progress;
}

/** With a condition. */
export interface ShownWorkflowJobDependenciesItem {
  id: string;
  on: DependencyCondition;
}

/** A job of a workflow. */
export interface ShownWorkflowJob {
  id: JobID;
  type: string;
  status: JobStatus;
  held?: boolean;
  dependencies: (string | ShownWorkflowJobDependenciesItem)[];
  dependencyRule?: DependencyRule;
  startedAt?: Time;
  completedAt?: Time;
  error?: JobError;
  result?: unknown;
}

/** A workflow with its jobs. */
export interface Workflow {
  id: WorkflowID;
  name: string;
  createdAt: Time;
  completedAt?: Time;
  paused?: boolean;
  state: WorkflowState;
  progress: Progress;
  /** By key, each behind those that it waits for. */
  jobs: Record<string, ShownWorkflowJob>;
  /** Of a completed one: the results of the jobs that no other one waits for. */
  result?: Record<string, unknown>;
  /** Some results are missing: all together are too large. */
  resultsLeftOut?: boolean;
  /** Jobs that this request cancelled. */
  cancelled?: number;
  /** Jobs that this request held. */
  held?: number;
  /** Jobs that this request released. */
  released?: number;
  /** Jobs that this request submitted. */
  retried?: number;
}

/** Workflows, newest first. */
export interface WorkflowPage {
  workflows: WorkflowSummary[];
  count: Count;
  next: NextCursor;
}

/** A job, or many elements of a fan-out job. */
export interface WorkflowGraphNodesItem {
  key: string;
  id?: JobID;
  status: JobStatus;
  /** Seconds. */
  duration?: number;
  elements?: {
  total: Count;
  [name: string]: Count | undefined;
};
}

/** `to` waits for `from`. */
export interface WorkflowGraphEdgesItem {
  from: string;
  to: string;
  on: DependencyCondition;
}

/** What waits for what. */
export interface WorkflowGraph {
  id: WorkflowID;
  name: string;
  state: WorkflowState;
  nodes: WorkflowGraphNodesItem[];
  edges: WorkflowGraphEdgesItem[];
  /** The chain that takes longest. */
  criticalPath: string[];
  /** Seconds. */
  criticalPathDuration: number;
}
