/** The stream of events: what happens, as it happens. */
import { CallboardError, OutcomeUnknown, passes } from "./errors.js";
import { Limit } from "./time.js";
import { broken, errorIn, Patience, type Query, queryText, retryAfterOf, type Transport } from "./transport.js";
import type { Event } from "./types/index.js";

/** Milliseconds. The scheduler says something every 15 s (events.keep_alive): what is silent for longer is broken. */
export const silenceMsMax = 45_000;
/** Characters of one event, far above any: a reason is cut after 200 bytes. */
const eventCharactersMax = 1 << 20;

const what = "the stream of events";

/** One connection to `GET /api/events`. Iterating gives events, and undefined for each sign of life besides, the first of
 * which says that the stream is open. */
export class Stream {
  /** Milliseconds that may pass without a word. */
  silenceMs = silenceMsMax;
  #lastId: string | undefined;
  #nextId: string | undefined;
  #data: string[] = [];

  private constructor(
    private readonly body: ReadableStream<Uint8Array>,
    private readonly limit: Limit,
    private readonly signal: AbortSignal | undefined,
    lastId: string | undefined,
  ) {
    this.#lastId = this.#nextId = lastId;
  }

  /** Opens one, behind the event with this id. */
  static async open(transport: Transport, query: Query, lastId?: string, silenceMs = silenceMsMax, signal?: AbortSignal): Promise<Stream> {
    const limit = new Limit(signal);
    limit.within(silenceMs);
    try {
      const headers: Record<string, string> = { Accept: "text/event-stream" };
      if (lastId !== undefined) headers["Last-Event-ID"] = lastId;
      const answer = await transport.fetch("GET", "/api/events" + queryText(query), headers, limit.signal);
      if (answer.status !== 200 || !answer.body) {
        const value: unknown = await answer.json().catch(() => undefined);
        throw errorIn(value, `${what} was answered ${answer.status}`, answer.status, retryAfterOf(answer));
      }
      limit.pause();
      const stream = new Stream(answer.body, limit, signal, lastId);
      stream.silenceMs = silenceMs;
      return stream;
    } catch (why) {
      const aborted = signal?.aborted;
      limit.end();
      if (aborted) throw signal?.reason;
      throw why instanceof CallboardError ? why : broken(`${what} did not begin`, why);
    }
  }

  /** Of the last event; a stream that goes on from here misses none. */
  get lastId(): string | undefined {
    return this.#lastId;
  }

  close(): void {
    this.limit.end();
  }

  /** Ends when the stream does. Error: OutcomeUnknown when it breaks, or is silent for too long. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Event | undefined, void, undefined> {
    const reader = this.body.getReader();
    const decoder = new TextDecoder();
    let rest = ""; // a line that has not ended
    try {
      for (;;) {
        const part = await this.#next(reader);
        if (part.done) return;
        const lines = (rest + decoder.decode(part.value, { stream: true })).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          const event = this.#take(line.endsWith("\r") ? line.slice(0, -1) : line);
          if (event !== null) yield event;
        }
        if (rest.length > eventCharactersMax) throw new OutcomeUnknown(`${what} has a line without an end`);
      }
    } finally {
      this.close();
    }
  }

  /** The time counts only here, and not while the reader does something else. */
  async #next(reader: ReadableStreamDefaultReader<Uint8Array>) {
    this.limit.within(this.silenceMs);
    try {
      return await reader.read();
    } catch (why) {
      if (this.signal?.aborted) throw this.signal.reason;
      throw broken(`${what} broke`, why);
    } finally {
      this.limit.pause();
    }
  }

  /** What a line completes: an event, undefined for a sign of life, null for nothing yet. */
  #take(line: string): Event | undefined | null {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "id") this.#nextId = value;
    else if (name === "data") this.#data.push(value);
    if (line !== "") return null;
    const data = this.#data.join("\n");
    this.#data = [];
    this.#lastId = this.#nextId;
    if (data === "") return undefined;
    try {
      return JSON.parse(data) as Event;
    } catch (why) {
      throw new OutcomeUnknown(`${what} has an event that is not JSON`, { cause: why });
    }
  }
}

/** Events without an end. A stream that breaks is opened again behind the last event; the scheduler says `reset` where it has
 * not kept what came in between. */
export async function* follow(transport: Transport, query: Query, after?: string, signal?: AbortSignal): AsyncGenerator<Event, void, undefined> {
  const patience = new Patience(transport.retries, signal);
  let lastId = after;
  for (;;) {
    try {
      const stream = await Stream.open(transport, query, lastId, silenceMsMax, signal);
      for await (const event of stream) {
        patience.renew();
        lastId = stream.lastId;
        if (event) yield event;
      }
      throw new OutcomeUnknown(`${what} ended`);
    } catch (why) {
      if (!passes(why)) throw why;
      await patience.pause(why);
    }
  }
}
