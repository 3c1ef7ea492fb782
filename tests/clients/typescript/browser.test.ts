// The TypeScript client in Debian's Chromium, on a page of another origin, as it was compiled: no bundler, no package.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { freePort } from "./relay.js";
import { Case, patienceMs } from "./scheduler.js";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"];

/** What the page does with the client; it is sent as a text, and answers what it saw. */
async function inThePage(server: string, nowhere: string): Promise<unknown> {
  const at = "/dist/index.js";
  const { BadRequest, Client, OutcomeUnknown } = (await import(at)) as typeof import("callboard");
  const client = new Client({ server });
  const events = client.events({ kind: "job.completed", queue: "browser" }, { after: "0-0" });
  const job = await client.submit("exec", { argv: ["/bin/echo", "hello"] }, { queue: "browser" });
  const done = await client.wait<{ stdout: string }>(job.jobID, { timeoutMs: 60_000 });
  const event = (await events.next()).value as { jobID?: string } | undefined;
  await events.return();
  const refused = await client.submit("noop", {}, { priority: 11 }).catch((why: unknown) => (why instanceof BadRequest ? why.field : String(why)));
  const own = await new Client({ retries: { totalMs: 0 } }).get("a").catch((why: Error) => why.name);
  const nobody = await new Client({ server: nowhere, retries: { totalMs: 0 } }).get("a").catch((why: unknown) => why instanceof OutcomeUnknown);
  return { stdout: done.result?.stdout, isItsEvent: event?.jobID === job.jobID, refused, own, nobody };
}

test("in a browser", { timeout: 2 * patienceMs }, async () => {
  let told: (text: string) => void = () => undefined;
  const saw = new Promise<string>((resolve) => (told = resolve));
  let page = "";
  const asked: string[] = [];
  const site = createServer((request, answer) => {
    const path = request.url ?? "";
    asked.push(path);
    if (path === "/saw") void text(request).then(told, told).then(() => answer.end());
    else if (path === "/") answer.writeHead(200, { "Content-Type": "text/html" }).end(page);
    else if (/^\/dist\/[\w/]+\.js$/.test(path)) answer.writeHead(200, { "Content-Type": "text/javascript" }).end(readFileSync(join(dist, path.slice("/dist/".length))));
    else answer.writeHead(404, { "Content-Type": "application/json" }).end(JSON.stringify({ error: { code: "unknown_job", message: "not here" } }));
  });
  site.listen(0, "127.0.0.1");
  await once(site, "listening");
  const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  const c = new Case({ environment: { CALLBOARD_HTTP_ALLOWED_ORIGINS: origin } });
  const profile = mkdtempSync(join(tmpdir(), "callboard-browser-"));
  await c.open();
  try {
    page = `<!doctype html><script type="module">
const saw = await (${inThePage.toString()})(${JSON.stringify(c.scheduler.address)}, "http://127.0.0.1:${await freePort()}").catch((why) => String(why.stack ?? why));
await fetch("/saw", { method: "POST", body: JSON.stringify(saw) });
</script>`;
    const browser = spawn(process.env.CALLBOARD_CHROMIUM ?? "chromium", [...flags, `--user-data-dir=${profile}`, origin], { stdio: "ignore" });
    const exit = once(browser, "exit");
    const ended = exit.then(() => assert.fail("the browser ended without a word"));
    const seen: unknown = JSON.parse(await Promise.race([saw, ended]));
    browser.kill();
    await Promise.allSettled([ended, exit]);
    assert.deepEqual(seen, { stdout: "hello\n", isItsEvent: true, refused: "priority", own: "NotFound", nobody: true });
    assert.ok(asked.includes("/api/jobs/a"), "without an address the client asks where the page is from");
  } finally {
    await c.close();
    site.close();
    site.closeAllConnections();
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
});
