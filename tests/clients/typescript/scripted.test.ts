// The TypeScript client with a server that says what it is told: codes, broken answers, streams in pieces.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, test } from "node:test";
import { type CallboardError, Client, type ErrorCode, errorStatus, OutcomeUnknown, type Retries, Unavailable } from "callboard";
// Not of the package's interface: what reads a stream.
import { Stream } from "../dist/events.js";
import { Transport } from "../dist/transport.js";

type Line = (answer: ServerResponse, request: IncomingMessage) => void;

let script: Line[] = [];
let asked: { at: number; method: string | undefined; headers: IncomingMessage["headers"] }[] = [];
const server = createServer((request, answer) => {
  asked.push({ at: performance.now(), method: request.method, headers: request.headers });
  (script.shift() ?? error(200))(answer, request);
});

/** An answer with an error, or an empty one. */
function error(status: number, code?: string, told?: string): Line {
  return (answer) => {
    const headers = told === undefined ? {} : { "Retry-After": told };
    const body = code === undefined ? {} : { error: { code, message: "m", field: "f", requestId: "r" } };
    answer.writeHead(status, { "Content-Type": "application/json", ...headers }).end(JSON.stringify(body));
  };
}

function client(retries: Partial<Retries> = { totalMs: 0 }, timeoutMs = 30_000): Client {
  return new Client({ server: address(), retries, timeoutMs });
}

function address(): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

before(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
after(() => {
  server.close();
  server.closeAllConnections();
});
beforeEach(() => {
  script = [];
  asked = [];
});

test("every code has a family", async () => {
  const families = new Set<string>();
  for (const [code, status] of Object.entries(errorStatus)) {
    script = [error(status, code), error(status, code)]; // fetch itself asks once more after 421
    const why = await client()
      .call("GET", "/")
      .then(
        () => assert.fail(code),
        (found: CallboardError) => found,
      );
    assert.deepEqual([why.code, why.status, why.message, why.field, why.requestId], [code as ErrorCode, status, "m", "f", "r"]);
    families.add(why.name);
  }
  assert.deepEqual([...families].sort(), [
    "BadRequest",
    "Conflict",
    "Forbidden",
    "InternalError",
    "NotFound",
    "OutcomeUnknown",
    "QueueFull",
    "TooLarge",
    "Unavailable",
    "UnsupportedMediaType",
  ]);
});

test("the client waits as long as it is told", async () => {
  script = [error(503, "starting", "1"), error(429, "queue_full")];
  assert.deepEqual(await client({ totalMs: 30_000, baseMs: 10 }).call("POST", "/", { body: {} }), {});
  const [first, second, third] = asked;
  assert.ok(first && second && third && asked.length === 3);
  // A timer of Node.js may be a millisecond early.
  assert.ok(second.at - first.at >= 999, `${second.at - first.at} ms`);
});

test("a mistake is not sent again", async () => {
  for (const [status, code] of [[400, "invalid_value"], [404, "not_found"], [500, "internal_error"]] as const) {
    script = [error(status, code)];
    asked = [];
    await assert.rejects(client({ totalMs: 30_000 }).call("GET", "/"), { code });
    assert.equal(asked.length, 1);
  }
});

test("tries end", async () => {
  script = [error(503, "overloaded", "30")];
  await assert.rejects(client({ totalMs: 5000 }).call("GET", "/"), (why: CallboardError) => why instanceof Unavailable && why.retryAfterMs === 30_000);
  assert.equal(asked.length, 1);
});

test("answers that are none", async () => {
  const answers: Line[] = [
    (answer) => answer.end("<html>"),
    (answer) => answer.writeHead(200, { "Content-Length": "100" }).write("{", () => answer.destroy()),
    () => undefined, // says nothing
  ];
  for (const line of answers) {
    script = [line];
    await assert.rejects(client(undefined, 200).call("POST", "/", { body: {} }), OutcomeUnknown);
  }
  script = [(answer) => answer.writeHead(502).end("{}")];
  await assert.rejects(client().call("GET", "/"), { name: "CallboardError", code: "", status: 502 });
});

test("headers for what stands before the scheduler, and a path of its own", async () => {
  let path: string | undefined;
  script = [(answer, request) => ((path = request.url), answer.end("{}"))];
  await new Client({ server: `${address()}/jobs/`, headers: { Authorization: "Basic x" } }).call("GET", "/api/jobs", { query: { tag: "a b" } });
  assert.deepEqual([path, asked[0]?.headers.authorization], ["/jobs/api/jobs?tag=a+b", "Basic x"]);
});

function stream(parts: (string | Uint8Array)[], end: "end" | "destroy" | "stay"): Line {
  return (answer) => {
    answer.writeHead(200, { "Content-Type": "text/event-stream" });
    const next = () => {
      const part = parts.shift();
      // One by one, so that they come in pieces.
      if (part !== undefined) answer.write(part, () => setImmediate(next));
      else if (end !== "stay") answer[end]();
    };
    next();
  };
}

function open(silenceMs?: number, lastId?: string): Promise<Stream> {
  const transport = new Transport({ server: address(), timeoutMs: 30_000, retries: { totalMs: 0, baseMs: 1, capMs: 1 }, headers: {}, fetch });
  return Stream.open(transport, {}, lastId, silenceMs);
}

test("a stream in pieces", async () => {
  const text = new TextEncoder().encode('retry: 2000\nid: 1-1\n\nid: 1-2\r\nevent: e\r\ndata: {"id":"1-2",\r\ndata: "reason":"gr\u00fc\u00df"}\r\n\r\n: still here\n\nid: 1-3\ndata: {"half');
  script = [stream(Array.from(text, (byte) => Uint8Array.of(byte)), "end")];
  const opened = await open(undefined, "1-0");
  const seen: unknown[] = [opened.lastId];
  for await (const event of opened) seen.push(event, opened.lastId);
  assert.deepEqual(seen, ["1-0", undefined, "1-1", { id: "1-2", reason: "grüß" }, "1-2", undefined, "1-2"]);
  assert.equal(asked[0]?.headers["last-event-id"], "1-0");
});

test("streams that break, are silent, have no end, or are no JSON", async () => {
  const broken: [Line, number | undefined][] = [
    [stream([": here\n\n"], "destroy"), undefined],
    [stream([": here\n\n"], "stay"), 100],
    [stream(Array.from({ length: 40 }, () => "x".repeat(1 << 15)), "stay"), undefined],
    [stream(["data: {\n\n"], "stay"), undefined],
  ];
  for (const [line, silenceMs] of broken) {
    script = [line];
    const opened = await open(silenceMs);
    await assert.rejects(async () => {
      for await (const event of opened) assert.equal(event, undefined);
    }, OutcomeUnknown);
  }
});

test("a stream begins in time, or not at all", async () => {
  script = [() => undefined];
  await assert.rejects(open(100), OutcomeUnknown);
  script = [error(503, "overloaded", "2")];
  await assert.rejects(open(), { name: "Unavailable", retryAfterMs: 2000 });
});

test("events go on behind the last one that was seen", async () => {
  script = [stream(['id: 1-1\ndata: {"id":"1-1","kind":"job.created"}\n\nid: 1-5\n\n'], "destroy"), stream(['id: 1-6\ndata: {"id":"1-6","kind":"job.started"}\n\n'], "stay")];
  const events = client({ totalMs: 30_000, baseMs: 1 }).events();
  assert.equal((await events.next()).value?.id, "1-1");
  assert.equal((await events.next()).value?.id, "1-6");
  await events.return();
  assert.deepEqual(asked.map((one) => one.headers["last-event-id"]), [undefined, "1-5"]);
});
