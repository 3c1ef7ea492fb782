// Written by clients/generate.py. Change http/openapi/ and run it again.
import type { Count } from "./basic.js";

/** A distribution of times, in seconds. Quantiles are told with an error of up to 6.3 percent. */
export interface ReportTimes {
  count: Count;
  /** Exact. */
  mean: number;
  /** Half took no longer. */
  p50: number;
  /** 95 of 100 took no longer. */
  p95: number;
  /** 99 of 100 took no longer. */
  p99: number;
  /** Exact. */
  max: number;
}

/** What attempts used. */
export interface ReportUsage {
  /** Attempts that have run. */
  attempts: Count;
  /** Run time. */
  runSeconds: number;
  /** CPU time. */
  cpuSeconds: number;
  /** Slots times run time. */
  slotSeconds: number;
  /** Memory times run time: of each attempt the larger of its request and its peak. */
  memoryByteSeconds: number;
  /** By the prices of the settings, as they were then. */
  cost: number;
  /** Cores that were asked for, times run time. */
  cpuReservedSeconds: number;
  /** Memory that was asked for, times run time. */
  memoryReservedByteSeconds: number;
}

/** How often an error had a code. */
export interface CodeCount {
  /** `(other)`: all that have no room of their own. */
  code: string;
  count: Count;
}

/** What happened to the jobs of a day or of a name. */
export interface ReportRow {
  /** A day, or a name; `(other)`: all names of a day that have no row of their own (reports.names_max). Empty: the total. */
  name: string;
  submitted: Count;
  completed: Count;
  failed: Count;
  cancelled: Count;
  /** Attempts that failed and were tried again. */
  retried: Count;
  /** Attempts that were lost with their worker. */
  lost: Count;
  /** Jobs that had not begun by their deadline. */
  deadlineMissed: Count;
  /** Completed of completed and failed jobs; null: none ended so. */
  successShare: number | null;
  /** From when a job could start to the start of an attempt. */
  waitSeconds: ReportTimes;
  /** Of attempts. */
  runSeconds: ReportTimes;
  usage: ReportUsage;
  /** Of failed jobs and retried attempts. */
  codes: CodeCount[];
}

/** A report of jobs. */
export interface JobReport {
  /** Whether anything is counted (reports.enabled). */
  enabled: boolean;
  by: "day" | "type" | "queue" | "tag" | "tenant" | "code";
  from: string;
  to: string;
  /** Of what kind of name the rows are. */
  of: "all" | "type" | "queue" | "tag" | "tenant";
  /** Only of this name. */
  name: string | null;
  /** Days in order; names of which most jobs ended first. By code: none. */
  rows: ReportRow[];
  count: Count;
  /** Rows, or codes, beyond the limit. */
  leftOut: Count;
  /** All rows together, also those that are left out; null by tag, of which a job may have several, and by code. */
  total: ReportRow | null;
  /** By code: the codes, the most frequent first. Else none: each row has its own. */
  codes: CodeCount[];
}

/** What was asked of a resource and used, in thousandths of a core or bytes. */
export interface Reservation {
  /** The largest request; 0: none. */
  askedMax: Count;
  /** Attempts that tell what they used. */
  measured: Count;
  usedP50: Count;
  usedP95: Count;
  usedMax: Count;
  /** Null: too little is known. */
  suggested: number | null;
  /** Why, in a sentence. */
  reason: string;
}

/** A job type. */
export interface TypeReservation {
  type: string;
  attempts: Count;
  /** That asked for CPU or memory. */
  attemptsAsking: Count;
  cpuMilli: Reservation;
  memoryBytes: Reservation;
  /** Cores that were asked for, times run time. */
  cpuReservedSeconds: number;
  /** CPU time. */
  cpuUsedSeconds: number;
}

/** What types reserve and use. */
export interface ReservationReport {
  /** Whether anything is counted (reports.enabled). */
  enabled: boolean;
  from: string;
  to: string;
  /** What a suggestion has more than was used. */
  marginPercent: Count;
  /** Attempts that must be measured for a suggestion. */
  attemptsMin: Count;
  types: TypeReservation[];
  count: Count;
  /** Types beyond the limit. */
  leftOut: Count;
}
