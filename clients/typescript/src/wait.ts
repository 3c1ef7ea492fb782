/** Waiting for the end of a job or a workflow. */
import { type CallboardError, NotFound, OutcomeUnknown, passes, QueueFull, WaitTimeout } from "./errors.js";
import { silenceMsMax, Stream } from "./events.js";
import { sleep } from "./time.js";
import type { Query, Transport } from "./transport.js";

export interface WaitOptions {
  /** Milliseconds; without one it waits as long as the scheduler can be reached. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

const ended = ["completed", "failed", "cancelled"];
/** Milliseconds between looks where no stream can be had: at first, and at most. */
const lookEveryMs = { first: 50, max: 2000 };

/** Says when to look again at something that is waited for: at each of its events, and where no stream can be had, from
 * time to time. */
class Watch {
  readonly #deadline: number;
  #pauseMs = lookEveryMs.first;

  constructor(
    private readonly transport: Transport,
    private readonly query: Query,
    private readonly options: WaitOptions,
  ) {
    this.#deadline = performance.now() + (options.timeoutMs ?? Infinity);
  }

  /** Milliseconds until the deadline; Infinity without one. */
  get leftMs(): number {
    return this.#deadline - performance.now();
  }

  /** The first one at once, and an end at the deadline only. What happens after a stream is open brings another moment, and
   * its opening is one as well: nothing is missed. */
  async *moments(): AsyncGenerator<void, void, undefined> {
    yield;
    while (this.leftMs > 0) {
      try {
        yield* this.#byStream();
      } catch (why) {
        if (!passes(why) && !(why instanceof NotFound)) throw why;
        yield* this.#byTime(why);
      }
    }
  }

  async *#byStream(): AsyncGenerator<void, void, undefined> {
    const silence = () => Math.min(silenceMsMax, Math.max(1, this.leftMs));
    const stream = await Stream.open(this.transport, this.query, undefined, silence(), this.options.signal);
    let began = false;
    for await (const event of stream) {
      if (event || !began) yield;
      began = true;
      this.#pauseMs = lookEveryMs.first;
      if (this.leftMs <= 0) return;
      stream.silenceMs = silence();
    }
    throw new OutcomeUnknown("the stream of events ended");
  }

  /** There is no stream: a look, and a pause that grows. */
  async *#byTime(why: CallboardError): AsyncGenerator<void, void, undefined> {
    yield;
    const pauseMs = Math.max(this.#pauseMs, Math.min(why.retryAfterMs ?? 0, lookEveryMs.max));
    this.#pauseMs = Math.min(lookEveryMs.max, this.#pauseMs * 2);
    await sleep(Math.max(0, Math.min(pauseMs, this.leftMs)), this.options.signal);
  }
}

/** What is at `path`, once its `member` says that it has ended. `of`: whose events bring a new look.
 * Error: WaitTimeout, and without a timeout what keeps the scheduler from being asked for `Retries.totalMs`. */
export async function wait(transport: Transport, path: string, member: "status" | "state", of: Query, options: WaitOptions): Promise<unknown> {
  const watch = new Watch(transport, { kind: "job.completed,job.failed,job.cancelled", ...of }, options);
  for await (const _ of watch.moments()) {
    const totalMs = Math.max(0, Math.min(transport.retries.totalMs, watch.leftMs));
    try {
      const found = (await transport.call("GET", path, { retries: { ...transport.retries, totalMs }, signal: options.signal })) as Record<string, unknown>;
      if (ended.includes(String(found[member]))) return found;
    } catch (why) {
      if (options.timeoutMs === undefined || !(passes(why) || why instanceof QueueFull)) throw why;
    }
  }
  throw new WaitTimeout(`${decodeURIComponent(path.slice(path.lastIndexOf("/") + 1))} has not ended within ${options.timeoutMs} ms`);
}
