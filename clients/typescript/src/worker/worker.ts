/** A worker in Node.js: runs job types that are functions of yours, over HTTP. */
import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import { hostname } from "node:os";
import type { Client } from "../client.js";
import type { WorkerResources, WorkerSignUp } from "../types/index.js";
import { Attempts } from "./attempts.js";
import type { JobFunction, JobType } from "./function.js";
import { Lease } from "./lease.js";
import { Run } from "./run.js";
import { type Log, Session } from "./session.js";

const usualSlots = 4;

export interface WorkerOptions {
  /** What it does, by job type. */
  types: Readonly<Record<string, JobFunction | JobType>>;
  /** Of its own among all workers; without one it is made of the host's name and drawn letters. */
  name?: string;
  /** Attempts at once; 4 when left out. */
  slots?: number;
  /** What there is for jobs that ask for it, as `{ cpu: 2, memory: "1GiB", labels: { zone: "eu" } }`. */
  resources?: WorkerResources;
  /** Milliseconds that running jobs have to end when the worker leaves; 10,000 when left out. */
  graceMs?: number;
  /** A small process ends this one when it holds jobs that others may run by now; it does when left out. */
  guard?: boolean;
  /** SIGTERM and SIGINT are `stop`; they are when left out. */
  signals?: boolean;
  /** Without one, warnings and errors go to the standard error. */
  log?: Log;
}

/** Joins the scheduler of a client and runs jobs, `slots` at once. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #who: WorkerSignUp;
  readonly #functions: ReadonlyMap<string, JobFunction>;
  readonly #log: Log;
  readonly #leaving = new AbortController();
  readonly #hurry = new AbortController();
  #hasRun = false;

  constructor(
    private readonly client: Client,
    options: WorkerOptions,
  ) {
    const types = Object.entries(options.types);
    if (types.length === 0) throw new TypeError("a worker needs functions: new Worker(client, { types: { … } })");
    this.#options = options;
    this.#functions = new Map(types.map(([name, type]) => [name, typeof type === "function" ? type : type.run]));
    this.#log = options.log ?? logToStandardError;
    const host = hostname();
    this.#who = {
      name: options.name ?? `${host.split(".", 1)[0]?.slice(0, 40)}-${process.pid}-${randomUUID().slice(0, 6)}`,
      instance: randomUUID(),
      types: types.map(([name, type]) => ({ ...(typeof type === "function" ? {} : { ...type, run: undefined }), name })),
      slots: options.slots ?? usualSlots,
      ...(options.resources && { resources: options.resources }),
      host: host.slice(0, 255),
      pid: process.pid,
    };
  }

  /** How it is listed. */
  get name(): string {
    return this.#who.name;
  }

  /** Takes no more jobs, lets those that run end within the grace, and leaves; a second call ends the grace. */
  stop(): void {
    if (this.#leaving.signal.aborted) this.#hurry.abort();
    this.#leaving.abort();
  }

  /** Runs until SIGTERM, SIGINT, `stop`, or a drain by the scheduler. It is rejected when the scheduler does not want this worker. */
  async run(): Promise<void> {
    if (this.#hasRun) throw new Error("a worker runs once");
    this.#hasRun = true;
    const over = new AbortController();
    const leaving = this.#leaving.signal;
    setMaxListeners(0, leaving, this.#hurry.signal, over.signal); // one for each request that is on its way
    const lease = await Lease.open(this.#options.guard ?? true);
    const giveBack = this.#takeSignals();
    try {
      const attempts = new Attempts(lease);
      const session = new Session(this.client, this.#who, lease, () => attempts.held, over.signal, this.#log);
      if (!(await session.renewed(0, leaving))) return;
      const { slots = usualSlots, graceMs = 10_000 } = this.#options;
      const how = { slots, graceMs, functions: this.#functions, log: this.#log, stop: () => this.stop() };
      await new Run({ session, lease, attempts, leaving, hurry: this.#hurry.signal, over, ...how }).untilLeft();
    } finally {
      over.abort();
      giveBack();
      await lease.close();
    }
  }

  #takeSignals(): () => void {
    if (this.#options.signals === false) return () => undefined;
    const stop = () => this.stop();
    const numbers = ["SIGTERM", "SIGINT"] as const;
    for (const number of numbers) process.on(number, stop);
    return () => {
      for (const number of numbers) process.off(number, stop);
    };
  }
}

function logToStandardError(level: Parameters<Log>[0], text: string): void {
  if (level !== "info") process.stderr.write(`callboard: ${level}: ${text}\n`);
}
