/** What a worker has: attempts that run, and those whose outcome is not on disk yet. */
import type { ClaimedJob, HeldAttempt } from "../types/index.js";
import { RunningAttempt } from "./attempt.js";
import type { Lease } from "./lease.js";

/** Milliseconds by which the guard is later than the worker, which says why it gives up. */
const guardLaterMs = 500;

export class Attempts {
  readonly #all = new Map<bigint, RunningAttempt>(); // by fence
  #told: () => void = () => undefined;
  #change = this.#nextChange();

  constructor(private readonly lease: Lease) {}

  get isEmpty(): boolean {
    return this.#all.size === 0;
  }

  /** Those whose function has not ended. */
  get running(): RunningAttempt[] {
    return [...this.#all.values()].filter((attempt) => !attempt.over);
  }

  get held(): HeldAttempt[] {
    return [...this.#all.values()].map((attempt) => attempt.held);
  }

  /** Fulfilled when a function has ended, or its outcome is told. */
  get change(): Promise<void> {
    return this.#change;
  }

  find(fence: string): RunningAttempt | undefined {
    return this.#all.get(BigInt(fence));
  }

  /** Those that are new. From then on the guard watches; `killGraceMs` after its timeout an attempt must have ended. */
  async begin(claimed: readonly ClaimedJob[], killGraceMs: number): Promise<RunningAttempt[]> {
    const begun = claimed.map((job) => new RunningAttempt(job)).filter((attempt) => !this.#all.has(attempt.fence));
    for (const attempt of begun) this.#all.set(attempt.fence, attempt);
    await this.#hold(killGraceMs);
    return begun;
  }

  /** Its function has. */
  async ended(attempt: RunningAttempt, killGraceMs: number): Promise<void> {
    attempt.over = true;
    this.#tellChange();
    await this.#hold(killGraceMs);
  }

  remove(attempt: RunningAttempt): void {
    this.#all.delete(attempt.fence);
    this.#tellChange();
  }

  #hold(killGraceMs: number): Promise<void> {
    const { running } = this;
    return this.lease.hold(running.length === 0 ? undefined : Math.min(...running.map(({ deadline }) => deadline)) + killGraceMs + guardLaterMs);
  }

  #nextChange(): Promise<void> {
    return new Promise((resolve) => (this.#told = resolve));
  }

  #tellChange(): void {
    const told = this.#told;
    this.#change = this.#nextChange();
    told();
  }
}
