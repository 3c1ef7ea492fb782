// Reports: with answers that are made up, so that there is a history, and with the scheduler's own.
import assert from "node:assert/strict";
import test from "node:test";
import { base, call, checkAccess, checkWidth, open, submit, until, waitFor, withPage } from "./browser.mjs";

const day = (ago) => new Date(Date.now() - ago * 86400000).toISOString().slice(0, 10);
const times = { count: 10, mean: 0.5, p50: 0.4, p95: 1.5, p99: 2, max: 2.5 };
const row = (name, completed, failed) => ({
  name,
  submitted: completed + failed,
  completed,
  failed,
  cancelled: 0,
  retried: 1,
  lost: 0,
  deadlineMissed: 0,
  successShare: completed + failed ? completed / (completed + failed) : null,
  waitSeconds: times,
  runSeconds: times,
  usage: { attempts: 10, runSeconds: 5, cpuSeconds: 4, slotSeconds: 5, memoryByteSeconds: 0, cost: 1.25, cpuReservedSeconds: 10, memoryReservedByteSeconds: 0 },
  codes: failed ? [{ code: "TIMEOUT", count: failed }] : [],
});
const use = (askedMax, usedP95, suggested) => ({ askedMax, measured: 40, usedP50: usedP95, usedP95, usedMax: usedP95, suggested, reason: "95 of 100 attempts used less" });

/** The routes of reports as they are described. */
async function madeUp(page) {
  const asked = [];
  await page.route(/\/api\/reports\//, (route) => {
    const url = new URL(route.request().url());
    const q = Object.fromEntries(url.searchParams);
    asked.push(q);
    const head = { enabled: true, from: q.from, to: q.to };
    if (url.pathname.endsWith("reservations"))
      return route.fulfill({
        json: {
          ...head,
          marginPercent: 25,
          attemptsMin: 20,
          types: [{ type: "exec", attempts: 40, attemptsAsking: 40, cpuMilli: use(2000, 500, 700), memoryBytes: use(1 << 30, 100 << 20, 125 << 20), cpuReservedSeconds: 80, cpuUsedSeconds: 20 }],
          count: 1,
          leftOut: 0,
        },
      });
    const rows = q.by === "day" ? [row(day(2), 90, 10), row(day(0), 50, 0)] : q.by === "code" ? [] : q.by === "tag" ? [] : [row("exec", 100, 10), row("noop", 40, 0)];
    const codes = q.by === "code" ? [{ code: "TIMEOUT", count: 10 }] : [];
    return route.fulfill({ json: { ...head, by: q.by, of: "all", name: null, rows, count: rows.length, leftOut: 0, total: row("", 140, 10), codes } });
  });
  return asked;
}

test("reports: days, what is chosen stays in the address, and a file", () =>
  withPage({}, async (page) => {
    const asked = await madeUp(page);
    await open(page, "#/queues", "Queues");
    await page.keyboard.press("g");
    await page.keyboard.press("r");
    await page.getByRole("heading", { level: 1, name: "Reports" }).waitFor();
    await page.getByRole("img", { name: "150 jobs ended in 30 days" }).waitFor();
    assert.equal(await page.locator(".bars rect.bad").count(), 1);
    await page.getByText("140 completed, 10 failed").waitFor();
    const line = page.getByRole("row", { name: /^exec 100/ });
    await line.getByText("90.9 %").waitFor();
    await page.getByRole("region", { name: "What types reserve and use" }).getByText("0.7 cores").waitFor();
    await checkAccess(page, "reports");

    await page.getByRole("button", { name: "7 days" }).click();
    await page.getByRole("button", { name: "by queue" }).click();
    await until(() => /days=7&by=queue/.test(page.url()), "the address");
    await page.getByRole("img", { name: "150 jobs ended in 7 days" }).waitFor();
    assert.ok(asked.some((q) => q.by === "queue" && q.from === day(6) && q.to === day(0)));
    const file = await page.getByRole("link", { name: "CSV" }).getAttribute("href");
    assert.match(file, /^api\/reports\/jobs\?by=queue&format=csv&from=.*&to=/);
    await page.reload();
    await page.getByRole("button", { name: "by queue", pressed: true }).waitFor();

    await page.getByRole("button", { name: "by code" }).click();
    await page.getByRole("row", { name: "TIMEOUT 10" }).waitFor();
    await page.getByRole("button", { name: "by tag" }).click();
    await page.getByText("No job with a tag is in these days.").waitFor();
  }));

for (const size of ["desktop", "phone"])
  for (const scheme of ["light", "dark"])
    test(`reports, ${size}, ${scheme}`, () =>
      withPage({ size, scheme }, async (page) => {
        await madeUp(page);
        await open(page, "#/reports", "Reports");
        await page.getByRole("region", { name: "What types reserve and use" }).waitFor();
        await checkAccess(page, `reports ${size} ${scheme}`);
        await checkWidth(page, `reports ${size} ${scheme}`);
      }));

test("a report of the scheduler itself, and its file", () =>
  withPage({}, async (page) => {
    await waitFor(await submit("noop", {}, { queue: "reported" }), "completed");
    await until(async () => (await call("GET", "/api/reports/jobs?queue=reported")).total.completed === 1, "the job to be counted");
    await open(page, "#/reports?by=queue", "Reports");
    await page.getByRole("row", { name: /^reported 1/ }).waitFor();
    const file = await page.getByRole("link", { name: "CSV" }).getAttribute("href");
    const text = await (await fetch(`${base}/${file}`)).text();
    assert.match(text, /\r\nreported,1,1,0,/);
    await page.getByRole("link", { name: "reported" }).click();
    await until(() => page.url().includes("#/jobs?queue=reported"), "the jobs of the queue");
  }));
