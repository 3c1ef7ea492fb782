// The pure functions of the page: what was typed, forms of schemas, times, the layout of a graph, attempts to scale.
import assert from "node:assert/strict";
import test from "node:test";
import { changes } from "../../web/src/diff";
import { asBody, fromQuery, read, toggled } from "../../web/src/filter";
import { bytes, duration, niceTop, rate, relative } from "../../web/src/format";
import { layered } from "../../web/src/layout";
import { href, parse } from "../../web/src/route";
import { fields, kindOf, shown, value } from "../../web/src/schema";
import { lanes, ticks } from "../../web/src/timeline";
import type { HistoryEntry } from "../../web/src/types";

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
