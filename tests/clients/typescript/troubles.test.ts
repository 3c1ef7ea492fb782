// The TypeScript client while things go wrong: lost answers, a scheduler that is killed, errors of every family.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  BadRequest,
  type BatchJob,
  type CallboardError,
  Client,
  Conflict,
  NotFound,
  OutcomeUnknown,
  QueueFull,
  TooLarge,
  Unavailable,
  Unreachable,
  WaitTimeout,
} from "callboard";
import { freePort } from "./relay.js";
import { all, Case, patienceMs, waitUntil } from "./scheduler.js";

const timeoutMs = patienceMs;
const never = { totalMs: 0 };

/** The id of the job that the next event is about. */
async function nextJob(events: AsyncIterator<{ jobID?: string }>): Promise<string | undefined> {
  return ((await events.next()).value as { jobID?: string }).jobID;
}

describe("answers get lost, and the scheduler is killed", () => {
  const c = new Case();
  before(() => c.open());
  after(() => c.close());
  const ids = async (tag: string) => (await all(c.client.list({ tag }))).map((job) => job.id);

  test("a submit whose answer is lost is one job", async () => {
    c.relay.dropAnswer();
    const before = c.relay.lost;
    const job = await c.client.submit("noop", {}, { tags: ["lost"] });
    assert.equal(c.relay.lost, before + 1);
    assert.equal(job.duplicate, true);
    assert.deepEqual(await ids("lost"), [job.jobID]);
  });

  test("many jobs whose answer is lost are there once", async () => {
    c.relay.dropAnswer();
    const made = await c.client.submitMany(Array.from({ length: 50 }, (): BatchJob => ({ jobType: "noop", tags: ["lost-many"] })));
    const listed = await ids("lost-many");
    assert.equal(listed.length, 50);
    assert.deepEqual(new Set(listed), new Set(made.map((job) => ("jobID" in job ? job.jobID : ""))));
  });

  test("what may not be done twice is not sent again", async () => {
    const { jobID: job } = await c.client.submit("exec", { argv: ["/bin/false"] }, { maxRetries: 0 });
    await c.client.wait(job, { timeoutMs });
    c.relay.dropAnswer();
    await assert.rejects(c.client.retry(job), OutcomeUnknown);
    await waitUntil(async () => (await c.client.get(job)).attempt === 2, "the attempt of the one retry");
    assert.equal((await c.client.wait(job, { timeoutMs })).attempt, 2);
  });

  test("a submit goes on after a kill, and is one job", async () => {
    c.relay.dropAnswer();
    const before = c.relay.lost;
    const submit = c.client.submit("noop", {}, { tags: ["killed"], held: true });
    await waitUntil(() => c.relay.lost > before, "the lost answer");
    await c.restart();
    assert.deepEqual([(await submit).jobID], await ids("killed"));
  });

  test("a submit that finds nobody waits for the scheduler", async () => {
    const port = c.relay.port;
    c.relay.port = await freePort();
    const before = c.relay.refused;
    const submit = c.client.submit("noop", {}, { tags: ["early"] });
    await waitUntil(() => c.relay.refused > before, "a try that found nobody");
    c.relay.port = port;
    assert.deepEqual([(await submit).jobID], await ids("early"));
  });

  test("a wait goes on after a kill", async () => {
    const { jobID: job } = await c.client.submit("noop", {}, { held: true });
    const before = c.streams;
    const wait = c.client.wait(job, { timeoutMs });
    await waitUntil(() => c.streams > before, "the wait's stream of events");
    await c.restart();
    await c.client.release(job);
    assert.equal((await wait).status, "completed");
  });

  test("a wait ends in time when there is nobody", async () => {
    const { jobID: job } = await c.client.submit("noop", {}, { held: true });
    const port = c.relay.port;
    c.relay.port = await freePort();
    c.relay.cut();
    try {
      await assert.rejects(c.client.wait(job, { timeoutMs: 300 }), WaitTimeout);
    } finally {
      c.relay.port = port;
    }
  });

  test("events go on where they broke", async () => {
    const events = c.client.events({ kind: "job.created", queue: "broken" }, { after: "0-0" });
    const jobs = [(await c.client.submit("noop", {}, { queue: "broken" })).jobID];
    const seen = [await nextJob(events)];
    const direct = new Client({ server: c.scheduler.address });
    for (let time = 0; time < 2; time++) {
      c.relay.cut();
      jobs.push((await direct.submit("noop", {}, { queue: "broken" })).jobID);
      seen.push(await nextJob(events));
    }
    assert.deepEqual(seen, jobs);
    await c.restart();
    assert.equal((await events.next()).value?.kind, "reset");
    const { jobID: job } = await c.client.submit("noop", {}, { queue: "broken" });
    for await (const event of events)
      if (event.kind !== "reset") {
        assert.deepEqual([event.kind, event.jobID], ["job.created", job]);
        break;
      }
  });
});

describe("all seats for streams of events are taken", () => {
  const c = new Case({ environment: { CALLBOARD_EVENTS_READERS_MAX: "0" } }, { retries: never });
  before(() => c.open());
  after(() => c.close());

  test("a wait asks again and again", async () => {
    await assert.rejects(c.client.events().next(), (why: CallboardError) => {
      assert.deepEqual([why.name, why.code, why.status], ["Unavailable", "overloaded", 503]);
      assert.ok((why.retryAfterMs ?? 0) > 0);
      return why instanceof Unavailable;
    });
    const { jobID: job } = await c.client.submit("noop", {}, { held: true });
    const wait = c.client.wait(job, { timeoutMs });
    await c.client.release(job);
    assert.equal((await wait).status, "completed");
  });
});

describe("errors of the real scheduler", () => {
  const c = new Case({ workers: 0 }, { retries: never });
  before(() => c.open());
  after(() => c.close());

  test("an error of each family", async () => {
    const refused = async (kind: abstract new (...all: never[]) => CallboardError, code: string, call: Promise<unknown>, field?: string) => {
      const why = await call.then(
        () => assert.fail(`${code} was accepted`),
        (error: CallboardError) => error,
      );
      assert.deepEqual([why.constructor, why.code], [kind, code]);
      assert.ok(why.message && why.requestId && why.status);
      if (field !== undefined) assert.equal(why.field, field);
      return why;
    };
    await refused(BadRequest, "out_of_range", c.client.submit("noop", {}, { priority: 11 }), "priority");
    await refused(NotFound, "unknown_job", c.client.get("job_00000000000zz"));
    await refused(NotFound, "method_not_allowed", c.client.call("PUT", "/api/jobs", { body: {} }));
    const { jobID: job } = await c.client.submit("noop");
    await refused(Conflict, "invalid_state", c.client.retry(job));
    await refused(TooLarge, "body_too_large", c.client.submit("noop", { text: "x".repeat(2 << 20) }), "payload");
    await c.client.queues.put("small", { waitingMax: 1 });
    await c.client.submit("noop", {}, { queue: "small" });
    const full = await refused(QueueFull, "queue_full", c.client.submit("noop", {}, { queue: "small" }), "queue");
    assert.ok((full.retryAfterMs ?? 0) > 0);
  });

  test("nobody at the address", async () => {
    const client = new Client({ server: `127.0.0.1:${await freePort()}`, retries: never });
    await assert.rejects(client.retry("job_00000000000zz"), Unreachable);
    await assert.rejects(client.events().next(), Unreachable);
    await assert.rejects(new Client({ server: "http://nobody.invalid", retries: never }).get("job_00000000000zz"), Unreachable);
    for (const server of ["ftp://127.0.0.1", "http://", "http://a b"]) assert.throws(() => new Client({ server }), TypeError);
  });
});
