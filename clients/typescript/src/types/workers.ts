// Written by clients/generate.py. Change http/openapi/ and run it again.
import type { BreakerState, Count, JobID, Time, WorkerStatus } from "./basic.js";

/** Its circuit breaker. */
export interface WorkerMembersBreaker {
  state: BreakerState;
  trips: Count;
}

/** What it offers, and what is taken. */
export interface WorkerMembersResources {
  offered: {
  slots: Count;
  cpu: number;
  memory: Count;
  [name: string]: Count | number | undefined;
};
  taken: {
  slots: Count;
  cpu: number;
  memory: Count;
  [name: string]: Count | number | undefined;
};
}

/** A worker. */
export interface WorkerMembers {
  /** Its name. */
  id: string;
  status: WorkerStatus;
  /** Nothing has been heard of it for a while. */
  suspect: boolean;
  /** The scheduler started it. */
  local: boolean;
  /** Slots. */
  capacity: Count;
  currentJobs: Count;
  prefetched: Count;
  lastHeartbeat: Time;
  createdAt: Time;
  pid: number;
  host: string;
  types: string[];
  restarts: Count;
  completed: Count;
  failed: Count;
  lost: Count;
  /** Messages that came too late to count. */
  lateRefused: Count;
  draining: boolean;
  loadPercent: number;
  /** Its circuit breaker. */
  breaker: WorkerMembersBreaker;
  labels: Record<string, string>;
  /** What it offers, and what is taken. */
  resources: WorkerMembersResources;
}

/** Its circuit breaker. */
export interface WorkerBreaker {
  state: BreakerState;
  trips: Count;
}

/** What it offers, and what is taken. */
export interface WorkerResourcesInside {
  offered: {
  slots: Count;
  cpu: number;
  memory: Count;
  [name: string]: Count | number | undefined;
};
  taken: {
  slots: Count;
  cpu: number;
  memory: Count;
  [name: string]: Count | number | undefined;
};
}

/** A worker in a list. */
export interface Worker {
  /** Its name. */
  id: string;
  status: WorkerStatus;
  /** Nothing has been heard of it for a while. */
  suspect: boolean;
  /** The scheduler started it. */
  local: boolean;
  /** Slots. */
  capacity: Count;
  currentJobs: Count;
  prefetched: Count;
  lastHeartbeat: Time;
  createdAt: Time;
  pid: number;
  host: string;
  types: string[];
  restarts: Count;
  completed: Count;
  failed: Count;
  lost: Count;
  /** Messages that came too late to count. */
  lateRefused: Count;
  draining: boolean;
  loadPercent: number;
  /** Its circuit breaker. */
  breaker: WorkerBreaker;
  labels: Record<string, string>;
  /** What it offers, and what is taken. */
  resources: WorkerResourcesInside;
}

/** Its circuit breaker. */
export interface WorkerStatusPageBreaker {
  state: BreakerState;
  trips: Count;
}

/** What it offers, and what is taken. */
export interface WorkerStatusPageResources {
  offered: {
  slots: Count;
  cpu: number;
  memory: Count;
  [name: string]: Count | number | undefined;
};
  taken: {
  slots: Count;
  cpu: number;
  memory: Count;
  [name: string]: Count | number | undefined;
};
}

/** A worker, and the jobs it runs. */
export interface WorkerStatusPage {
  /** Its name. */
  id: string;
  status: WorkerStatus;
  /** Nothing has been heard of it for a while. */
  suspect: boolean;
  /** The scheduler started it. */
  local: boolean;
  /** Slots. */
  capacity: Count;
  currentJobs: Count;
  prefetched: Count;
  lastHeartbeat: Time;
  createdAt: Time;
  pid: number;
  host: string;
  types: string[];
  restarts: Count;
  completed: Count;
  failed: Count;
  lost: Count;
  /** Messages that came too late to count. */
  lateRefused: Count;
  draining: boolean;
  loadPercent: number;
  /** Its circuit breaker. */
  breaker: WorkerStatusPageBreaker;
  labels: Record<string, string>;
  /** What it offers, and what is taken. */
  resources: WorkerStatusPageResources;
  /** Of its job types. */
  versions: Record<string, string>;
  /** To 1000. */
  running: JobID[];
}

/** All workers. */
export interface WorkerList {
  workers: Worker[];
  count: Count;
}

/** A fixed number, or bounds within which it follows the queue. */
export interface ScaleRequest {
  workers?: Count;
  min?: Count;
  max?: Count;
}

/** How many local workers are wanted and there. */
export interface Scale {
  before: Count;
  workers: Count;
  actual: Count;
  /** The number follows the queue. */
  automatic: boolean;
  min?: Count;
  max?: Count;
  reason: string;
}

/** When the jobs it runs have to be over. */
export interface Drain {
  /** Seconds (scheduler.shutdown_grace). */
  deadline?: number;
}
