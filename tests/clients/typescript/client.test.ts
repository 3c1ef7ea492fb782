// The TypeScript client against a real scheduler: what its methods do.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { BadRequest, type BatchJob, CallboardError, Conflict, NotFound, type Submitted, WaitTimeout } from "callboard";
import { all, Case, patienceMs, test, waitUntil } from "./scheduler.js";

const c = new Case();
const timeoutMs = patienceMs;
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

before(() => c.open());
after(() => c.close());

function accepted(made: Submitted | CallboardError | undefined): Submitted {
  assert.ok(made && !(made instanceof CallboardError), String(made));
  return made;
}

test("a job from its submit to its result", async () => {
  const job = await c.client.submit("exec", { argv: ["/bin/echo", "hello"] }, { tags: ["one"], maxRetries: 1 });
  const ended = await c.client.wait<{ stdout: string }>(job.jobID, { timeoutMs });
  assert.deepEqual([ended.status, ended.result?.stdout, ended.maxRetries], ["completed", "hello\n", 1]);
  assert.deepEqual(await c.client.get(job.jobID), ended);
  assert.equal((await c.client.history(job.jobID)).history?.[0]?.status, "queued");
  assert.equal((await c.client.explain(job.jobID)).reasons[0]?.code, "ended");
  assert.ok(Array.isArray(await c.client.logs(job.jobID)));
});

test("the same key is the same job", async () => {
  const first = await c.client.submit("noop", undefined, { idempotencyKey: "k1" });
  const again = await c.client.submit("noop", undefined, { idempotencyKey: "k1" });
  assert.deepEqual([again.jobID, again.duplicate], [first.jobID, true]);
  assert.notEqual((await c.client.submit("noop")).jobID, first.jobID);
});

test("holding, changing and cancelling", async () => {
  const { jobID: job } = await c.client.submit("noop", {}, { held: true });
  await assert.rejects(c.client.wait(job, { timeoutMs: 0 }), WaitTimeout);
  assert.equal((await c.client.change(job, { priority: 8 })).priority, 8);
  assert.equal((await c.client.release(job)).held, undefined);
  assert.equal((await c.client.wait(job, { timeoutMs })).status, "completed");
  await assert.rejects(c.client.cancel(job), Conflict);
  const { jobID: other } = await c.client.submit("noop", {}, { held: true });
  const { jobID: later } = await c.client.submit("noop", {}, { scheduleAt: inSeconds(600) });
  assert.equal((await c.client.hold(later, "an audit")).holdReason, "an audit");
  for (let time = 0; time < 2; time++)
    assert.equal((await c.client.cancel(other, "not needed")).status, "cancelled"); // the second time it is cancelled already
  assert.match((await c.client.history(other)).history?.at(-1)?.reason ?? "", /not needed/);
});

test("a failed job is tried again", async () => {
  const { jobID: job } = await c.client.submit("exec", { argv: ["/bin/false"] }, { maxRetries: 0 });
  assert.equal((await c.client.wait(job, { timeoutMs })).status, "failed");
  assert.ok(["retrying", "running", "failed"].includes((await c.client.retry(job)).status));
  const again = await waitUntil(async () => {
    const found = await c.client.get(job);
    return found.attempt === 2 && found.status === "failed" && found;
  }, "attempt 2");
  assert.equal(again.error?.code, "EXIT_STATUS");
});

test("lists go over all pages", async () => {
  const made = await c.client.submitMany(Array.from({ length: 25 }, (_, n): BatchJob => ({ jobType: "noop", tags: ["many"], payload: { n } })));
  const listed = await all(c.client.list({ tag: "many", page: 10, include: ["payload"] }));
  assert.deepEqual(listed.map((job) => job.id), made.map((job) => accepted(job).jobID).reverse());
  assert.deepEqual(listed[0]?.payload, { n: 24 });
  assert.deepEqual(await all(c.client.list({ tag: "many", status: ["failed", "retrying"] })), []);
  assert.deepEqual(await all(c.client.list({ from: inSeconds(3600) })), []);
});

test("many jobs, and what became of each", async () => {
  const made = await c.client.submitMany([{ jobType: "noop" }, { jobType: "noop", priority: 11 }, { jobType: "none" }]);
  assert.equal(accepted(made[0]).status, "queued");
  assert.ok(made[1] instanceof BadRequest && made[2] instanceof BadRequest);
  assert.deepEqual([made[1].code, made[1].field], ["out_of_range", "jobs[1].priority"]);
  await assert.rejects(c.client.submitMany([{ jobType: "noop", tags: ["none"] }, { jobType: "none" }], { atomic: true }), BadRequest);
  assert.deepEqual(await all(c.client.list({ tag: "none" })), []);
  const chain = await c.client.submitMany([{ jobType: "noop" }, { jobType: "noop", dependencies: ["#0"] }]);
  assert.deepEqual((await c.client.get(accepted(chain[1]).jobID)).dependencies, [accepted(chain[0]).jobID]);
  assert.deepEqual(await c.client.submitMany([]), []);
  const large = await c.client.submitMany(Array.from({ length: 1234 }, (): BatchJob => ({ jobType: "noop", held: true })));
  assert.equal(new Set(large.map((job) => accepted(job).jobID)).size, 1234);
});

test("events are told with their filters", async () => {
  const { jobID: job } = await c.client.submit("noop", {}, { queue: "told" });
  await c.client.wait(job, { timeoutMs });
  const seen: unknown[] = [];
  for await (const event of c.client.events({ kind: "job", queue: "told" }, { after: "0-0" })) {
    seen.push([event.kind, event.jobID]);
    if (event.kind === "job.completed") break;
  }
  assert.deepEqual(seen, ["job.created", "job.started", "job.completed"].map((kind) => [kind, job]));
  await assert.rejects(c.client.events({ kind: "none" }).next(), BadRequest);
});

test("a signal ends what waits", async () => {
  const { jobID: job } = await c.client.submit("noop", {}, { held: true });
  const stop = new AbortController();
  const opened = c.streams;
  // The creation of that job may still be told to a stream that opens now.
  const ends = [c.client.wait(job, { signal: stop.signal }), c.client.events({ queue: "of nobody" }, { signal: stop.signal }).next()];
  const rejected = ends.map((end) => assert.rejects(end, /enough/));
  await waitUntil(() => c.streams >= opened + 2, "two streams of events");
  stop.abort(new Error("enough"));
  await Promise.all(rejected);
  await assert.rejects(c.client.call("GET", "/api/jobs", { signal: stop.signal }), /enough/);
});

test("workflows", async () => {
  const jobs = { a: { jobType: "noop", payload: { result: 7 }, held: true }, b: { jobType: "noop", dependencies: ["a"] } };
  const { id: flow } = await c.client.workflows.submit("two", jobs);
  assert.equal((await c.client.workflows.pause(flow)).state, "paused");
  await assert.rejects(c.client.workflows.wait(flow, { timeoutMs: 0 }), WaitTimeout);
  assert.equal((await c.client.workflows.resume(flow)).released, 2);
  assert.equal((await c.client.workflows.wait(flow, { timeoutMs })).state, "completed");
  assert.equal((await c.client.workflows.get(flow, { results: true })).jobs.a?.result, 7);
  assert.deepEqual((await c.client.workflows.graph(flow)).edges.map((edge) => [edge.from, edge.to]), [["a", "b"]]);
  const { id: other } = await c.client.workflows.submit("other", jobs);
  assert.equal((await c.client.workflows.cancel(other, "a test")).state, "cancelled");
  assert.equal((await c.client.workflows.retry(other)).retried, 2);
  assert.deepEqual((await all(c.client.workflows.list({ page: 1 }))).map((one) => one.id), [other, flow]);
});

test("schedules", async () => {
  const s = c.client.schedules;
  const job = { jobType: "noop" };
  assert.equal((await s.create({ name: "nightly", cron: "30 2 * * *", job })).version, 1);
  await assert.rejects(s.create({ name: "nightly", every: 60, job }), Conflict);
  assert.equal((await s.put("nightly", { every: 600, job }, { ifVersion: 1 })).version, 2);
  await assert.rejects(s.put("nightly", { every: 60, job }, { ifVersion: 1 }), { name: "Conflict", code: "version_conflict" });
  assert.equal((await s.pause("nightly")).paused, true);
  assert.equal((await s.resume("nightly")).paused, false);
  assert.equal((await c.client.wait((await s.run("nightly")).jobID, { timeoutMs })).status, "completed");
  assert.deepEqual((await all(s.list())).map((one) => one.name), ["nightly"]);
  assert.deepEqual((await s.history("nightly")).map((one) => one.version), [2, 1]);
  assert.equal((await s.preview({ cron: "@daily", count: 3 })).length, 3);
  assert.equal((await s.delete("nightly")).version, 2);
  await assert.rejects(s.get("nightly"), NotFound);
});

test("templates", async () => {
  const t = c.client.templates;
  const body = { job: { jobType: "exec", payload: { argv: ["/bin/echo", "${param.who}"] } } };
  assert.equal((await t.put("greeting", body)).version, 1);
  assert.equal((await t.put("greeting", { ...body, description: "greets" })).version, 2);
  const job = await t.submit("greeting", { who: "Ada" }, { overrides: { priority: 8 }, idempotencyKey: "g1" });
  assert.ok("jobID" in job);
  assert.equal((await c.client.wait<{ stdout: string }>(job.jobID, { timeoutMs })).result?.stdout, "Ada\n");
  assert.deepEqual((await t.show("greeting", { who: "Grace" })).job?.payload, { argv: ["/bin/echo", "Grace"] });
  assert.deepEqual((await t.versions("greeting")).map((one) => one.version), [2, 1]);
  assert.equal((await t.get("greeting", { version: 1 })).description, undefined);
  assert.equal((await t.rollback("greeting", 1)).version, 3);
  assert.deepEqual((await all(t.list())).map((one) => one.name), ["greeting"]);
  assert.equal((await t.delete("greeting")).name, "greeting");
});

test("queues, keys and types", async () => {
  const q = c.client.queues;
  assert.equal((await q.put("eu/mail", { concurrency: 3, perKey: { concurrency: 1 } })).concurrency, 3);
  assert.equal((await q.pause("eu/mail")).paused, true);
  assert.equal((await q.resume("eu/mail")).paused, false);
  assert.equal((await q.putKey("eu/mail", "a/b", { concurrency: 2 })).concurrency, 2);
  assert.deepEqual((await all(q.keys("eu/mail"))).map((one) => one.key), ["a/b"]);
  assert.ok((await all(q.list({ page: 1 }))).some((one) => one.name === "eu/mail"));
  assert.equal((await q.putType("noop", { concurrency: 7 })).concurrency, 7);
  assert.ok((await all(q.types())).some((one) => one.name === "noop"));
  assert.equal((await q.clear("eu/mail")).concurrency, null);
  assert.equal((await q.get("eu/mail")).concurrency, null);
});

test("what the types refuse", () => {
  // Never called: the compiler reads it, and fails where a line has no mistake.
  const mistakes = async () => {
    // @ts-expect-error there is no such status
    c.client.list({ status: "done" });
    // @ts-expect-error a misspelt field
    await c.client.submit("noop", {}, { maxRetry: 1 });
    // @ts-expect-error the result may be missing
    (await c.client.get<{ stdout: string }>("job_00000000000zz")).result.stdout;
    // @ts-expect-error a job of a batch has a type
    await c.client.submitMany([{ priority: 3 }]);
  };
  assert.equal(typeof mistakes, "function");
});

test("the example of the README", async () => {
  const { jobID: failed } = await c.client.submit("exec", { argv: ["/bin/false"] }, { maxRetries: 0 });
  await c.client.wait(failed, { timeoutMs });
  // test_typescript.py has written it into a file, which was compiled as strictly as this one.
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [fileURLToPath(new URL("readme.js", import.meta.url))], {
    timeout: timeoutMs,
    env: { ...process.env, CALLBOARD_SERVER: c.scheduler.address },
  });
  assert.equal(stderr, "");
  assert.match(stdout, /^hello\n/);
  assert.ok(stdout.includes(failed), stdout);
  assert.match(stdout, /\nout_of_range priority\n$/);
});
