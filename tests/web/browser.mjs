// Debian's Chromium under Playwright, and what every view has to keep: no error in the console, nothing refused by the
// content policy, no violation that axe finds, nothing wider than the screen.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const require = createRequire(`${process.env.CALLBOARD_WEB_MODULES}/`);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const base = process.argv[2];
export const patience = Number(process.env.CALLBOARD_TEST_PATIENCE ?? 60) * 1000;

const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export const sizes = { desktop: { width: 1280, height: 860 }, phone: { width: 390, height: 844 } };

/** Runs `work(page)` in a browser of its own, with a fresh profile that is removed. */
export async function withPage({ size = "desktop", scheme = "light", mayFail = [] } = {}, work) {
  const profile = mkdtempSync(join(tmpdir(), "callboard-web-"));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CALLBOARD_CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: flags,
    viewport: sizes[size],
    colorScheme: scheme,
    timezoneId: "UTC",
    bypassCSP: false,
  });
  const complaints = [];
  try {
    const page = browser.pages()[0] ?? (await browser.newPage());
    page.setDefaultTimeout(patience);
    page.on("console", (m) => {
      if (m.type() === "error" && !mayFail.some((text) => m.text().includes(text))) complaints.push(m.text());
    });
    page.on("pageerror", (e) => complaints.push(e.stack ?? e.message));
    page.on("request", (r) => {
      if (!r.url().startsWith(base)) complaints.push(`asks another server: ${r.url()}`);
    });
    await work(page);
    assert.deepEqual(complaints, [], "errors of the page");
  } finally {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

export async function open(page, hash, heading) {
  await page.goto(`${base}/${hash}`);
  if (heading) await page.getByRole("heading", { level: 1, name: heading }).waitFor();
}

/** axe runs as an evaluated script, which the content policy of the page does not forbid to a debugger. */
export async function checkAccess(page, what) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const lines = found.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 200)} (${n.failureSummary?.split("\n")[1]?.trim()})`));
  assert.deepEqual(lines, [], `axe: ${what}`);
}

export async function checkWidth(page, what) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `${what} is ${over} pixels wider than the screen`);
}

export async function call(method, path, body) {
  const answer = await fetch(base + path, { method, headers: { "Content-Type": "application/json" }, body: body === undefined ? undefined : JSON.stringify(body) });
  const content = await answer.json();
  assert.ok(answer.ok, `${method} ${path}: ${JSON.stringify(content)}`);
  return content;
}

export const submit = async (jobType, payload = {}, more = {}) => (await call("POST", "/api/jobs/submit", { jobType, payload, ...more })).jobID;

/** Asks until `condition` answers something true. */
export async function until(condition, what) {
  const end = Date.now() + patience;
  for (;;) {
    const value = await condition();
    if (value) return value;
    assert.ok(Date.now() < end, `waited in vain for ${what}`);
    await new Promise((go) => setTimeout(go, 50));
  }
}

export const waitFor = (id, status) => until(async () => (await call("GET", `/api/jobs/${id}`)).status === status, `${id} to be ${status}`);
