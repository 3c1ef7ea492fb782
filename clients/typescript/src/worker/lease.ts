/** How long a worker may go on with what it has. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { bootClock } from "./clock.js";

/** Shares of the lease, counted from when the heartbeat was sent that was answered last: first the worker stops its attempts by
 * itself, then the guard ends a worker that could not. The scheduler gives the work to others after the whole. */
const stopShare = 0.8;
const killShare = 0.9;
/** Exit code of a worker that ends because it must (EX_SOFTWARE). */
export const exitCodeOfFailure = 70;

// Functions stay in the main thread, where closures and modules are shared with the rest of the program, and a process of its
// own guards the lease: a thread for that would be stopped (SIGSTOP) and suspended together with what it guards.

/** The lease of one worker. With a guard a process of its own ends the worker when it holds attempts that it may not hold any more. */
export class Lease {
  #renewedAt = bootClock();
  #ms = 0;
  #heldUntil: number | undefined;
  #guard: ChildProcess | undefined;
  #closing = false;

  /** Error: the guard does not start. */
  static async open(isGuarded: boolean): Promise<Lease> {
    const lease = new Lease();
    if (isGuarded) await lease.#startGuard();
    return lease;
  }

  /** A heartbeat that was sent then, by `bootClock`, was answered. */
  renew(sentAt: number, ms: number): void {
    this.#renewedAt = Math.max(this.#renewedAt, sentAt);
    this.#ms = ms;
    void this.#tell();
  }

  /** Functions run, and the first of them must have ended at that time of `bootClock`; undefined: none run. Once this is fulfilled
   * the guard watches; only then may they begin. */
  hold(until: number | undefined): Promise<void> {
    if (this.#heldUntil === until) return Promise.resolve();
    this.#heldUntil = until;
    return this.#tell();
  }

  /** Milliseconds until everything must be stopped; not above 0: it must be. */
  get leftMs(): number {
    return this.#renewedAt + this.#ms * stopShare - bootClock();
  }

  /** Nothing runs any more. */
  async close(): Promise<void> {
    this.#closing = true;
    const guard = this.#guard;
    if (!guard || guard.exitCode !== null) return;
    const gone = new Promise((resolve) => guard.once("exit", resolve));
    guard.stdin?.end();
    await gone;
  }

  async #startGuard(): Promise<void> {
    const program = fileURLToPath(new URL("./guard.js", import.meta.url));
    const guard = spawn(process.execPath, [program, String(process.pid)], { stdio: ["pipe", "pipe", "inherit"], detached: true, env: { ...process.env, NODE_OPTIONS: "" } });
    this.#guard = guard;
    await new Promise<void>((resolve, reject) => {
      guard.stdout?.once("data", () => resolve());
      guard.once("error", reject);
      guard.once("exit", (code, signal) => reject(new Error(`the guard of this worker ended with ${code ?? signal}: ${program}`)));
    });
    guard.stdin?.on("error", () => this.#guardHasGone());
    guard.once("exit", () => this.#guardHasGone());
  }

  /** Nobody would end this worker in time: what runs is not to run without that. */
  #guardHasGone(): void {
    if (this.#closing) return;
    process.stderr.write("callboard: the guard of this worker has gone\n");
    process.exit(exitCodeOfFailure);
  }

  #tell(): Promise<void> {
    const input = this.#guard?.stdin;
    if (!input || this.#closing) return Promise.resolve();
    const at = Math.min(this.#renewedAt + this.#ms * killShare, this.#heldUntil ?? Infinity);
    const line = this.#heldUntil === undefined ? "-" : at.toFixed(0);
    return new Promise((resolve) => input.write(`${line}\n`, () => resolve()));
  }
}
