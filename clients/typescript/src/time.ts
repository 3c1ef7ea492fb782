/** Waiting, with an end. */

/** Waits. Error: what the signal says, as soon as it does. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** Bounds something that takes a signal: by a time, which can be set anew, and by a signal of the caller. */
export class Limit {
  readonly #abort = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #stop = () => this.#abort.abort(this.#outer?.reason);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(outer?: AbortSignal) {
    this.#outer = outer;
    if (outer?.aborted) this.#stop();
    else outer?.addEventListener("abort", this.#stop, { once: true });
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** So long from now on; it takes the place of what was set before. */
  within(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#abort.abort(new Error(`no answer within ${Math.round(ms)} ms`)), ms);
  }

  /** No time is set any more. */
  pause(): void {
    clearTimeout(this.#timer);
  }

  /** What is bounded has ended, or shall end now. */
  end(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener("abort", this.#stop);
    this.#abort.abort();
  }
}
