/** The ways in which a function may end. */

export interface FailedOptions {
  /** False: trying again cannot help. True when left out. */
  retryable?: boolean;
  /** Milliseconds before which the next attempt does not come. */
  retryAfterMs?: number;
  /** Kept with the job. */
  result?: unknown;
}

/** The attempt has failed. Any other error is a failure too, with the code HANDLER_EXCEPTION. */
export class Failed extends Error {
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly result: unknown;

  constructor(
    /** Stable, for programs. */
    readonly code: string,
    message = "",
    options: FailedOptions = {},
  ) {
    super(message);
    this.name = "Failed";
    this.retryable = options.retryable ?? true;
    this.retryAfterMs = options.retryAfterMs;
    this.result = options.result;
  }
}

/** Not now: the job is run again after so many milliseconds, and that counts as no retry. */
export class Snooze extends Error {
  constructor(
    readonly ms: number,
    message = "",
  ) {
    super(message);
    this.name = "Snooze";
  }
}

/** Why an attempt is to end. `lost`: the lease is over, and nobody wants its outcome any more. */
export type StopReason = "cancelled" | "timed_out" | "preempted" | "shutdown" | "lost";

/** The reason of `Attempt.signal`, thrown by a function that ends because of it: by the reason of the stop the job is cancelled, the
 * attempt has timed out, or it is given back to run elsewhere. After `Attempt.softSignal` it has timed out. */
export class Stopped extends Error {
  constructor(message = "") {
    super(message);
    this.name = "Stopped";
  }
}

/** Whether a function has ended because it was asked to. Much of Node.js throws an error of its own when a signal says so. */
export function hasStopped(why: unknown, signals: readonly AbortSignal[]): boolean {
  return why instanceof Stopped || (signals.some((signal) => signal.aborted) && why instanceof Error && why.name === "AbortError");
}
