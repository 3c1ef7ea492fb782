/** What an attempt tells while it runs. */
import type { WorkProgress } from "../types/index.js";

/** Lines of an attempt that wait to be told; of more the oldest are dropped. */
const linesWaitingMax = 1000;

export type NewsBody = Pick<WorkProgress, "number" | "percent" | "message" | "log" | "checkpoint">;

/** Of one attempt: the latest progress and checkpoint, and all lines with their numbers. */
export class News {
  #lines: string[] = [];
  #first = 0; // number of the first of them
  #latest: NewsBody = {};
  #taken = 0; // how often there was news

  progress(percent: number, message: string): void {
    Object.assign(this.#latest, { percent: Math.trunc(Math.min(100, Math.max(0, percent))) || 0, message });
  }

  line(text: string): void {
    this.#lines.push(text);
    this.#bound();
  }

  checkpoint(text: string): void {
    this.#latest.checkpoint = text;
  }

  /** What was not told yet, if anything; from now on it is. */
  take(): NewsBody | undefined {
    const body = this.#latest;
    this.#latest = {};
    if (this.#lines.length > 0) {
      body.log = { first: this.#first, lines: this.#lines };
      this.#first += this.#lines.length;
      this.#lines = [];
    }
    if (Object.keys(body).length === 0) return undefined;
    // A request that was given up may come after a later one, which counts.
    body.number = ++this.#taken;
    return body;
  }

  #bound(): void {
    const extra = this.#lines.length - linesWaitingMax;
    if (extra <= 0) return;
    this.#lines.splice(0, extra);
    this.#first += extra;
  }
}
