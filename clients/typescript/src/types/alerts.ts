// Written by clients/generate.py. Change http/openapi/ and run it again.
import type { Count, Time } from "./basic.js";

export type MaybeTime = Time | null;

/** Of one time that a rule held for a target. */
export type AlertID = string;

/** Of a silence. */
export type SilenceID = string;

/** A condition that is looked at; docs/alerts.md says what each means. */
export type AlertRule =
  | "failures_above_usual" | "most_jobs_fail" | "dead_letters_grow" | "queue_waits" | "queue_full" | "jobs_nearly_full"
  | "no_workers" | "workers_lost" | "wait_burns_fast" | "wait_burns_slow" | "success_burns_fast" | "success_burns_slow"
  | "store_not_writable" | "commit_slow" | "disk_nearly_full" | "schedule_late" | "schedules_faulty" | "clock_stepped"
  | "certificate_ends" | "audit_not_writable";

/** Pending: the condition holds, for less than its time. Firing: for that time and longer. Resolved: no more. */
export type AlertState = "pending" | "firing" | "resolved";

/** What it is about: `queue/NAME`, `type/NAME`, `certificate/NAME`; empty: the scheduler as a whole. */
export type AlertTarget = string;

export interface AlertAck {
  /** As X-Callboard-Actor said; nobody has checked it. */
  by: string;
  at: Time;
  comment: string;
}

/** One time that a rule held for a target. */
export interface Alert {
  id: AlertID;
  rule: AlertRule;
  target: AlertTarget;
  /** How urgent it is. */
  severity: "critical" | "warning" | "info";
  state: AlertState;
  /** When the condition began to hold. */
  since: Time;
  /** When it had held for its time. */
  firedAt: MaybeTime;
  /** When it held no more, for `alerts.hold`. */
  resolvedAt: MaybeTime;
  /** As it was when the condition held last, in `unit`. */
  value: number;
  /** What the value is compared with. */
  threshold: number;
  /** Of value and threshold: `seconds`, `ratio`, `jobs`, `times` and the like. */
  unit: string;
  /** What it says. */
  summary: string;
  /** What to do. */
  advice: string;
  /** Who looks after it. */
  ack: null | AlertAck;
  /** The id of the silence that keeps it from being told. */
  silence: string | null;
  /** Whether jobs that tell of it were submitted. */
  notified: boolean;
}

/** The share of bad jobs in the last 5 minutes and so on, over the share that may be bad. 1: used up exactly at the end of the window. */
export interface QueueObjectiveStateBurnRates {
  "5m": number;
  "30m": number;
  "1h": number;
  "6h": number;
}

/** How quickly a queue uses up what its objective allows. */
export interface QueueObjectiveState {
  queue: string;
  /** Which of its objectives. */
  objective: "wait" | "success";
  /** Of the jobs that are to be good. */
  share: number;
  /** Of `wait`: a job that starts within this is good. */
  waitSeconds: number | null;
  /** For which the objective is meant. */
  windowSeconds: number;
  /** The share of bad jobs in the last 5 minutes and so on, over the share that may be bad. 1: used up exactly at the end of the window. */
  burnRates: QueueObjectiveStateBurnRates;
}

/** Alerts and objectives. */
export interface Alerts {
  alerts: Alert[];
  count: Count;
  objectives: QueueObjectiveState[];
  /** Whether rules are looked at (alerts.enabled). */
  enabled: boolean;
  /** When the figures of jobs and workers were looked at last; null: not yet. A time that does not advance says that the scheduler does not answer its own questions. */
  evaluatedAt: MaybeTime;
}

/** A silence to be made. */
export interface NewSilence {
  rule?: AlertRule;
  target?: AlertTarget;
  /** Seconds. */
  for: number;
  /** For others. */
  comment?: string;
}

/** Alerts that fit it are told to nobody until it ends. */
export interface Silence {
  id: SilenceID;
  /** Null: any. */
  rule: AlertRule | null;
  /** Null: any. */
  target: AlertTarget | null;
  until: Time;
  createdAt: Time;
  /** As X-Callboard-Actor said; nobody has checked it. */
  by: string;
  comment: string;
}
