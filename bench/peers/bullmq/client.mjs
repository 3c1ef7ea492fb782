// BullMQ's own client and worker, as load. Usage: node client.mjs COMMAND KEY=VALUE...
//   fill jobs=N                       adds N jobs in bulk
//   submit connections=N (seconds=S | jobs=N)   single adds, each connection one at a time. Prints a line when it is
//                                     ready, and begins when it is given one
//   rate rate=R seconds=S             adds at a fixed rate; payloads carry when they were due
//   work concurrency=N                works until it is killed, and tells by UDP what it has done
// Times are of CLOCK_MONOTONIC, in microseconds. BENCH_REDIS and BENCH_REPORT are ports of 127.0.0.1.
import dgram from "node:dgram";
import { createRequire } from "node:module";

// The library lies where it was installed, not beside this file.
const { Queue, Worker } = createRequire(process.env.BENCH_MODULES + "/")("bullmq");

const [command, ...rest] = process.argv.slice(2);
const given = Object.fromEntries(rest.map((word) => word.split("=")));
const number = (name, otherwise = 0) => Number(given[name] ?? otherwise);
const now = () => Number(process.hrtime.bigint() / 1000n);
const connection = { host: "127.0.0.1", port: Number(process.env.BENCH_REDIS) };
const payload = { to: "user@example.com", subject: "Welcome", body: "Welcome to our service" };
// Finished jobs are not kept: the quickest that BullMQ has.
const open = () => new Queue("bench", { connection, defaultJobOptions: { removeOnComplete: true, removeOnFail: true } });
const pause = (us) => new Promise((resolve) => setTimeout(resolve, Math.max(0, us / 1000)));
const print = (line) => console.log(JSON.stringify(line));

async function fill() {
  const batch = Math.min(number("batch", 1000), number("jobs"));
  const queues = await Promise.all(Array.from({ length: 4 }, async () => { const q = open(); await q.waitUntilReady(); return q; }));
  let left = number("jobs");
  const begin = now();
  await Promise.all(queues.map(async (queue) => {
    while (left > 0) {
      const count = Math.min(batch, left);
      left -= count;
      await queue.addBulk(Array.from({ length: count }, () => ({ name: "noop", data: payload })));
    }
  }));
  print({ jobs: number("jobs"), begin, end: now() });
  process.exit(0);
}

async function submit() {
  const queues = await Promise.all(Array.from({ length: number("connections", 16) }, async () => {
    const queue = open();
    await queue.add("noop", payload); // scripts are loaded with the first
    return queue;
  }));
  print({ ready: true });
  await new Promise((resolve) => process.stdin.once("data", resolve));
  const begin = now();
  const end = given.seconds ? begin + number("seconds") * 1e6 : Infinity;
  let left = given.jobs ? number("jobs") : Infinity;
  let jobs = 0;
  await Promise.all(queues.map(async (queue) => {
    while (left > 0 && now() < end) {
      --left;
      await queue.add("noop", payload);
      ++jobs;
    }
  }));
  print({ jobs, warm: queues.length, begin, end: now() });
  process.exit(0);
}

async function rate() {
  const queues = await Promise.all(Array.from({ length: 16 }, async () => { const q = open(); await q.waitUntilReady(); return q; }));
  const total = Math.round(number("rate") * number("seconds"));
  const begin = now() + 100000;
  const under_way = [];
  for (let i = 0; i < total; ++i) {
    const due = begin + (i * 1e6) / number("rate");
    // A timer of Node.js is late by up to a millisecond; the rest is spent looking at the clock.
    while (due - now() > 1500) await pause(due - now() - 1500);
    while (now() < due) await new Promise(setImmediate);
    under_way.push(queues[i % queues.length].add("noop", { ...payload, due: Math.round(due) }));
  }
  await Promise.all(under_way);
  print({ jobs: total, begin, end: now() });
  process.exit(0);
}

function work() {
  const socket = dgram.createSocket("udp4");
  const port = Number(process.env.BENCH_REPORT);
  let done = 0, at = 0, told = -1, latencies = [];
  const worker = new Worker("bench", async (job) => {
    if (job.data.due) latencies.push(now() - job.data.due);
  }, { connection, concurrency: number("concurrency", 4) });
  worker.on("completed", () => { ++done; at = now(); });
  worker.on("error", (why) => console.error(why.message));
  worker.waitUntilReady().then(() => setInterval(() => {
    if (told === done && latencies.length === 0) return;
    told = done;
    socket.send(JSON.stringify({ pid: process.pid, done, at, latencies: latencies.splice(0, 1000) }), port, "127.0.0.1");
  }, 5));
}

await { fill, submit, rate, work }[command]();
