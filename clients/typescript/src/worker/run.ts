/** A worker while it runs. */
import { BadRequest, CallboardError, Conflict, NotFound, TooLarge } from "../errors.js";
import { Limit } from "../time.js";
import type { Claimed, WorkNews } from "../types/index.js";
import type { RunningAttempt } from "./attempt.js";
import type { Attempts } from "./attempts.js";
import { bootClock } from "./clock.js";
import { badResult, type JobFunction, type Outcome, outcomeOf, released } from "./function.js";
import { exitCodeOfFailure, type Lease } from "./lease.js";
import { isPassing, type Log, pause, Pauses, type Session, unlessAborted } from "./session.js";

/** Milliseconds between two requests that tell how attempts are getting on. */
const newsPauseMs = 500;
/** Milliseconds between two looks at timeouts and at the lease. */
const watchPauseMs = 50;

/** What a run is made of. The signals: no more jobs are taken; those that run get no grace; everything is told, or given up. */
export interface Parts {
  session: Session;
  lease: Lease;
  attempts: Attempts;
  functions: ReadonlyMap<string, JobFunction>;
  slots: number;
  graceMs: number;
  leaving: AbortSignal;
  hurry: AbortSignal;
  over: AbortController;
  /** Begins the end, again to end the grace. */
  stop: () => void;
  log: Log;
}

/** From the first registration on: several loops, until the worker leaves. */
export class Run {
  #failure: unknown;

  constructor(private readonly parts: Parts) {}

  /** Fulfilled when the worker has left. Error: what made it end by itself. */
  async untilLeft(): Promise<void> {
    const { session, leaving, over, log } = this.parts;
    const watch = setInterval(() => this.#watch(), watchPauseMs);
    const loops = [this.#claimJobs(), this.#beat(), this.#tellNews()].map((loop) => loop.catch((why: unknown) => this.#fail(why)));
    await unlessAborted(new Promise(() => undefined), leaving);
    await this.#endAttempts();
    if (this.#failure === undefined && session.token)
      await session.ask("leave", session.token).catch((why: Error) => log("info", `the scheduler did not hear that this worker leaves: ${why.message}`));
    over.abort();
    clearInterval(watch);
    await Promise.all(loops);
    if (this.#failure !== undefined) throw this.#failure;
  }

  #fail(why: unknown): void {
    const { over, stop, log } = this.parts;
    if (over.signal.aborted) return;
    this.#failure ??= why;
    log("error", `the worker ends: ${String(why)}`);
    stop();
    stop();
  }

  /** Waits for what runs, then asks it to stop, then for what is on its way. */
  async #endAttempts(): Promise<void> {
    const { attempts, session, graceMs, hurry } = this.parts;
    await this.#untilNothing(graceMs, hurry);
    for (const attempt of attempts.running) attempt.stop("shutdown");
    await this.#untilNothing(session.killGraceMs, this.parts.over.signal);
    const stuck = attempts.running.map((attempt) => attempt.id);
    if (stuck.length > 0) this.#giveUp(`${stuck.join(", ")}: asked to stop, and still running`);
  }

  async #untilNothing(ms: number, until: AbortSignal): Promise<void> {
    const limit = new Limit(until);
    limit.within(ms);
    while (!this.parts.attempts.isEmpty && !limit.signal.aborted) await unlessAborted(this.parts.attempts.change, limit.signal);
    limit.end();
  }

  /** What runs must not outlive its lease, and nothing else ends a function. */
  #giveUp(why: string): never {
    this.parts.log("error", `this worker gives up: ${why}`);
    process.exit(exitCodeOfFailure);
  }

  async #claimJobs(): Promise<void> {
    const { session, lease, attempts, slots, leaving } = this.parts;
    const pauses = new Pauses();
    let { generation } = session;
    let number = 1;
    while (!leaving.aborted) {
      const free = slots - attempts.running.length;
      if (free <= 0) {
        await unlessAborted(attempts.change, leaving);
        continue;
      }
      // What would be claimed now could not begin.
      if (lease.leftMs <= 0) {
        await pause(watchPauseMs, leaving);
        continue;
      }
      if (session.generation !== generation) [number, generation] = [1, session.generation];
      const { token } = session;
      try {
        const claimed = await session.claim(token, number, free);
        number++;
        pauses.reset();
        await this.#begin(claimed, token);
      } catch (why) {
        if (why instanceof NotFound) await session.renewed(generation, leaving);
        // The same claim again: what its answer would have brought is in the next one.
        else if (isPassing(why)) await pauses.wait(why, leaving);
        else throw why;
      }
    }
  }

  async #begin(claimed: Claimed, token: string): Promise<void> {
    const { session, attempts } = this.parts;
    // Of a session before: those jobs are not this worker's any more.
    if (session.token !== token) return;
    const begun = await attempts.begin(claimed.jobs, session.killGraceMs);
    this.#follow(claimed);
    for (const attempt of begun) void this.#run(attempt);
  }

  async #beat(): Promise<void> {
    const { session, log } = this.parts;
    const over = this.parts.over.signal;
    await pause(session.heartbeatMs, over);
    let pauses: Pauses | undefined;
    while (!over.aborted) {
      const { generation } = session;
      try {
        this.#follow(await session.beat());
        pauses = undefined;
        await pause(session.heartbeatMs, over);
      } catch (why) {
        if (over.aborted) return;
        if (why instanceof NotFound) await session.renewed(generation, over);
        else if (isPassing(why) || why instanceof Conflict) {
          if (!pauses) log("warning", `a heartbeat was not answered: ${why.message}`);
          pauses ??= new Pauses(session.heartbeatMs);
          await pauses.wait(why, over);
        } else throw why;
      }
    }
  }

  /** What the scheduler says is to stop. */
  #follow({ stop, drain }: WorkNews): void {
    const { attempts, leaving, log } = this.parts;
    for (const one of stop) attempts.find(one.fence)?.stop(one.reason);
    if (!drain || leaving.aborted) return;
    log("info", "the scheduler drains this worker");
    this.parts.stop();
  }

  /** Timeouts, and the lease. */
  #watch(): void {
    const { attempts, lease, session } = this.parts;
    const { running } = attempts;
    if (running.length === 0) return;
    const isLost = lease.leftMs <= 0;
    const now = bootClock();
    for (const attempt of running) {
      if (isLost) attempt.stop("lost");
      if (now >= attempt.softDeadline) attempt.stop("soft_timeout");
      if (now >= attempt.deadline) attempt.stop("timed_out");
      if (now >= attempt.deadline + session.killGraceMs) this.#giveUp(`${attempt.id} neither ends nor stops`);
    }
  }

  async #tellNews(): Promise<void> {
    const over = this.parts.over.signal;
    while (!over.aborted) {
      await pause(newsPauseMs, over);
      await Promise.all(this.parts.attempts.running.map((attempt) => this.#tellNewsOf(attempt)));
    }
  }

  /** It is told again until it is answered, and what came meanwhile after that. */
  #tellNewsOf(attempt: RunningAttempt): Promise<void> {
    const { session, log } = this.parts;
    attempt.telling = attempt.telling.then(async () => {
      const news = attempt.news.take();
      if (!news) return;
      try {
        const answer = await session.tell<WorkNews>("progress", { ...attempt.named, ...news });
        if (answer) this.#follow(answer);
      } catch (why) {
        log("warning", `${attempt.id}: the scheduler did not take its news: ${String(why)}`);
      }
    });
    return attempt.telling;
  }

  async #run(attempt: RunningAttempt): Promise<void> {
    const { attempts, lease, session, functions, leaving } = this.parts;
    const run = functions.get(attempt.type);
    const mayBegin = run && !leaving.aborted && lease.leftMs > 0;
    const outcome = mayBegin ? await outcomeOf(run, attempt) : released;
    // Others may run it by now. The scheduler is told that it has ended, in case that it is this worker's still.
    if (lease.leftMs <= 0) attempt.stop("lost");
    await attempts.ended(attempt, session.killGraceMs);
    await this.#tellNewsOf(attempt);
    await this.#tell(attempt, attempt.stopReason === "lost" ? released : outcome);
    attempts.remove(attempt);
  }

  /** An outcome that the scheduler refuses as it is, is a failure of the function. */
  async #tell(attempt: RunningAttempt, { what, body }: Outcome): Promise<void> {
    const { session, log } = this.parts;
    try {
      await session.tell(what, { ...attempt.named, ...body });
    } catch (why) {
      const isRefused = why instanceof BadRequest || why instanceof TooLarge || !(why instanceof CallboardError);
      const bad = badResult(why);
      if (isRefused && body.code !== bad.body.code) return this.#tell(attempt, bad);
      log("error", `an outcome of ${attempt.id} cannot be told: ${String(why)}`);
    }
  }
}
