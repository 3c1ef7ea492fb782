// A worker over HTTP for test_typescript_worker.py: `worker_program.js SERVER NAME FILE SLOTS GRACE`. What it does goes into FILE, a line
// each: `begin JOB FENCE`, `end JOB FENCE HOW`. Its types are those of tests/e2e/http_worker_program.py, and more.
import { appendFileSync, existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "callboard";
import { type Attempt, Failed, Snooze, Stopped, Worker } from "callboard/worker";
import { recordingFetch } from "./scheduler.js";

const [server = "", name = "", file = "", slots = "", grace = ""] = process.argv.slice(2);

function note(word: string, job: Attempt, ...more: string[]): void {
  appendFileSync(file, [word, job.id, job.fence, ...more].join(" ") + "\n");
}

/** Runs until it is told to stop, or the file of that name is there. */
async function wait(job: Attempt<{ until: string }>): Promise<unknown> {
  note("begin", job);
  job.progress(40, "waits");
  job.log("it waits");
  job.saveCheckpoint(`attempt ${job.attempt}`);
  while (!existsSync(job.payload.until)) {
    try {
      await sleep(20, undefined, { signal: job.signal });
    } catch (why) {
      note("end", job, job.stopReason ?? "unknown");
      throw why;
    }
  }
  note("end", job, "done");
  return { by: name, attempt: job.attempt };
}

/** Its first attempt has a result, but not before it is told to stop. */
async function late(job: Attempt): Promise<unknown> {
  note("begin", job);
  if (job.attempt === 1) await sleep(600_000, undefined, { signal: job.signal }).catch(() => undefined);
  note("end", job, job.stopReason ?? "done");
  return { attempt: job.attempt };
}

/** Cares for nothing, and blocks the event loop from its first attempt's beginning on. */
function hang(job: Attempt<{ ticks?: string }>): unknown {
  note("begin", job);
  if (job.payload.ticks !== undefined && job.attempt > 1) return { attempt: job.attempt };
  for (;;) if (job.payload.ticks !== undefined) appendFileSync(job.payload.ticks, `${job.fence} ${process.hrtime.bigint()}\n`);
}

/** Cares for nothing either, but does not block. */
function deaf(job: Attempt): Promise<unknown> {
  note("begin", job);
  return new Promise(() => undefined);
}

async function soft(job: Attempt): Promise<unknown> {
  note("begin", job);
  await new Promise((resolve) => job.softSignal.addEventListener("abort", resolve));
  if (job.signal.aborted) throw new Stopped();
  return { half: true };
}

/** Goes on where the attempt before it was. */
function resume(job: Attempt): unknown {
  if (job.checkpoint !== undefined) return { from: job.checkpoint };
  for (let line = 0; line < 100; line++) job.log(`line ${line}`);
  job.saveCheckpoint("half");
  throw new Failed("AGAIN", "half of it", { retryAfterMs: 10 });
}

function fail(job: Attempt<{ how?: string }>): unknown {
  const { how } = job.payload;
  const circle: { self?: unknown } = {};
  circle.self = circle;
  if (how === "snooze" && job.attempt === 1) throw new Snooze(50, "not yet");
  if (how === "final") throw new Failed("NO_WAY", "it cannot be done", { retryable: false, result: { why: 1 } });
  if (how === "unknown") throw new RangeError("a bug");
  if (how === "bad") return circle;
  if (how === "number") return 1n;
  if (how === "function") return fail;
  if (how === "text") throw "a text";
  return undefined;
}

const schema = { type: "object", properties: { numbers: { type: "array", items: { type: "number" } } }, required: ["numbers"] };
const add = (job: Attempt<{ numbers: number[] }>) => {
  note("begin", job);
  note("end", job, "done");
  return { sum: job.payload.numbers.reduce((a, b) => a + b, 0) };
};

const client = new Client({ server, fetch: recordingFetch(() => server) });
const worker = new Worker(client, {
  name,
  slots: Number(slots),
  graceMs: Number(grace) * 1000,
  log: (level, text) => process.stderr.write(`${level} ${text}\n`),
  types: {
    "test.add": { run: add, version: "1.0", summary: "Adds numbers", schema },
    "test.wait": wait,
    "test.late": late,
    "test.hang": hang,
    "test.deaf": deaf,
    "test.soft": soft,
    "test.resume": resume,
    "test.fail": fail,
  },
});
await worker.run();
