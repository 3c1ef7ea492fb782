/** The client: jobs, and the ways to the other resources. */
import { CallboardError, Conflict, errorOf } from "./errors.js";
import { follow } from "./events.js";
import { newKey } from "./key.js";
import { pages, Queues, Schedules, Templates, Workflows } from "./resources.js";
import { type CallOptions, pathOf, type Retries, Transport } from "./transport.js";
import type { BatchAnswer, BatchJob, Event, Explanation, Job, JobPatch, JobStatus, JobSubmit, Submitted } from "./types/index.js";
import { wait, type WaitOptions } from "./wait.js";

/** Jobs of a batch that go in one request; the scheduler takes 10,000 (jobs.batch_jobs_max). */
const batchJobsPerRequest = 1000;

export interface ClientOptions {
  /** Address of the scheduler. Without one: in a browser where the page is from, elsewhere CALLBOARD_SERVER of the
   * environment, or http://127.0.0.1:8080. */
  server?: string;
  /** Milliseconds to wait for an answer; 60,000 when left out. */
  timeoutMs?: number;
  /** What becomes of failures that pass: for a minute, with waits from 100 ms to 5 s. */
  retries?: Partial<Retries>;
  /** Sent with each request, for what stands before the scheduler. */
  headers?: Readonly<Record<string, string>>;
  /** In place of the global one. */
  fetch?: typeof fetch;
}

/** Which jobs, and what of them. Several values are one of them. */
export interface JobFilter {
  status?: JobStatus | readonly JobStatus[];
  type?: string;
  queue?: string;
  tag?: string;
  key?: string;
  workflow?: string;
  template?: string;
  priority?: number;
  held?: boolean;
  /** Created at this time (RFC 3339) or later. */
  from?: string;
  /** Created before this time. */
  to?: string;
  include?: "payload" | "result" | readonly ("payload" | "result")[];
  /** How many are asked for at a time. */
  page?: number;
}

/** Which events. What is named must all fit. */
export interface EventFilter {
  /** Kinds, or families of them: `job.failed`, `worker`. */
  kind?: string | readonly string[];
  id?: string;
  queue?: string;
  type?: string;
  workflow?: string;
  worker?: string;
}

/** A job whose result is known to be of this type. */
export type JobWith<Result> = Omit<Job, "result"> & { result?: Result };

/** A client of one scheduler. Its methods reject with a `CallboardError`. */
export class Client {
  readonly workflows: Workflows;
  readonly schedules: Schedules;
  readonly templates: Templates;
  readonly queues: Queues;
  readonly #transport: Transport;

  constructor(options: ClientOptions = {}) {
    this.#transport = new Transport({
      server: options.server ?? usualServer(),
      timeoutMs: options.timeoutMs ?? 60_000,
      retries: { totalMs: 60_000, baseMs: 100, capMs: 5000, ...options.retries },
      headers: options.headers ?? {},
      fetch: options.fetch ?? globalThis.fetch,
    });
    this.workflows = new Workflows(this.#transport);
    this.schedules = new Schedules(this.#transport);
    this.templates = new Templates(this.#transport);
    this.queues = new Queues(this.#transport);
  }

  /** Submits a job; `fields` are named as in the REST interface (`maxRetries`, `queue`). It is accepted once, however often it
   * has to be sent: without an `idempotencyKey` of yours it gets one. */
  async submit(jobType: string, payload?: unknown, fields: Omit<JobSubmit, "jobType" | "payload"> = {}): Promise<Submitted> {
    const body: JobSubmit = { ...fields, jobType, payload, idempotencyKey: fields.idempotencyKey ?? (await newKey()) };
    return this.call("POST", "/api/jobs/submit", { body, safe: true });
  }

  /** Submits jobs; the answer has for each of them what became of it: an error, or the job. With `atomic` all of them are
   * accepted or none, and an error is thrown. Jobs that depend on each other (`"#0"` is the first one) are atomic, and so at
   * most 10,000. */
  async submitMany(jobs: Iterable<BatchJob>, options: { atomic?: boolean } = {}): Promise<(Submitted | CallboardError)[]> {
    const keyed: BatchJob[] = [];
    for (const job of jobs) keyed.push({ ...job, idempotencyKey: job.idempotencyKey ?? (await newKey()) });
    const whole = options.atomic || keyed.some(namesPosition);
    const step = whole ? Math.max(1, keyed.length) : batchJobsPerRequest;
    const out: (Submitted | CallboardError)[] = [];
    for (let at = 0; at < keyed.length; at += step) {
      const query = { atomic: options.atomic || undefined };
      const body = keyed.slice(at, at + step);
      const answer = await this.call<BatchAnswer>("POST", "/api/jobs/batch", { body, query, safe: true });
      for (const item of answer.items) out.push("error" in item ? errorOf(item.error) : item);
    }
    return out;
  }

  /** The job as it is now, with its payload and its result. */
  get<Result = unknown>(id: string): Promise<JobWith<Result>> {
    return this.call("GET", jobPath(id));
  }

  /** The job with its `history`, without payload and result. */
  history(id: string): Promise<Job> {
    return this.call("GET", jobPath(id, "history"));
  }

  /** The last lines that its handler logged. */
  async logs(id: string): Promise<string[]> {
    return (await this.call<{ lines: string[] }>("GET", jobPath(id, "logs"))).lines;
  }

  /** Why it waits, where it runs, or what became of it. */
  explain(id: string): Promise<Explanation> {
    return this.call("GET", jobPath(id, "explain"));
  }

  /** All jobs that fit, newest first. */
  list(filter: JobFilter = {}): AsyncGenerator<Job, void, undefined> {
    const { page, ...query } = filter;
    return pages(this.#transport, "/api/jobs", "jobs", { ...query, limit: page });
  }

  /** Cancels the job, and answers how it is then. One that is cancelled already stays as it is. */
  async cancel(id: string, reason?: string): Promise<Job> {
    try {
      return await this.call("POST", jobPath(id, "cancel"), { body: { reason }, safe: true });
    } catch (why) {
      if (!(why instanceof Conflict)) throw why;
      const job = await this.get(id);
      if (job.status !== "cancelled") throw why;
      return job;
    }
  }

  /** Tries a failed job again. `OutcomeUnknown` when no answer came: look at the job before you ask again. */
  retry(id: string): Promise<Job> {
    return this.call("POST", jobPath(id, "retry"), { body: {} });
  }

  /** Changes a job that has not started. */
  change(id: string, fields: JobPatch): Promise<Job> {
    return this.call("PATCH", jobPath(id), { body: fields, safe: true });
  }

  /** The job does not start before it is released. */
  hold(id: string, reason?: string): Promise<Job> {
    return this.change(id, reason === undefined ? { held: true } : { held: true, reason });
  }

  release(id: string): Promise<Job> {
    return this.change(id, { held: false });
  }

  /** The job once it has ended: `completed`, `failed` or `cancelled`. Error: WaitTimeout. */
  async wait<Result = unknown>(id: string, options: WaitOptions = {}): Promise<JobWith<Result>> {
    return (await wait(this.#transport, jobPath(id), "status", { id }, options)) as JobWith<Result>;
  }

  /** What happens, as it happens, without an end; `after: "0-0"` begins with the oldest event that is kept. A connection that
   * breaks is opened again, and goes on behind the last event. */
  events(filter: EventFilter = {}, options: { after?: string; signal?: AbortSignal } = {}): AsyncGenerator<Event, void, undefined> {
    return follow(this.#transport, { ...filter }, options.after, options.signal);
  }

  /** Any other request of the REST interface (docs/api.md). */
  async call<T = unknown>(method: string, path: string, options: CallOptions = {}): Promise<T> {
    return (await this.#transport.call(method, path, options)) as T;
  }
}

function usualServer(): string {
  const { location, process } = globalThis as { location?: Location; process?: { env?: Record<string, string | undefined> } };
  return process?.env?.CALLBOARD_SERVER || (/^https?:/.test(location?.origin ?? "") ? location?.origin : "") || "http://127.0.0.1:8080";
}

function jobPath(id: string, ...more: string[]): string {
  return pathOf("/api/jobs", id, ...more);
}

/** Whether a job of a batch depends on another one of it. */
function namesPosition(job: BatchJob): boolean {
  return (job.dependencies ?? []).some((entry) => (typeof entry === "string" ? entry : entry.id).startsWith("#"));
}
