// Written by clients/generate.py. Change http/openapi/ and run it again.
import type { Bytes, JobID, Time, TimeInput } from "./basic.js";
import type { Tracestate } from "./submit.js";

/** Who joins. */
export interface WorkerSignUp {
  /** The worker's name, of its own among all workers. */
  name: string;
  /** A text that this process has drawn at random. Whoever registers again with it goes on with the worker's attempts. */
  instance: string;
  /** The job types that it runs. */
  types: WorkerType[];
  /** Attempts at once; 1 by default. */
  slots?: number;
  /** What it has for jobs that ask for it. */
  resources?: WorkerResources;
  /** Of its machine, for people. */
  host?: string;
  /** Of its process, for people. */
  pid?: number;
  /** This process has registered before, so what it says of its types is not new. */
  again?: boolean;
  /** 1 for the first registration that this process sends, and one more for each that follows, also for one that is sent again: one that was overtaken on its way is refused. */
  number?: number;
  /** What it has of a session before: running, or ended and not answered yet. What it does not name it has not. */
  attempts?: HeldAttempt[];
}

/** A job type of a worker. */
export interface WorkerType {
  /** Of the type. */
  name: string;
  /** Of its code. */
  version?: string;
  /** A few words for lists. */
  summary?: string;
  /** JSON Schema (draft 7) of payloads, checked at submit. */
  schema?: Record<string, unknown>;
  /** A pure type: how long a result may be used again. */
  cacheForSeconds?: number;
}

/** `cpu` (cores), `memory` (bytes or a text), `labels`, and named resources in whole units. */
export type WorkerResources = Record<string, unknown>;

/** An attempt that a worker brings along. */
export interface HeldAttempt {
  /** Of the job. */
  id: JobID;
  /** Of the attempt, as it was claimed. It only grows. */
  fence: string;
  /** Its number. */
  attempt: number;
  /** As it was claimed. */
  startedAt: TimeInput;
  /** What is left of its timeout. */
  timeoutSeconds: number;
}

/** A worker's session. */
export interface WorkSession {
  /** Its name. */
  workerID: string;
  /** Names the session in all further requests; a secret. */
  session: string;
  /** Between two heartbeats. */
  heartbeatSeconds: number;
  /** Without an answered heartbeat for so long, counted from when it was sent, its attempts are lost. */
  leaseSeconds: number;
  /** From asking an attempt to stop to when it must be over. */
  killGraceSeconds: number;
  /** The longest wait of a claim. */
  waitSecondsMax: number;
}

/** Whose session. */
export interface WorkSessionName {
  /** The token that the worker got when it registered. */
  session: string;
}

/** How many jobs it takes, and how long it waits for one. */
export interface Claim {
  /** The token that the worker got when it registered. */
  session: string;
  /** 1, and one more for each claim that follows. A claim whose answer got lost is sent again with its number, and gets the same jobs. */
  claim: number;
  /** Jobs at most; 1 by default. */
  max?: number;
  /** 0 by default; `waitSecondsMax` at most counts. */
  waitSeconds?: number;
}

/** An attempt that has begun. */
export interface ClaimedJob {
  /** Of the job. */
  id: JobID;
  /** Of the attempt, as it was claimed. It only grows. */
  fence: string;
  /** Its number, from 1. */
  attempt: number;
  /** Of the job. */
  type: string;
  /** When it was claimed. */
  startedAt: Time;
  /** Whole, with what others are not shown. */
  payload: unknown;
  /** Seconds. */
  timeout: number;
  /** Seconds after which it is to come to an end that is of use. */
  softTimeout?: number;
  /** Reserved for it. */
  memory?: Bytes;
  /** Cores reserved for it. */
  cpu?: number;
  /** What the former attempt saved. */
  checkpoint?: string;
  /** W3C Trace Context for what the attempt calls, with the attempt as the parent. */
  traceparent?: string;
  tracestate?: Tracestate;
  /** Of those that it may save. */
  checkpointBytesMax: Bytes;
}

/** Jobs, and what is to stop. */
export interface Claimed {
  /** In their order. */
  jobs: ClaimedJob[];
  /** Attempts that are to stop. */
  stop: WorkStop[];
  /** It gets no more jobs, and is to leave when it has none. */
  drain: boolean;
}

/** An attempt that is to stop. It is named until it has ended. */
export interface WorkStop {
  /** Of the job. */
  id: JobID;
  /** Of the attempt, as it was claimed. It only grows. */
  fence: string;
  /** Why. A soft timeout only asks it to come to an end. */
  reason: "soft_timeout" | "cancelled" | "timed_out" | "preempted" | "shutdown";
}

/** What is to stop. */
export interface WorkNews {
  /** Attempts that are to stop. */
  stop: WorkStop[];
  /** It gets no more jobs, and is to leave when it has none. */
  drain: boolean;
}

/** Lines of its log. */
export interface WorkProgressLog {
  /** Number of the first of them, counted from 0: lines that were told before are left out. */
  first?: number;
  /** Oldest first. */
  lines: string[];
}

/** How an attempt is getting on. */
export interface WorkProgress {
  /** The token that the worker got when it registered. */
  session: string;
  /** Of the job. */
  id: JobID;
  /** Of the attempt, as it was claimed. It only grows. */
  fence: string;
  /** 1 for the first of these requests about the attempt, and one more for each that follows: of one that was overtaken on its way only the lines count. */
  number?: number;
  /** 0 to 100. */
  percent?: number;
  /** For people. */
  message?: string;
  /** Lines of its log. */
  log?: WorkProgressLog;
  /** What the next attempt is given. */
  checkpoint?: string;
}

/** The attempt has done the job. */
export interface WorkComplete {
  /** The token that the worker got when it registered. */
  session: string;
  /** Of the job. */
  id: JobID;
  /** Of the attempt, as it was claimed. It only grows. */
  fence: string;
  /** Kept with the job. */
  result?: unknown;
}

/** The attempt has failed. */
export interface WorkFail {
  /** The token that the worker got when it registered. */
  session: string;
  /** Of the job. */
  id: JobID;
  /** Of the attempt, as it was claimed. It only grows. */
  fence: string;
  /** Stable, for programs. */
  code: string;
  /** For people. */
  message?: string;
  /** False: trying again cannot help. True by default. */
  retryable?: boolean;
  /** The next attempt does not come before that. */
  retryAfterSeconds?: number;
  /** Kept with the job. */
  result?: unknown;
}

/** The attempt has stopped, unfinished. What it counts as depends on why it was asked to: cancelled, timed out, or given back to run elsewhere. */
export interface WorkRelease {
  /** The token that the worker got when it registered. */
  session: string;
  /** Of the job. */
  id: JobID;
  /** Of the attempt, as it was claimed. It only grows. */
  fence: string;
  /** It ran longer than its timeout, and has noticed that first. */
  reason?: "timed_out";
  /** It asks to be run again after so long (snooze). */
  afterSeconds?: number;
  /** For people. */
  message?: string;
}

/** An outcome that is on disk. */
export interface WorkTaken {
  /** Of the job. */
  id: JobID;
  /** Of the attempt, as it was claimed. It only grows. */
  fence: string;
}

/** The end of a session. */
export interface WorkLeft {
  /** It has left. */
  left: true;
}
