// Written by clients/generate.py. Change http/openapi/ and run it again.
import type { Bytes, Count, Durability, NextCursor, Priority, Tag, Time, WhenFull } from "./basic.js";
import type { PayloadPath, Resources, RetryPolicy } from "./submit.js";

/** So many may start per period. */
export interface Rate {
  jobs: number;
  /** Seconds. */
  per: number;
  /** So many at once after a rest. */
  burst?: number;
}

/** So many may be stopped per period. */
export interface PreemptionRate {
  jobs: number;
  /** Seconds. */
  per: number;
}

/** What every rule of limits has. */
export interface LimitRule {
  /** Nothing starts. */
  paused?: boolean;
  /** Attempts under way at once. */
  concurrency?: number | null;
  rate?: Rate | null;
}

/** The share of slots among those of the same urgency. */
export type Weight = number;

/** The limits of a concurrency key. */
export interface KeyRule {
  /** Nothing starts. */
  paused?: boolean;
  /** Attempts under way at once. */
  concurrency?: number | null;
  rate?: Rate | null;
  weight?: Weight;
}

/** What each key is held to that has no rule of its own. */
export interface QueueRuleMembersPerKey {
  concurrency?: number | null;
  rate?: Rate | null;
}

/** What only a queue has. */
export interface QueueRuleMembers {
  weight?: Weight;
  perKey?: QueueRuleMembersPerKey | null;
  /** Waiting jobs, at which new ones are refused. */
  waitingMax?: number | null;
  /** Bytes of their payloads. */
  waitingBytesMax?: Bytes | null;
  whenFull?: WhenFull;
  /** Jobs of this priority and above are accepted all the same. */
  fullAcceptsFrom?: Priority | null;
  /** Its jobs with `preempts` may take the places of others. */
  preemption?: PreemptionRate | boolean | null;
  /** How well it is to serve its jobs. */
  objective?: QueueObjective | null;
}

/** Service level objectives; alerts tell when they are in danger. */
export interface QueueObjective {
  /** A job that starts within this is good. */
  waitSeconds?: number | null;
  /** Of the jobs that are to start within waitSeconds. */
  waitShare?: ObjectiveShare;
  /** Of the jobs that end that are to complete. */
  successShare?: ObjectiveShare;
  /** Seconds for which it is meant; 30 days by default. */
  window?: number;
}

export type ObjectiveShare = number | null;

/** What each key is held to that has no rule of its own. */
export interface QueueRulePerKey {
  concurrency?: number | null;
  rate?: Rate | null;
}

/** The limits of a queue; what is left out is not limited. */
export interface QueueRule {
  /** Nothing starts. */
  paused?: boolean;
  /** Attempts under way at once. */
  concurrency?: number | null;
  rate?: Rate | null;
  weight?: Weight;
  perKey?: QueueRulePerKey | null;
  /** Waiting jobs, at which new ones are refused. */
  waitingMax?: number | null;
  /** Bytes of their payloads. */
  waitingBytesMax?: Bytes | null;
  whenFull?: WhenFull;
  /** Jobs of this priority and above are accepted all the same. */
  fullAcceptsFrom?: Priority | null;
  /** Its jobs with `preempts` may take the places of others. */
  preemption?: PreemptionRate | boolean | null;
  /** How well it is to serve its jobs. */
  objective?: QueueObjective | null;
}

/** After so many seconds. */
export interface TypeDefaultsPreemptible {
  minRun: number;
}

/** What jobs of a type have in fields that are left out. */
export interface TypeDefaults {
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
  concurrencyKey?: PayloadPath;
  /** `true`: attempts may be stopped for a more urgent job after `jobs.preemption_min_run`; an object says after how many seconds. */
  preemptible?: boolean | TypeDefaultsPreemptible;
  durability?: Durability;
}

/** Results are used again for so many seconds. */
export interface TypeRuleMembersCache {
  for: number;
}

/** What only a job type has. */
export interface TypeRuleMembers {
  retryRate?: Rate | null;
  cache?: TypeRuleMembersCache | false | null;
  defaults?: TypeDefaults;
  /** What nobody is shown. */
  redact?: string[];
}

/** Results are used again for so many seconds. */
export interface TypeRuleCache {
  for: number;
}

/** The limits of a job type; what is left out is not limited. */
export interface TypeRule {
  /** Nothing starts. */
  paused?: boolean;
  /** Attempts under way at once. */
  concurrency?: number | null;
  rate?: Rate | null;
  retryRate?: Rate | null;
  cache?: TypeRuleCache | false | null;
  defaults?: TypeDefaults;
  /** What nobody is shown. */
  redact?: string[];
}

/** What is used of the limits. */
export interface LimitUse {
  /** Attempts that count against a limit. */
  underWay: Count;
  /** Why nothing may start now. */
  held: "paused" | "concurrency" | "rate" | null;
  ready: Count;
}

/** What each key is held to that has no rule of its own. */
export interface QueuePerKey {
  concurrency?: number | null;
  rate?: Rate | null;
}

/** A queue. */
export interface Queue {
  /** Nothing starts. */
  paused: boolean;
  /** Attempts under way at once. */
  concurrency: number | null;
  rate: Rate | null;
  weight: Weight;
  perKey: QueuePerKey | null;
  /** Waiting jobs, at which new ones are refused. */
  waitingMax: number | null;
  /** Bytes of their payloads. */
  waitingBytesMax: number | null;
  whenFull: WhenFull;
  /** Jobs of this priority and above are accepted all the same. */
  fullAcceptsFrom: Priority | null;
  /** Its jobs with `preempts` may take the places of others. */
  preemption: PreemptionRate | boolean | null;
  /** How well it is to serve its jobs. */
  objective: QueueObjective | null;
  /** Attempts that count against a limit. */
  underWay: Count;
  /** Why nothing may start now. */
  held: "paused" | "concurrency" | "rate" | null;
  ready: Count;
  name: string;
  keys: Count;
  waiting: Count;
  running: Count;
  retrying: Count;
  waitingJobs: Count;
  waitingBytes: Count;
  oldestReady?: Time;
  lastProcessed?: Time;
  /** Its jobs that ended as failed since the scheduler started. In lists only, and only of queues that the metrics count by name (metrics.queues_max). */
  failuresSinceStart?: Count;
  /** Seconds until it is empty when its jobs become fewer as in the last minutes; left out when they do not. */
  projectedDrain?: number;
}

/** Results are used again for so many seconds. */
export interface JobTypeCache {
  for: number;
}

/** A job type. */
export interface JobType {
  /** Nothing starts. */
  paused: boolean;
  /** Attempts under way at once. */
  concurrency: number | null;
  rate: Rate | null;
  retryRate: Rate | null;
  cache: JobTypeCache | false | null;
  defaults: TypeDefaults;
  /** What nobody is shown. */
  redact: string[];
  /** Attempts that count against a limit. */
  underWay: Count;
  /** Why nothing may start now. */
  held: "paused" | "concurrency" | "rate" | null;
  ready: Count;
  name: string;
}

/** A concurrency key of a queue. */
export interface Key {
  /** Nothing starts. */
  paused: boolean;
  /** Attempts under way at once. */
  concurrency: number | null;
  rate: Rate | null;
  /** Attempts that count against a limit. */
  underWay: Count;
  /** Why nothing may start now. */
  held: "paused" | "concurrency" | "rate" | null;
  ready: Count;
  queue: string;
  key: string;
  /** It is a unique key. */
  unique?: boolean;
  weight: Weight;
  /** It has the queue's `perKey`. */
  inherited: boolean;
  oldestReady?: Time;
}

/** Queues by name. */
export interface QueuePage {
  queues: Queue[];
  count: Count;
  next: NextCursor;
}

/** Job types by name. */
export interface JobTypePage {
  types: JobType[];
  count: Count;
  next: NextCursor;
}

/** Concurrency keys by name. */
export interface KeyPage {
  keys: Key[];
  count: Count;
  next: NextCursor;
}

/** A job type. */
export interface SchemaPageSchemasItem {
  type: string;
  version?: string;
  summary?: string;
  /** JSON Schema (draft 7) of its payload. */
  schema: Record<string, unknown> | boolean | null;
}

/** Job types by name. */
export interface SchemaPage {
  schemas: SchemaPageSchemasItem[];
  count: Count;
  next: NextCursor;
}
