// A real scheduler for a test, on free ports, with its data in a folder of its own; and a client whose exchanges are kept, so
// that test_typescript.py can compare them with the description of the interface.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test as nodeTest } from "node:test";
import { Client, type ClientOptions } from "callboard";
import { Relay } from "./relay.js";

/** Milliseconds. They bound a test that fails, and say nothing about how fast things are. */
export const patienceMs = Number(process.env.CALLBOARD_TEST_PATIENCE ?? 60) * 1000;

/** A test that ends, whatever it waits for. */
export function test(name: string, body: () => void | Promise<void>): void {
  void nodeTest(name, { timeout: 2 * patienceMs }, body);
}

/** The first true value, asked for again and again. */
export async function waitUntil<T>(condition: () => T | false | Promise<T | false>, what: string): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    assert.ok(performance.now() < deadline, `waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export class Scheduler {
  port = 0;
  readonly #folder = mkdtempSync(join(tmpdir(), "callboard-typescript-"));
  #process: ChildProcess | undefined;

  constructor(
    private readonly workers: number,
    private readonly environment: Record<string, string> = {},
  ) {}

  async start(): Promise<void> {
    const log = openSync(this.#log, "a");
    this.#process = spawn(
      process.env.CALLBOARD_PROGRAM ?? "callboard",
      ["serve", "--data", join(this.#folder, "data"), "--http", "127.0.0.1:0", "--workers", String(this.workers), "--slots", "4"],
      { stdio: ["ignore", "pipe", log], env: { ...process.env, ...this.environment } },
    );
    closeSync(log);
    const [line] = await Promise.race([once(createInterface(this.#process.stdout!), "line"), once(this.#process, "exit").then(() => [undefined])]);
    assert.ok(line, `the scheduler ended instead of saying that it is ready\n${this.log()}`);
    this.port = Number(/:(\d+)\/?$/.exec((JSON.parse(String(line)) as { http: string }).http)?.[1]);
  }

  get address(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get #log(): string {
    return join(this.#folder, "log");
  }

  log(): string {
    return readFileSync(this.#log, "utf8").slice(-4000);
  }

  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async close(): Promise<void> {
    const code = await this.#end("SIGTERM");
    const log = this.log();
    rmSync(this.#folder, { recursive: true, force: true });
    assert.equal(code, 0, `the scheduler's exit code was ${code}\n${log}`);
  }

  async #end(signal: NodeJS.Signals): Promise<unknown> {
    const child = this.#process;
    if (!child || child.exitCode !== null) return child?.exitCode ?? 0;
    const exit = once(child, "exit");
    child.kill(signal);
    return (await exit)[0];
  }
}

/** A scheduler behind a relay, and a client of it. */
export class Case {
  readonly scheduler: Scheduler;
  readonly relay = new Relay();
  /** Streams of events that were opened. */
  streams = 0;
  client!: Client;

  constructor(
    settings: { workers?: number; environment?: Record<string, string> } = {},
    private readonly options: ClientOptions = {},
  ) {
    this.scheduler = new Scheduler(settings.workers ?? 1, settings.environment);
  }

  async open(): Promise<void> {
    await this.scheduler.start();
    await this.relay.listen(this.scheduler.port);
    this.client = new Client({ server: this.relay.address, fetch: this.#fetch, ...this.options });
  }

  async close(): Promise<void> {
    this.relay.close();
    await this.scheduler.close();
  }

  /** A kill -9, and a new process with the same data at another port. */
  async restart(): Promise<void> {
    await this.scheduler.kill();
    await this.scheduler.start();
    this.relay.port = this.scheduler.port;
  }

  #fetch: typeof fetch = recordingFetch(() => this.relay.address, () => this.streams++);
}

/** A fetch whose exchanges with the server are kept. `onStream`: a stream of events was opened. */
export function recordingFetch(server: () => string, onStream?: () => void): typeof fetch {
  return async (input, init) => {
    const answer = await fetch(input, init);
    const target = String(input).slice(server().length);
    if (answer.headers.get("Content-Type")?.startsWith("text/event-stream")) {
      onStream?.();
      return answer;
    }
    const text = await answer.clone().text();
    const sent = typeof init?.body === "string" ? (JSON.parse(init.body) as unknown) : null;
    const exchange = { method: init?.method, target, sent, status: answer.status, value: text ? (JSON.parse(text) as unknown) : null };
    if (process.env.CALLBOARD_EXCHANGES) appendFileSync(process.env.CALLBOARD_EXCHANGES, JSON.stringify(exchange) + "\n");
    return answer;
  };
}

export async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const out: T[] = [];
  for await (const row of rows) out.push(row);
  return out;
}
