/** Requests over HTTP, and which of them are sent again. */
import { CallboardError, errorOf, OutcomeUnknown, passes, QueueFull, Unreachable } from "./errors.js";
import { Limit, sleep } from "./time.js";

/** How long, and how often, a request is sent again that failed for a reason that passes. */
export interface Retries {
  /** Milliseconds from the first try within which another one begins; 0: none. */
  totalMs: number;
  /** Milliseconds, the bound of the first wait; it doubles from try to try. */
  baseMs: number;
  /** Milliseconds; no wait of our own is longer. */
  capMs: number;
}

export type Query = Readonly<Record<string, undefined | null | string | number | boolean | readonly string[]>>;

export interface CallOptions {
  query?: Query | undefined;
  /** What goes as JSON. */
  body?: unknown;
  /** It may be done twice; a GET may, if nothing else is said. */
  safe?: boolean;
  retries?: Retries;
  /** Milliseconds to wait for an answer, in place of the client's. */
  timeoutMs?: number;
  /** Ends it; the promise is rejected with the signal's reason. */
  signal?: AbortSignal | undefined;
}

export interface TransportOptions {
  /** Address of the scheduler. */
  server: string;
  /** Milliseconds to wait for an answer. */
  timeoutMs: number;
  retries: Retries;
  /** Sent with each request, for what stands before the scheduler. */
  headers: Readonly<Record<string, string>>;
  fetch: typeof fetch;
}

interface Answer {
  status: number;
  text: string;
  retryAfterMs: number | undefined;
}

/** The tries of one request. */
export class Patience {
  #until: number;
  #tries = 0;

  constructor(
    private readonly retries: Retries,
    private readonly signal?: AbortSignal,
  ) {
    this.#until = performance.now() + retries.totalMs;
  }

  /** Waits before the next try; throws `why` when there shall be none. The wait is drawn evenly, so that many clients do
   * not come at once, and is not below what the scheduler told. */
  async pause(why: CallboardError): Promise<void> {
    const bound = Math.min(this.retries.capMs, this.retries.baseMs * 2 ** Math.min(this.#tries++, 30));
    const wait = Math.max(Math.random() * bound, why.retryAfterMs ?? 0);
    if (performance.now() + wait > this.#until) throw why;
    await sleep(wait, this.signal);
  }

  /** It works again: what comes now is another trouble. */
  renew(): void {
    this.#until = performance.now() + this.retries.totalMs;
    this.#tries = 0;
  }
}

/** A path of these segments, which may be any names. */
export function pathOf(path: string, ...segments: string[]): string {
  return [path, ...segments.map(encodeURIComponent)].join("/");
}

export function queryText(query: Query = {}): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== null) pairs.set(name, Array.isArray(value) ? value.join(",") : String(value));
  const text = pairs.toString();
  return text && `?${text}`;
}

/** Talks to one scheduler. */
export class Transport {
  readonly server: string;
  readonly retries: Retries;
  readonly #options: TransportOptions;

  constructor(options: TransportOptions) {
    this.server = addressOf(options.server);
    this.retries = options.retries;
    this.#options = options;
  }

  /** A request whose answer is the caller's to read. Rejects with what `fetch` rejects with. */
  fetch(method: string, target: string, headers: Record<string, string>, signal: AbortSignal, content?: string): Promise<Response> {
    const { fetch } = this.#options; // not a method of the options: browsers want it without `this`
    return fetch(this.server + target, { method, headers: { ...this.#options.headers, ...headers }, body: content ?? null, signal });
  }

  /** The JSON of a good answer. What is `safe` is sent again as well when no answer came; anything is sent again when it is
   * certain that nothing was done. */
  async call(method: string, path: string, options: CallOptions = {}): Promise<unknown> {
    const { safe = method === "GET", signal } = options;
    const target = path + queryText(options.query);
    const content = options.body === undefined ? undefined : JSON.stringify(options.body);
    const patience = new Patience(options.retries ?? this.retries, signal);
    for (;;) {
      try {
        return valueOf(`${method} ${target}`, await this.#exchange(method, target, content, options.timeoutMs, signal));
      } catch (why) {
        const again = why instanceof OutcomeUnknown ? safe : passes(why) || why instanceof QueueFull;
        if (!again) throw why;
        await patience.pause(why as CallboardError);
      }
    }
  }

  async #exchange(method: string, target: string, content: string | undefined, timeoutMs: number | undefined, signal?: AbortSignal): Promise<Answer> {
    const limit = new Limit(signal);
    limit.within(timeoutMs ?? this.#options.timeoutMs);
    try {
      const headers: Record<string, string> = content === undefined ? {} : { "Content-Type": "application/json" };
      const answer = await this.fetch(method, target, headers, limit.signal, content);
      return { status: answer.status, text: await answer.text(), retryAfterMs: retryAfterOf(answer) };
    } catch (why) {
      if (signal?.aborted) throw signal.reason;
      throw broken(`${method} ${target}`, why);
    } finally {
      limit.end();
    }
  }
}

function valueOf(what: string, { status, text, retryAfterMs }: Answer): unknown {
  let value: unknown;
  try {
    value = text ? JSON.parse(text) : undefined;
  } catch (why) {
    throw new OutcomeUnknown(`${what} was answered ${status}, and not in JSON`, { status, cause: why });
  }
  if (status < 400) return value;
  throw errorIn(value, `${what} was answered ${status}`, status, retryAfterMs);
}

/** The error that an answer has, or one that says what it was. */
export function errorIn(value: unknown, otherwise: string, status: number, retryAfterMs?: number): CallboardError {
  const error = value instanceof Object && "error" in value ? value.error : undefined;
  return errorOf(error instanceof Object ? error : { message: otherwise }, status, retryAfterMs);
}

export function retryAfterOf(answer: Response): number | undefined {
  const told = answer.headers.get("Retry-After");
  return told !== null && /^\d+$/.test(told) ? Number(told) * 1000 : undefined;
}

/** Why there is no answer: nobody was reached, or it broke. */
export function broken(what: string, why: unknown): CallboardError {
  const cause = why instanceof Error && why.cause instanceof Error ? why.cause : why;
  const text = `${what}: ${why instanceof Error ? why.message : String(why)}${cause instanceof Error && cause !== why ? `: ${reasonOf(cause)}` : ""}`;
  return neverConnected(cause) ? new Unreachable(text, { cause: why }) : new OutcomeUnknown(text, { cause: why });
}

function reasonOf(cause: Error): string {
  return cause.message || String((cause as { code?: unknown }).code ?? cause.name);
}

/** Whether an error of Node.js says that there was no connection. Several addresses of a host are several errors. */
function neverConnected(why: unknown): boolean {
  if (!(why instanceof Error)) return false;
  const { errors, syscall, code } = why as { errors?: unknown[]; syscall?: string; code?: string };
  if (errors) return errors.length > 0 && errors.every(neverConnected);
  return syscall === "connect" || syscall === "getaddrinfo" || code === "UND_ERR_CONNECT_TIMEOUT";
}

function addressOf(server: string): string {
  let url: URL | undefined;
  try {
    url = new URL(server.includes("//") ? server : `http://${server}`);
  } catch {
    url = undefined;
  }
  if (!url || !/^https?:$/.test(url.protocol) || !url.hostname)
    throw new TypeError(`server must be an address such as http://127.0.0.1:8080, not ${JSON.stringify(server)}`);
  return url.origin + url.pathname.replace(/\/+$/, "");
}
