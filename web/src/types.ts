/** What the REST interface answers, as far as the page uses it; docs/api.md has all of it. */

export const statuses = ["queued", "scheduled", "running", "retrying", "completed", "failed", "cancelled"] as const;
export type Status = (typeof statuses)[number];
export const liveStatuses: readonly Status[] = ["queued", "scheduled", "running", "retrying"];

export interface JobError {
  code: string;
  message: string;
  timestamp: string;
}
export interface HistoryEntry {
  status: Status;
  at: string;
  attempt: number;
  workerID?: string;
  reason?: string;
}
export type Dependency = string | { id: string; on: string; ended?: string };
export interface Job {
  id: string;
  type: string;
  priority: number;
  status: Status;
  scheduleAt: string;
  createdAt: string;
  startedAt?: string;
  completedAt?: string;
  retryCount: number;
  maxRetries: number;
  timeout: number;
  queue: string;
  tags: string[];
  dependencies: Dependency[];
  deadline?: string;
  finishBy?: string;
  concurrencyKey?: string;
  held?: boolean;
  heldSince?: string;
  holdReason?: string;
  durability: string;
  retryPolicy: Record<string, unknown>;
  resources: Record<string, unknown>;
  attempt: number;
  lossCount: number;
  nextAttemptAt?: string;
  workerID?: string;
  progress?: { percent: number; message: string };
  usage?: { cpuSeconds: number; peakMemoryBytes: number; runSeconds: number };
  workflow?: { id: string; name: string; key: string; index?: number };
  schedule?: { name: string; version: number; fireTime: string; byHand?: boolean };
  template?: { name: string; version: number };
  error?: JobError;
  payload?: unknown;
  result?: unknown;
  checkpoint?: unknown;
  history?: HistoryEntry[];
}
export interface JobCounts {
  byStatus: Record<Status, number>;
  counted: number;
  complete: boolean;
}
export interface JobPage {
  jobs: Job[];
  count: number;
  next: string | null;
}
export interface Reason {
  code: string;
  text: string;
  jobs?: string[];
  until?: string;
  since?: string;
  worker?: string;
}
export interface Explanation {
  jobID: string;
  status: Status;
  ahead?: number;
  projectedStart?: string;
  reasons: Reason[];
}

export interface Latency {
  count: number;
  meanMs: number;
  p50Ms: number;
  p90Ms: number;
  p99Ms: number;
  maxMs: number;
}
export interface JobMetrics {
  takenAt: string;
  startedAt: string;
  byStatus: Record<Status, number>;
  submitted: number;
  started: number;
  completed: number;
  failed: number;
  cancelled: number;
  retried: number;
  lost: number;
  successRate: number;
  submittedPerSecond: number;
  finishedPerSecond: number;
  submitTime: Latency;
  waitTime: Latency;
  runTime: Latency;
  settleTime: Latency;
  types: Record<string, { completed: number; failed: number; retried: number; cancelled: number; runTime: Latency }>;
  storeWritable: boolean;
}
export interface Health {
  status: string;
  ready: boolean;
  version: string;
  startedAt: string;
  components: { name: string; ok: boolean; detail: string }[];
}

export interface Rate {
  jobs: number;
  per: number;
  burst: number;
}
export interface Queue {
  name: string;
  paused: boolean;
  concurrency: number | null;
  rate: Rate | null;
  weight: number;
  waitingMax: number | null;
  waitingBytesMax: number | null;
  underWay: number;
  held: string | null;
  ready: number;
  waiting: number;
  running: number;
  retrying: number;
  keys: number;
  oldestReady?: string;
  lastProcessed?: string;
  failuresSinceStart?: number;
}

export interface Worker {
  id: string;
  status: string;
  suspect: boolean;
  local: boolean;
  capacity: number;
  currentJobs: number;
  prefetched: number;
  lastHeartbeat: string;
  createdAt: string;
  pid: number;
  host: string;
  types: string[];
  restarts: number;
  completed: number;
  failed: number;
  lost: number;
  draining: boolean;
  loadPercent: number;
  breaker: { state: string; trips: number };
  labels: Record<string, string>;
  resources: { offered: Record<string, number>; taken: Record<string, number> };
  running?: string[];
}
export interface WorkerMetrics {
  total: number;
  capacity: number;
  currentJobs: number;
  utilization: number;
  suspect: number;
  scaling: { desired: number; actual: number; automatic: boolean; min?: number; max?: number; reason: string };
  workers: Worker[];
}

export interface Schedule {
  name: string;
  version: number;
  changedAt: string;
  cron?: string;
  timeZone?: string;
  every?: number;
  at?: string;
  overlap: string;
  catchUp: string;
  job: { jobType: string; queue: string; priority: number };
  paused: boolean;
  next: string[];
  local?: string[];
  lastFire?: string;
  lastJobID?: string;
  fired: number;
  missed: number;
  skipped: number;
  unfinished: number;
  trouble?: string;
  fault?: string;
}

export interface Progress {
  total: number;
  completed: number;
  skipped: number;
  failed: number;
  cancelled: number;
  running: number;
  waiting: number;
}
export interface Workflow {
  id: string;
  name: string;
  createdAt: string;
  completedAt?: string;
  state: string;
  paused?: boolean;
  progress: Progress;
  result?: Record<string, unknown>;
}
export interface GraphNode {
  key: string;
  id?: string;
  status: Status;
  duration?: number;
  elements?: { total: number };
  /** Shown in place of the status: it is not a job yet. */
  note?: string;
}
export interface Graph {
  id: string;
  name: string;
  state: string;
  nodes: GraphNode[];
  edges: { from: string; to: string; on: string }[];
  criticalPath: string[];
  criticalPathDuration: number;
}

export interface ActorLine {
  name: string;
  parent: string;
  node?: string;
  alive: boolean;
  mailbox: number;
  handled: number;
  perSecond: number;
  longestTurnMs: number;
  restarts: number;
  lastReason?: string;
}

/** A JSON Schema of draft 7, as far as a form is made from it. */
export interface Schema {
  type?: string | string[];
  title?: string;
  description?: string;
  required?: string[];
  properties?: Record<string, Schema>;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  items?: Schema;
}
export interface TypeSchema {
  type: string;
  version?: string;
  summary?: string;
  schema: Schema | null;
}
export interface DeadGroup {
  type: string;
  code: string;
  count: number;
  latest?: string;
}
export interface BulkAnswer {
  matched: number;
  changed: number;
  refusedCount: number;
  refused: { jobID: string; error: { code: string; message: string } }[];
  next?: string;
  stopped?: { code: string; message: string };
}

export interface AuditRecord {
  sequence: number;
  at: string;
  act: string;
  target: string;
  actor: { address: string; userAgent?: string; claimedBy?: string };
  request?: unknown;
  before?: unknown;
  after?: unknown;
  outcome?: { status: number; code?: string };
  hash: string;
}
export interface AuditPage {
  records: AuditRecord[];
  damaged?: number;
  next: string | null;
}
