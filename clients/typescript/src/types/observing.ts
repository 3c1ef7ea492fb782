// Written by clients/generate.py. Change http/openapi/ and run it again.
import type { AuditHash } from "./audit.js";
import type { Count, EventKind, JobID, JobStatus, Time, WorkerStatus } from "./basic.js";
import type { Worker } from "./workers.js";

/** Times as percentiles. */
export interface Latency {
  count: Count;
  meanMs: number;
  p50Ms: number;
  p90Ms: number;
  p99Ms: number;
  p999Ms: number;
  maxMs: number;
}

/** What attempts have used. */
export interface UsageTotal {
  attempts: Count;
  cpuSeconds: number;
  runSeconds: number;
  memoryByteSeconds: number;
  /** By the settings [prices]. */
  cost: number;
}

/** Numbers of jobs by status. */
export type JobCounts = Record<JobStatus, Count>;

/** How many of the jobs that match have which status. */
export interface CountedJobs {
  byStatus: JobCounts;
  counted: Count;
  /** All that match were counted. */
  complete: boolean;
}

/** Of its own kind; times and sizes are texts with their units. */
export type SettingValue = boolean | number | string | string[];

/** Where the value comes from. */
export interface SettingOrigin {
  kind: "default" | "file" | "environment" | "flag";
  /** File and line, the variable, or the flag. */
  place?: string;
}

/** A setting of the scheduler that runs. A secret has `secret` and `set` in place of `value` and `default`. */
export interface Setting {
  /** As in the file and in `--set`. */
  name: string;
  section: string;
  kind: "flag" | "count" | "bytes" | "time" | "text" | "choice" | "list" | "address" | "url";
  value?: SettingValue;
  default?: SettingValue;
  secret?: true;
  /** Whether the secret has a value. */
  set?: boolean;
  /** What is counted. */
  unit?: string;
  /** In words. */
  allowed: string;
  /** The value is not the default. */
  changed: boolean;
  /** Where the value comes from. */
  origin: SettingOrigin;
  /** What it is for. */
  sentence: string;
}

/** A section of settings. */
export interface SettingsSectionsItem {
  name: string;
  /** What it is about. */
  sentence: string;
}

/** All settings, in the order of the documentation. */
export interface Settings {
  settings: Setting[];
  sections: SettingsSectionsItem[];
  count: Count;
}

/** Numbers of a job type. */
export interface TypeMetrics {
  completed: Count;
  failed: Count;
  retried: Count;
  cancelled: Count;
  runTime: Latency;
}

/** Sums. */
export interface JobMetricsUsage {
  total: UsageTotal;
  types: Record<string, UsageTotal>;
  queues: Record<string, UsageTotal>;
  tags: Record<string, UsageTotal>;
}

/** Numbers since the start of the scheduler. */
export interface JobMetrics {
  takenAt: Time;
  startedAt: Time;
  byStatus: JobCounts;
  submitted: Count;
  started: Count;
  completed: Count;
  failed: Count;
  cancelled: Count;
  retried: Count;
  lost: Count;
  returned: Count;
  deadlineMissed: Count;
  preempted: Count;
  shed: Count;
  checkpoints: Count;
  cacheHits: Count;
  staleRefused: Count;
  duplicates: Count;
  rejected: Count;
  commits: Count;
  committedRecords: Count;
  clockSteps: Count;
  nodeMessagesRefused: Count;
  logLinesDropped: Count;
  jobActors: Count;
  requestsOutstanding: Count;
  requestBodyBytes: Count;
  requestsWithoutRoom: Count;
  successRate: number;
  submittedPerSecond: number;
  finishedPerSecond: number;
  submitTime: Latency;
  dispatchTime: Latency;
  deliverTime: Latency;
  waitTime: Latency;
  runTime: Latency;
  settleTime: Latency;
  commitTime: Latency;
  types: Record<string, TypeMetrics>;
  /** Sums. */
  usage: JobMetricsUsage;
  storeWritable: boolean;
}

/** How many are wanted, and why. */
export interface WorkerMetricsScaling {
  desired: Count;
  actual: Count;
  /** The number follows the queue. */
  automatic: boolean;
  min?: Count;
  max?: Count;
  reason: string;
}

/** Numbers of all workers. */
export interface WorkerMetrics {
  total: Count;
  byStatus: Record<WorkerStatus, Count>;
  suspect: Count;
  capacity: Count;
  currentJobs: Count;
  utilization: number;
  completed: Count;
  failed: Count;
  lost: Count;
  restarts: Count;
  /** How many are wanted, and why. */
  scaling: WorkerMetricsScaling;
  workers: Worker[];
}

/** A queue. */
export interface QueueStatus {
  name: string;
  ready: Count;
  waiting: Count;
  running: Count;
  retrying: Count;
  held: Count;
  readyByPriority: Count[];
  oldestReady?: Time;
  lastProcessed: Time;
}

/** The whole at a glance. */
export interface Status {
  version: string;
  startedAt: Time;
  jobs: JobCounts;
  queues: QueueStatus[];
  workers: Worker[];
  workersDesired: Count;
}

/** A part. */
export interface HealthComponentsItem {
  name: string;
  ok: boolean;
  detail: string;
}

/** How the audit log is; without one it is left out. */
export interface HealthAudit {
  ok: boolean;
  sequence: Count;
  hash: AuditHash;
  warnings: string[];
}

/** Whether it takes work, by component. */
export interface Health {
  status: "ready" | "not_ready" | "failed";
  live: boolean;
  ready: boolean;
  version: string;
  startedAt: Time;
  components: HealthComponentsItem[];
  /** How the audit log is; without one it is left out. */
  audit?: HealthAudit;
}

/** All endpoints. */
export interface Index {
  name: string;
  version: string;
  endpoints: string[];
}

/** BOOT-NUMBER. */
export type EventID = string;

/** What happened. Pass over kinds that you do not know. */
export interface Event {
  id: EventID;
  kind: EventKind;
  at?: Time;
  jobID?: JobID;
  status?: JobStatus;
  attempt?: number;
  percent?: number;
  type?: string;
  queue?: string;
  workflow?: string;
  worker?: string;
  /** Of a schedule, a template or a concurrency key. */
  name?: string;
  code?: string;
  /** For people; cut after 200 bytes. */
  reason?: string;
}
