// Every page, on a desktop and a phone, light and dark: nothing that axe finds, nothing too wide, nothing that jumps.
import assert from "node:assert/strict";
import test from "node:test";
import { call, checkAccess, checkWidth, open, submit, waitFor, withPage } from "./browser.mjs";

/** One of everything, with long names. */
async function furnish() {
  const long = "a-queue-with-a-rather-long-name-that-does-not-fit";
  await call("PUT", `/api/queues/${long}`, { concurrency: 10, rate: { jobs: 100, per: 60, burst: 20 }, weight: 3 });
  await submit("noop", {}, { held: true, queue: long, tags: ["a-tag", "another-tag"] });
  await submit("noop", { sleepMs: 60000 });
  await submit("noop", {}, { scheduleAt: new Date(Date.now() + 3600_000).toISOString() });
  const failed = await submit("exec", { argv: ["/bin/sh", "-c", "echo output; exit 3"] }, { maxRetries: 2, retryPolicy: { kind: "fixed", baseSeconds: 0.2, jitter: false }, tags: ["a-tag"] });
  await call("PUT", "/api/schedules/every-hour", { every: 3600, job: { jobType: "noop" } });
  const { id } = await call("POST", "/api/workflows", {
    name: "night",
    jobs: { load: { jobType: "noop" }, left: { jobType: "noop", dependencies: ["load"] }, right: { jobType: "noop", held: true, dependencies: ["load"] }, end: { jobType: "noop", dependencies: ["left", "right"] } },
  });
  await waitFor(failed, "failed");
  return { failed, workflow: id };
}

test("every page in every form", async (t) => {
  const { failed, workflow } = await furnish();
  const pages = [
    ["#/", "Overview"],
    ["#/jobs", "Jobs"],
    ["#/jobs?status=failed&tag=a-tag", "Jobs"],
    [`#/jobs/${failed}`, failed],
    ["#/submit", "Submit a job"],
    ["#/queues", "Queues"],
    ["#/workers", "Workers"],
    ["#/schedules", "Schedules"],
    ["#/dead", "Dead letters"],
    ["#/workflows", "Workflows"],
    [`#/workflows/${workflow}`, "night"],
    ["#/actors", "Actors"],
    ["#/audit", "Audit log"],
    ["#/settings", "Settings"],
    ["#/settings?changed=true", "Settings"],
    ["#/alerts", "Alerts"],
    ["#/webhooks", "Webhooks"],
    ["#/reports", "Reports"],
    ["#/submit/schedule", "New schedule"],
    ["#/submit/schedule/every-hour", "Change every-hour"],
    ["#/submit/workflow", "New workflow"],
    ["#/api", "REST interface"],
    ["#/nowhere", "Nothing here"],
  ];
  for (const size of ["desktop", "phone"])
    for (const scheme of ["light", "dark"])
      await t.test(`${size}, ${scheme}`, () =>
        withPage({ size, scheme }, async (page) => {
          for (const [hash, heading] of pages) {
            await open(page, hash, heading);
            await page.locator(".loading").first().waitFor({ state: "detached" });
            await checkAccess(page, `${hash} ${size} ${scheme}`);
            await checkWidth(page, `${hash} ${size} ${scheme}`);
          }
        }));
});

test("a refresh moves nothing", () =>
  withPage({}, async (page) => {
    await open(page, "#/", "Overview");
    await page.locator(".figures").waitFor();
    const shifts = await page.evaluate(
      () =>
        new Promise((done) => {
          let sum = 0;
          let answers = 0;
          new PerformanceObserver((list) => list.getEntries().forEach((e) => (sum += e.hadRecentInput ? 0 : e.value))).observe({ type: "layout-shift" });
          new PerformanceObserver((list) => {
            answers += list.getEntries().filter((e) => e.name.includes("/api/metrics/jobs")).length;
            if (answers >= 3) done(sum);
          }).observe({ type: "resource" });
        }),
    );
    assert.ok(shifts < 0.02, `the layout shifted by ${shifts}`);
  }));

test("a scheduler that does not answer is told, and what was seen stays", () =>
  withPage({ mayFail: ["ERR_FAILED"] }, async (page) => {
    await open(page, "#/queues", "Queues");
    await page.locator("tbody tr").first().waitFor();
    await page.route("**/api/**", (route) => route.abort());
    await page.getByRole("alert").getByText("The scheduler does not answer.").first().waitFor();
    assert.ok((await page.locator("tbody tr").count()) > 0);
    await checkAccess(page, "a page without its scheduler");
    await page.unroute("**/api/**");
    await page.getByRole("alert").waitFor({ state: "detached" });
  }));
