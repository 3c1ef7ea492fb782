// The pure functions of the page: what was typed, forms of schemas, times, the layout of a graph, attempts to scale.
import assert from "node:assert/strict";
import test from "node:test";
import { objectiveText, placeOf } from "../../web/src/alerts";
import { definitionOf, headersOf, textOf, wantsText, type Webhook } from "../../web/src/webhooks";
import { changes } from "../../web/src/diff";
import { asBody, fromQuery, read, toggled } from "../../web/src/filter";
import { bytes, duration, niceTop, rate, relative } from "../../web/src/format";
import { layered } from "../../web/src/layout";
import { href, parse } from "../../web/src/route";
import { rulesBody, rulesOf } from "../../web/src/schedule_rules";
import { fields, kindOf, shown, value } from "../../web/src/schema";
import { matching, valueText } from "../../web/src/settings";
import { lanes, ticks } from "../../web/src/timeline";
import type { HistoryEntry, Setting } from "../../web/src/types";
import { check, positionOf } from "../../web/src/workflow_check";

test("the words of the search line", () => {
  assert.deepEqual(read('type:exec queue:"eu mail" failed', {}), { filter: { type: "exec", queue: "eu mail", status: "failed" } });
  assert.deepEqual(read("queued", { status: "failed" }), { filter: { status: "failed,queued" } });
  assert.deepEqual(read("held", { tag: "a" }), { filter: { tag: "a", held: "true" } });
  assert.deepEqual(read("job_0scpzm5yw0000", {}), { job: "job_0scpzm5yw0000" });
  assert.deepEqual(read("w-01m8myavntp3jymjtbg2fx6qmp", {}), { filter: { workflow: "w-01m8myavntp3jymjtbg2fx6qmp" } });
  assert.deepEqual(read("from:2026-01-15T10:30:00Z", {}), { filter: { from: "2026-01-15T10:30:00Z" } });
  for (const [text, part] of [["hello", "neither a status nor an id"], ["colour:red", "There is no filter"], ["type:", "needs a value"]] as const) {
    const words = read(text, {});
    assert.ok("problem" in words && words.problem.includes(part), text);
  }
});

test("a filter as a query, as chips, as a body", () => {
  const filter = fromQuery(new URLSearchParams("status=failed,running&queue=a%26b&unknown=1"));
  assert.deepEqual(filter, { status: "failed,running", queue: "a&b" });
  assert.deepEqual(toggled(filter, "running"), { queue: "a&b", status: "failed" });
  assert.deepEqual(toggled({ status: "failed" }, "failed"), {});
  assert.deepEqual(toggled({ status: "failed" }, "queued"), { status: "queued,failed" });
  assert.deepEqual(asBody({ status: "failed,running", priority: "9", held: "true" }, ["running"]), { status: ["running"], priority: 9, held: true });
  assert.deepEqual(asBody({}, []), { all: true });
});

test("what differs between two states", () => {
  assert.deepEqual(changes({ a: 1, b: { c: [1, 2], d: null } }, { a: 1, b: { c: [2, 1], d: null }, e: "x" }), [
    { path: "b.c", before: [1, 2], after: [2, 1] },
    { path: "e", before: undefined, after: "x" },
  ]);
  assert.deepEqual(changes({ a: 1 }, { a: 1 }), []);
  assert.deepEqual(changes(null, { a: 1 }), [{ path: "", before: null, after: { a: 1 } }]);
});

test("addresses", () => {
  assert.deepEqual(parse("#/jobs/a%2Fb").path, ["jobs", "a/b"]);
  assert.equal(parse("#/jobs?tag=x%20y").query.get("tag"), "x y");
  assert.deepEqual(parse("").path, []);
  assert.deepEqual(parse("#/%E0%A4%A").path, ["%E0%A4%A"]); // a broken escape
  assert.equal(href(["queues", "eu/mail"], { state: "x&y", none: undefined }), "#/queues/eu%2Fmail?state=x%26y");
});

test("numbers and times for people", () => {
  assert.deepEqual([0, 0.0004, 0.5, 12, 1200, 59_900, 60_000, 61_000, 3_600_000, 5_400_000, 200_000_000].map(duration), [
    "0 ms", "0 µs", "500 µs", "12 ms", "1.2 s", "60 s", "1 min", "1 min 1 s", "1 h", "1 h 30 min", "2 d 7 h",
  ]);
  assert.equal(relative("2026-01-01T00:00:10Z", Date.parse("2026-01-01T00:00:00Z")), "in 10 s");
  assert.equal(relative("2026-01-01T00:00:00Z", Date.parse("2026-01-01T02:00:00Z")), "2 h ago");
  assert.deepEqual([0, 0.25, 12.4, 1204].map(rate), ["0", "0.3", "12", "1,204"]);
  assert.deepEqual([0, 1023, 1024, 12638029824].map(bytes), ["0 B", "1023 B", "1.0 KiB", "11.8 GiB"]);
  assert.deepEqual([0.2, 1, 7, 23, 51].map(niceTop), [1, 1, 8, 30, 60]);
});

test("a form of a schema, and a payload of a form", () => {
  const schema = {
    type: "object",
    required: ["to"],
    properties: {
      count: { type: "integer" },
      to: { type: ["string", "array"], items: { type: "string" } },
      body: { type: "string" },
      loud: { type: "boolean" },
      method: { enum: ["GET", "POST", null] },
      headers: { type: "object" },
    },
  };
  const list = fields(schema);
  assert.deepEqual(list.map((f) => [f.name, f.kind]), [["to", "list"], ["count", "number"], ["body", "long"], ["loud", "boolean"], ["method", "choice"], ["headers", "json"]]);
  assert.deepEqual(fields(null), []);
  const payload: Record<string, unknown> = { to: ["a", "b"], count: 0, body: "", loud: false, method: "POST", headers: { x: "1" } };
  for (const f of list) if (f.name !== "body") assert.deepEqual(value(f, shown(f, payload[f.name])), payload[f.name], f.name);
  for (const f of list) assert.equal(value(f, ""), undefined);
  const of = (name: string) => list.find((f) => f.name === name) ?? assert.fail(name);
  assert.throws(() => value(of("count"), "many"), /must be a number/);
  assert.throws(() => value(of("headers"), "{"), /must be JSON/);
  assert.equal(kindOf("x", { type: ["integer", "string"] }), "json");
});

test("the layout of a graph: nobody stands before whom it waits for, and edges go between the others", () => {
  const graph = {
    nodes: ["a", "b", "c", "d", "e"].map((key) => ({ key, status: "queued" as const })),
    edges: [["a", "b"], ["b", "c"], ["a", "c"], ["c", "d"], ["a", "d"], ["outside", "e"]].map(([from, to]) => ({ from: from ?? "", to: to ?? "", on: "success" })),
  };
  const { places, bends } = layered(graph);
  const layer = (key: string) => places.find((p) => p.key === key)?.layer ?? -1;
  assert.deepEqual(["a", "b", "c", "d", "e"].map(layer), [0, 1, 2, 3, 0]);
  assert.equal(bends.length, 3); // a to c passes one layer, a to d two
  assert.equal(new Set(places.map((p) => `${p.layer} ${p.row}`)).size, places.length);
});

test("attempts to scale", () => {
  const at = (s: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, s)).toISOString();
  const history: HistoryEntry[] = [
    { status: "queued", at: at(0), attempt: 0 },
    { status: "running", at: at(2), attempt: 1, workerID: "w" },
    { status: "retrying", at: at(3), attempt: 1, reason: "E: no" },
    { status: "running", at: at(7), attempt: 2, workerID: "v" },
    { status: "completed", at: at(9), attempt: 2 },
  ];
  const both = lanes(history, 0);
  assert.deepEqual(both.map((l) => [l.attempt, l.outcome, (l.run?.to ?? 0) - (l.run?.from ?? 0), l.waits.length]), [[1, "retrying", 1000, 1], [2, "completed", 2000, 1]]);
  const open = lanes(history.slice(0, 2), Date.parse(at(30)));
  assert.deepEqual(open.map((l) => [l.outcome, (l.run?.to ?? 0) - (l.run?.from ?? 0)]), [["running", 28000]]);
  const waiting = lanes(history.slice(0, 1), Date.parse(at(4)));
  assert.deepEqual(waiting.map((l) => [l.run, l.waits.length]), [[undefined, 1]]);
  assert.deepEqual(lanes([], 0), []);
  assert.deepEqual(ticks(10_000), [0, 5000, 10000]);
  assert.deepEqual(ticks(0), [0]);
});

test("settings are found by words, section and change", () => {
  const one = (name: string, more: Partial<Setting> = {}): Setting => ({
    name,
    section: name.slice(0, name.lastIndexOf(".")),
    kind: "text",
    value: "",
    default: "",
    allowed: "a text",
    changed: false,
    origin: { kind: "default" },
    sentence: "Says something.",
    ...more,
  });
  const all = [
    one("http.listen", { value: "127.0.0.1:8080" }),
    one("cluster.lease", { value: "12s", changed: true, origin: { kind: "environment", place: "CALLBOARD_CLUSTER_LEASE" }, sentence: "A worker is lost after it." }),
    one("handlers.exec.allowed_programs", { value: ["/bin/true", "/bin/false"] }),
  ];
  const found = (text: string, section = "", changed = false) => matching(all, { text, section, changed }).map((s) => s.name);
  assert.deepEqual(found(""), ["http.listen", "cluster.lease", "handlers.exec.allowed_programs"]);
  assert.deepEqual(found("LOST worker"), ["cluster.lease"]);
  assert.deepEqual(found("8080"), ["http.listen"]);
  assert.deepEqual(found("/bin/false"), ["handlers.exec.allowed_programs"]);
  assert.deepEqual(found("environment"), []);
  assert.deepEqual(found("callboard_cluster"), ["cluster.lease"]);
  assert.deepEqual(found("", "http"), ["http.listen"]);
  assert.deepEqual(found("", "", true), ["cluster.lease"]);
  assert.equal(valueText(["a", "b"]), "a, b");
  assert.equal(valueText(false), "false");
});

test("the rules of a schedule go to a form and back", () => {
  const told = { cron: "30 2 * * *", timeZone: "Europe/Berlin", jitter: 0, catchUp: "all", catchUpMax: 7, overlap: "skip", startWithin: 60 };
  assert.deepEqual(rulesBody(rulesOf(told, "UTC")), { cron: "30 2 * * *", timeZone: "Europe/Berlin", catchUp: "all", catchUpMax: 7, overlap: "skip", startWithin: 60 });
  const every = { every: 0.5, anchor: "2026-01-15T10:25:00.000Z", jitter: 2, catchUp: "last", overlap: "allow" };
  assert.deepEqual(rulesBody(rulesOf(every, "UTC")), every);
  const once = { at: "2026-01-15T10:25:07.000Z", startAt: "2026-01-01T00:00:00.000Z", jitter: 0, catchUp: "none", overlap: "queue" };
  assert.deepEqual(rulesBody(rulesOf(once, "UTC")), { at: once.at, startAt: once.startAt, catchUp: "none", overlap: "queue" });
  const fresh = rulesOf(undefined, "America/New_York");
  assert.deepEqual(rulesBody({ ...fresh, cron: "@daily", every: "60" }), { cron: "@daily", timeZone: "America/New_York", catchUp: "last", overlap: "allow" });
  assert.deepEqual(rulesBody({ ...fresh, kind: "every", every: "many" }), { every: "many", catchUp: "last", overlap: "allow" });
});

test("a workflow that is written: what is wrong with it, where, and its graph", () => {
  const members = { workflow: ["name", "jobs", "idempotencyKey"], job: ["jobType", "payload", "dependencies", "forEach"] };
  const flaws = (w: unknown) => check(JSON.stringify(w), members).flaws.map((f) => f.place);
  const good = { name: "n", jobs: { a: { jobType: "noop" }, "b.c": { jobType: "noop", dependencies: ["a", "job_01h8xgq2m4k7c"], payload: "${jobs.a.result.x}" } } };
  const checked = check(JSON.stringify(good), members);
  assert.deepEqual(checked.flaws, []);
  assert.deepEqual(checked.graph?.edges, [{ from: "a", to: "b.c", on: "success" }]);
  assert.equal(checked.graph?.nodes[1]?.note, "noop");
  assert.deepEqual(flaws({ ...good, nam: 1 }), ["nam"]);
  assert.deepEqual(flaws({ jobs: {} }), ["name", "jobs"]);
  assert.deepEqual(flaws({ name: "n", jobs: { "a b": {}, c: 3 } }), ["jobs.a b", "jobs.a b.jobType", "jobs.c"]);
  assert.deepEqual(flaws({ name: "n", jobs: { a: { jobType: "noop", priorty: 3, dependencies: ["x", { id: "a", on: "never" }, 7] } } }), [
    "jobs.a.priorty",
    "jobs.a.dependencies[0]",
    "jobs.a.dependencies[1].on",
    "jobs.a.dependencies[2]",
    "jobs.a.dependencies",
  ]);
  assert.deepEqual(flaws({ name: "n", jobs: { a: { jobType: "noop" }, b: { jobType: "noop", payload: { text: "${jobs.a.result}" } } } }), ["jobs.b.payload"]);
  const circle = check(JSON.stringify({ name: "n", jobs: { a: { jobType: "x", dependencies: ["c"] }, b: { jobType: "x", dependencies: ["a"] }, c: { jobType: "x", dependencies: ["b"] } } }), members);
  assert.match(circle.flaws[0]?.text ?? "", /a → c → b → a/);
  assert.match(check("{", members).flaws[0]?.text ?? "", /not JSON/);
  assert.deepEqual(check('{"nam": 1, "name": "n", "jobs": {"a": {"jobType": "x", "odd": 1}}}', undefined).flaws, []); // the server says it
  const chain = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`j${i}`, { jobType: "x", dependencies: i ? [`j${i - 1}`] : [] }]));
  assert.deepEqual(flaws({ name: "n", jobs: chain }), []);
});

test("where in the text a place is", () => {
  const text = JSON.stringify({ name: "n", jobs: { a: { jobType: "x" }, "b.c": { jobType: "y", priority: 99 } } }, null, 2);
  const at = (place: string) => {
    const p = positionOf(text, place);
    return p && text.slice(p.from, p.to);
  };
  assert.equal(at("jobs.b.c.priority"), '"priority"');
  assert.equal(at("jobs.a.dependencies[1]"), '"a"');
  assert.equal(at("nothing"), undefined);
  assert.equal(text.lastIndexOf('"jobType"'), positionOf(text, "jobs.b.c.jobType")?.from);
});

const hook: Webhook = {
  name: "ops",
  url: "http://a/",
  filter: { kinds: ["job.failed", "alert"], queue: "mail", workflow: "w-1" },
  headers: { "X-Team": "ops: a" },
  enabled: false,
  retryCount: 3,
  signed: true,
  createdAt: "2026-01-15T10:30:00.000Z",
  changedAt: "2026-01-15T10:30:00.000Z",
};

test("a form about a webhook changes only what was typed", () => {
  const { name, url, filter, headers, enabled, retryCount } = hook;
  assert.deepEqual(definitionOf(textOf(hook), hook), { name, url, filter, headers, enabled, retryCount });
  const typed = { ...textOf(undefined), name: "a", url: " http://b/ ", kinds: "job worker,, alert", secret: "s" };
  assert.deepEqual(definitionOf(typed, undefined), { name: "a", url: "http://b/", filter: { kinds: ["job", "worker", "alert"] }, headers: {}, enabled: true, secret: "s" });
  assert.equal(definitionOf({ ...textOf(hook), unsigned: true }, hook).secret, null);
});

test("header fields are lines, and a webhook says what it wants", () => {
  assert.deepEqual(headersOf("X-A: 1\n\n X-B :2: 3"), { "X-A": "1", "X-B": "2: 3" });
  for (const bad of ["X-A", ": 1"]) assert.equal(headersOf(bad), undefined);
  assert.equal(wantsText(hook), "job.failed, alert of queue mail, workflow w-1");
  assert.equal(wantsText({ ...hook, filter: { kinds: ["job"] } }), "job");
});

test("what an alert is about, and what an objective says", () => {
  assert.deepEqual(placeOf("queue/eu/mail"), { path: ["jobs"], query: { queue: "eu/mail" } });
  assert.deepEqual(placeOf("type/exec"), { path: ["jobs"], query: { type: "exec" } });
  assert.equal(placeOf("certificate/node"), undefined);
  assert.equal(placeOf(""), undefined);
  const o = { queue: "mail", objective: "success" as const, share: 0.999, waitSeconds: null, windowSeconds: 2592000, burnRates: { "5m": 0, "30m": 0, "1h": 0, "6h": 0 } };
  assert.equal(objectiveText(o), "99.9 % of the jobs succeed");
  assert.equal(objectiveText({ ...o, objective: "wait", waitSeconds: 30 }), "99.9 % of the jobs start within 30 s");
});
