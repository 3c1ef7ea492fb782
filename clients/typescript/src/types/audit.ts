// Written by clients/generate.py. Change http/openapi/ and run it again.
import type { Count, NextCursor, Time } from "./basic.js";

/** SHA-256. */
export type AuditHash = string;

/** Who did it, as far as it is known. */
export interface AuditActor {
  /** The other end of the connection; `local`: this machine. */
  address: string;
  /** The program, by its own words. */
  userAgent?: string;
  /** A name that nobody has checked. */
  claimedBy?: string;
}

/** How it ended. */
export interface AuditRecordOutcome {
  /** Of HTTP; 0: nobody knows. */
  status: number;
  code?: string;
}

/** What became of an act. */
export interface AuditRecord {
  sequence: number;
  at: Time;
  /** `queue.set`. */
  act: string;
  /** The name or id of what it was done to. */
  target: string;
  actor: AuditActor;
  /** The record that said that the act begins. */
  intent?: number;
  /** What was asked for; {"omittedBytes": n} when it is large. */
  request?: unknown;
  /** What there was. */
  before?: unknown;
  /** What there is, or the answer. */
  after?: unknown;
  /** How it ended. */
  outcome?: AuditRecordOutcome;
  previous: AuditHash;
  hash: AuditHash;
}

/** Records, newest first. */
export interface AuditPage {
  records: AuditRecord[];
  count: Count;
  damaged?: Count;
  next: NextCursor;
}
