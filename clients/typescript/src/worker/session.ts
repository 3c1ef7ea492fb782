/** The worker's side of the protocol of docs/http-workers.md: one session after the other with one scheduler. */
import type { Client } from "../client.js";
import { CallboardError, Conflict, InternalError, NotFound, passes } from "../errors.js";
import { sleep } from "../time.js";
import type { Claimed, HeldAttempt, WorkerSignUp, WorkNews, WorkSession } from "../types/index.js";
import { bootClock } from "./clock.js";
import type { Lease } from "./lease.js";

/** What a worker says of itself to whoever looks after it. */
export type Log = (level: "info" | "warning" | "error", text: string) => void;

/** Milliseconds between two tries of the same. */
const pauseMs = { first: 100, max: 5000 };
/** Milliseconds of patience with a request, but for a claim, which waits. */
const requestMs = 20_000;
/** Seconds that a claim waits for a job. */
const claimWaitSeconds = 15;
const once = { totalMs: 0, baseMs: 0, capMs: 0 };

/** Waits so long, or until the signal. */
export async function pause(ms: number, until: AbortSignal): Promise<void> {
  await sleep(ms, until).catch(() => undefined);
}

/** Fulfilled with the promise, or as soon as the signal is aborted. */
export async function unlessAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const end = new AbortController();
  const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true, signal: end.signal }));
  await Promise.race([promise, aborted]).finally(() => end.abort());
}

/** The pauses between tries of the same, which grow. */
export class Pauses {
  #ms = pauseMs.first;

  constructor(private readonly maxMs: number = pauseMs.max) {}

  async wait(why: unknown, until: AbortSignal): Promise<void> {
    const toldMs = why instanceof CallboardError ? (why.retryAfterMs ?? 0) : 0;
    const ms = Math.max(Math.min(this.#ms, this.maxMs), toldMs);
    this.#ms = Math.min(pauseMs.max, 2 * this.#ms);
    await pause(ms, until);
  }

  reset(): void {
    this.#ms = pauseMs.first;
  }
}

/** Whether the same can be asked again. */
export function isPassing(why: unknown): why is CallboardError {
  return passes(why) || why instanceof InternalError;
}

/** Registers, and registers again when the scheduler knows the session no more. `held`: what the worker has. Everything ends
 * with the signal `over`. */
export class Session {
  /** How often it has registered. */
  generation = 0;
  heartbeatMs = 1000;
  killGraceMs = 5000;
  #token = "";
  #leaseMs = 0;
  #waitSeconds = claimWaitSeconds;
  #joining: Promise<void> | undefined;
  #registrations = 0; // that were sent

  constructor(
    private readonly client: Client,
    private readonly who: WorkerSignUp,
    private readonly lease: Lease,
    private readonly held: () => HeldAttempt[],
    private readonly over: AbortSignal,
    private readonly log: Log,
  ) {}

  /** Names the session; empty when there is none now. */
  get token(): string {
    return this.#token;
  }

  /** Fulfilled with true when there is another session than that one, with false when `until` comes before. Error: what does not
   * pass: the worker is not wanted, or what it says of itself is wrong. */
  async renewed(generation: number, until: AbortSignal): Promise<boolean> {
    if (this.generation === generation && !until.aborted) {
      this.#joining ??= this.#join().finally(() => (this.#joining = undefined));
      this.#joining.catch(() => undefined); // it may be that nobody waits for it any more
      await unlessAborted(this.#joining, until);
    }
    return this.generation !== generation;
  }

  /** A heartbeat; what is to stop. Errors: as they come. */
  async beat(): Promise<WorkNews> {
    const sentAt = bootClock();
    // An answer that comes later than that is of no use, and the next try may get one sooner.
    const news = await this.ask<WorkNews>("heartbeat", this.#token, {}, Math.max(this.heartbeatMs, this.#leaseMs / 4));
    this.lease.renew(sentAt, this.#leaseMs);
    return news;
  }

  claim(token: string, claim: number, max: number): Promise<Claimed> {
    const waitSeconds = this.#waitSeconds;
    return this.ask("claim", token, { claim, max, waitSeconds }, waitSeconds * 1000 + requestMs);
  }

  /** One try. NotFound means: there is no such session any more. */
  async ask<T>(what: string, token: string, body: object = {}, timeoutMs = requestMs): Promise<T> {
    if (!token) throw new NotFound("there is no session now", { code: "unknown_worker" });
    return this.#post(what, { session: token, ...body }, timeoutMs);
  }

  /** Tells something of an attempt until it is answered, in whatever session that is. Undefined: nobody wants it any more, or `over`.
   * Error: the scheduler does not take it as it is. */
  async tell<T>(what: string, body: { id: string; fence: string }): Promise<T | undefined> {
    const pauses = new Pauses();
    while (!this.over.aborted) {
      const { generation, token } = this;
      try {
        return await this.ask<T>(what, token, body);
      } catch (why) {
        if (this.over.aborted) break;
        if (why instanceof NotFound) await this.renewed(generation, this.over);
        else if (isPassing(why)) await pauses.wait(why, this.over);
        else if (!(why instanceof Conflict)) throw why;
        else {
          this.log("warning", `${what} of ${body.id} does not count: ${why.message}`);
          break;
        }
      }
    }
    return undefined;
  }

  async #join(): Promise<void> {
    const pauses = new Pauses();
    while (!this.over.aborted) {
      try {
        return await this.#register();
      } catch (why) {
        if (this.over.aborted) return;
        if (!isPassing(why) && !(why instanceof Conflict)) throw why;
        this.log("warning", `${this.who.name} could not join: ${why.message}`);
        await pauses.wait(why, this.over);
      }
    }
  }

  async #register(): Promise<void> {
    // What is claimed by the session before and not here yet, is not here: no answer of it is looked at any more.
    this.#token = "";
    // One that was given up may come after the next one, which tells what is true.
    const body = { ...this.who, number: ++this.#registrations, again: this.generation > 0, attempts: this.held() };
    const sentAt = bootClock();
    const answer = await this.#post<WorkSession>("workers", body, requestMs);
    this.#token = answer.session;
    this.#leaseMs = answer.leaseSeconds * 1000;
    this.#waitSeconds = Math.min(claimWaitSeconds, answer.waitSecondsMax);
    this.heartbeatMs = answer.heartbeatSeconds * 1000;
    this.killGraceMs = answer.killGraceSeconds * 1000;
    this.generation++;
    this.lease.renew(sentAt, this.#leaseMs);
    this.log("info", `${this.who.name} has joined, with ${body.attempts.length} attempts`);
  }

  #post<T>(what: string, body: object, timeoutMs: number): Promise<T> {
    return this.client.call<T>("POST", `/api/work/${what}`, { body, safe: true, retries: once, timeoutMs, signal: this.over });
  }
}
