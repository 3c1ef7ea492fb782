/** One attempt of a job: as the function that does it sees it, and as its worker does. */
import type { Bytes, ClaimedJob, HeldAttempt, WorkStop } from "../types/index.js";
import { bootClock } from "./clock.js";
import { News } from "./news.js";
import { Stopped, type StopReason } from "./outcome.js";

/** What the function is given. */
export interface Attempt<Payload = unknown> {
  /** Of the job. */
  readonly id: string;
  readonly type: string;
  readonly payload: Payload;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Grows with every attempt of every job: a receiver that keeps the highest one can refuse a late attempt. */
  readonly fence: bigint;
  /** What was saved last, by this attempt or the former ones. */
  readonly checkpoint: string | undefined;
  /** W3C Trace Context for what the function calls, with this attempt as the parent; undefined: the job has no trace. */
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  /** Milliseconds from its start. */
  readonly timeoutMs: number;
  /** Reserved for it. */
  readonly memory: Bytes | undefined;
  /** Cores reserved for it. */
  readonly cpu: number | undefined;
  readonly startedAt: string;
  /** Aborted when the function should end, soon and by throwing the signal's reason, a `Stopped`. */
  readonly signal: AbortSignal;
  /** Why; undefined until then. */
  readonly stopReason: StopReason | undefined;
  /** Aborted once the job's soft timeout is over: come to an end that is of use. */
  readonly softSignal: AbortSignal;
  /** 0 to 100; shown with the job. Cheap: only the latest one travels. */
  progress(percent: number, message?: string): void;
  /** A line of the attempt's log; the last ones are kept with the job. */
  log(line: string): void;
  /** Keeps `text` for the next attempt of the job; JSON, or any other text. */
  saveCheckpoint(text: string): void;
}

/** For the worker. Times are those of `bootClock`. */
export class RunningAttempt implements Attempt {
  readonly id: string;
  readonly type: string;
  readonly payload: unknown;
  readonly attempt: number;
  readonly fence: bigint;
  checkpoint: string | undefined;
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  readonly timeoutMs: number;
  readonly memory: Bytes | undefined;
  readonly cpu: number | undefined;
  readonly startedAt: string;
  readonly news = new News();
  /** When it is asked to stop. */
  readonly deadline: number;
  readonly softDeadline: number;
  /** The function has ended. */
  over = false;
  /** What is being told of it: one request at a time, so that lines come in their order. */
  telling: Promise<void> = Promise.resolve();
  readonly #stop = new AbortController();
  readonly #soft = new AbortController();
  #reason: StopReason | undefined;

  constructor(claimed: ClaimedJob) {
    this.id = claimed.id;
    this.type = claimed.type;
    this.payload = claimed.payload;
    this.attempt = claimed.attempt;
    this.fence = BigInt(claimed.fence);
    this.checkpoint = claimed.checkpoint;
    this.traceparent = claimed.traceparent;
    this.tracestate = claimed.tracestate;
    this.timeoutMs = claimed.timeout * 1000;
    this.memory = claimed.memory;
    this.cpu = claimed.cpu;
    this.startedAt = claimed.startedAt;
    this.deadline = bootClock() + this.timeoutMs;
    this.softDeadline = bootClock() + (claimed.softTimeout ?? Infinity) * 1000;
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  get softSignal(): AbortSignal {
    return this.#soft.signal;
  }

  get stopReason(): StopReason | undefined {
    return this.#reason;
  }

  progress(percent: number, message = ""): void {
    this.news.progress(percent, message);
  }

  log(line: string): void {
    this.news.line(String(line));
  }

  saveCheckpoint(text: string): void {
    this.checkpoint = text;
    this.news.checkpoint(text);
  }

  /** Asks the function to end; the first reason counts, unless the attempt is lost. */
  stop(reason: WorkStop["reason"] | "lost"): void {
    if (reason === "soft_timeout") return this.#soft.abort(new Stopped("the soft timeout is over"));
    if (this.#reason === undefined || reason === "lost") this.#reason = reason;
    this.#stop.abort(new Stopped());
  }

  /** How requests name it. */
  get named(): { id: string; fence: string } {
    return { id: this.id, fence: String(this.fence) };
  }

  /** For the registration of a worker that has it already. */
  get held(): HeldAttempt {
    const leftMs = Math.max(0, this.deadline - bootClock());
    return { ...this.named, attempt: this.attempt, startedAt: this.startedAt, timeoutSeconds: leftMs / 1000 };
  }
}
