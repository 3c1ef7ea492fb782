// Queues, workers, schedules, dead letters, workflows, actors: what they show, and every action there.
import assert from "node:assert/strict";
import test from "node:test";
import { call, checkAccess, open, submit, until, waitFor, withPage } from "./browser.mjs";

const row = (page, name) => page.locator("tbody tr", { hasText: name });

test("queues", () =>
  withPage({ mayFail: ["400 (Bad Request)"] }, async (page) => {
    const id = await submit("noop", {}, { held: true, queue: "limited" });
    await call("PUT", "/api/queues/limited", { perKey: { concurrency: 3 }, waitingBytesMax: "1MiB", whenFull: "shed", fullAcceptsFrom: 9 });
    await open(page, "#/queues", "Queues");
    await row(page, "limited").getByRole("button", { name: "Pause" }).click();
    await row(page, "limited").locator(".flag", { hasText: "paused" }).waitFor();
    await row(page, "limited").getByRole("button", { name: "Limits" }).click();
    await page.getByLabel("At once", { exact: true }).fill("0");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("alert").getByText("concurrency").first().waitFor();
    await checkAccess(page, "limits with an error");
    await page.getByLabel("At once", { exact: true }).fill("7");
    await page.getByRole("button", { name: "Save" }).click();
    await row(page, "limited").getByText("7 at once").waitFor();
    const rule = await call("GET", "/api/queues/limited");
    assert.equal(rule.perKey.concurrency, 3); // what the form does not show stays
    assert.equal(rule.waitingBytesMax, 1048576);
    assert.equal(rule.whenFull, "shed");
    assert.equal(rule.fullAcceptsFrom, 9);
    assert.equal(rule.paused, true);
    await row(page, "limited").getByRole("button", { name: "Resume" }).click();
    await until(async () => !(await call("GET", "/api/queues/limited")).paused, "the queue to go on");
    await call("POST", `/api/jobs/${id}/cancel`);
  }));

// A worker may leave between two looks at it.
test("workers", () =>
  withPage({ mayFail: ["404 (Not Found)"] }, async (page) => {
    await open(page, "#/workers", "Workers");
    await page.getByRole("button", { name: "Scale" }).click();
    await page.getByLabel("How many there shall be").fill("3");
    await page.getByRole("dialog").getByRole("button", { name: "Scale" }).click();
    await until(async () => (await page.locator(".card").count()) >= 3, "three workers");
    await page.getByRole("button", { name: "Scale" }).click();
    await page.getByLabel("How many there shall be").fill("2");
    await page.getByRole("dialog").getByRole("button", { name: "Scale" }).click();
    const long = await submit("noop", { sleepMs: 60000 });
    const worker = await until(async () => (await call("GET", `/api/jobs/${long}`)).workerID, "the worker of a job");
    const card = page.getByRole("region", { name: worker });
    await card.getByText("Jobs that it runs").click();
    await card.getByRole("link", { name: long }).waitFor();
    await card.getByRole("img", { name: /^[1-9]\d* of \d+ slots busy/ }).waitFor();
    await card.getByRole("button", { name: "Drain" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Drain" }).click();
    await card.locator(".status", { hasText: "draining" }).waitFor();
    await call("POST", `/api/jobs/${long}/cancel`);
    await until(async () => (await call("GET", "/api/workers")).workers.filter((w) => ["idle", "working"].includes(w.status) && !w.draining).length >= 2, "two workers");
  }));

test("schedules", () =>
  withPage({}, async (page) => {
    await open(page, "#/schedules", "Schedules");
    await page.getByText("There are no schedules.").waitFor();
    await call("PUT", "/api/schedules/nightly", { cron: "30 2 * * *", timeZone: "Europe/Berlin", job: { jobType: "noop", queue: "night" } });
    const nightly = row(page, "nightly");
    await nightly.getByRole("button", { name: "Run now" }).click();
    await until(async () => (await call("GET", "/api/jobs?queue=night")).count === 1, "its job");
    await nightly.getByRole("button", { name: "Pause" }).click();
    await nightly.locator(".flag").waitFor();
    await nightly.getByRole("button", { name: "Resume" }).click();
    await nightly.locator(".flag").waitFor({ state: "detached" });
    await nightly.getByRole("link", { name: "nightly" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("02:30:00+0").first().waitFor();
    await checkAccess(page, "a schedule");
    await dialog.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog", { name: "Delete" }).getByRole("button", { name: "Delete" }).click();
    await page.getByText("There are no schedules.").waitFor();
    await until(() => page.url().endsWith("#/schedules"), "the list of schedules");
  }));

test("dead letters", () =>
  withPage({}, async (page) => {
    for (let i = 0; i < 3; i++) await waitFor(await submit("noop", { fail: "final" }, { queue: "dead" }), "failed");
    await open(page, "#/dead", "Dead letters");
    const chip = page.getByRole("button", { name: /^noop/ });
    await chip.click();
    await page.locator(".why", { hasText: "NOOP_FAILED" }).first().waitFor();
    await checkAccess(page, "dead letters");
    await page.getByRole("button", { name: "Discard" }).click();
    await page.getByRole("button", { name: "Count", exact: true }).click();
    await page.getByRole("button", { name: /^Discard \d+ jobs/ }).click();
    await page.getByText(/^Done:/).waitFor();
    await page.getByRole("button", { name: "Close", exact: true }).click();
    assert.equal((await call("GET", "/api/jobs?type=noop&status=failed")).count, 0);
  }));

test("workflows", () =>
  withPage({}, async (page) => {
    const { id } = await call("POST", "/api/workflows", {
      name: "report",
      jobs: {
        load: { jobType: "noop" },
        left: { jobType: "noop", dependencies: ["load"] },
        right: { jobType: "noop", held: true, dependencies: ["load"] },
        end: { jobType: "noop", dependencies: ["left", "right"] },
        alarm: { jobType: "noop", dependencies: [{ id: "end", on: "failure" }] },
      },
    });
    await open(page, "#/workflows", "Workflows");
    await row(page, "report").getByRole("link").click();
    await page.getByRole("heading", { level: 1, name: "report" }).waitFor();
    await page.locator(".graph a.node").nth(4).waitFor();
    assert.equal(await page.locator(".graph .edge").count(), 5);
    await page.locator(".graph .edge text", { hasText: "failure" }).waitFor();
    await checkAccess(page, "a workflow");
    const main = page.getByRole("main");
    await main.getByRole("button", { name: "Pause" }).click();
    await page.locator(".job-head", { hasText: "paused" }).waitFor();
    await main.getByRole("button", { name: "Resume" }).click();
    await page.locator(".job-head .s-completed").waitFor();
    await page.locator(".graph a.node", { hasText: "load" }).click();
    await page.getByRole("heading", { level: 1, name: /^job_/ }).waitFor();
    const second = await call("POST", "/api/workflows", { name: "held", jobs: { a: { jobType: "noop", held: true }, b: { jobType: "noop", dependencies: ["a"] } } });
    await open(page, `#/workflows/${second.id}`, "held");
    await main.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    await page.locator(".job-head .s-cancelled").waitFor();
    await main.getByRole("button", { name: "Retry" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Retry" }).click();
    await until(async () => !["cancelled", "failed"].includes((await call("GET", `/api/workflows/${second.id}`)).state), "the retry");
    await call("POST", `/api/workflows/${second.id}/cancel`);
    assert.ok(id);
  }));

test("the REST interface", () =>
  withPage({}, async (page) => {
    await open(page, "#/api", "REST interface");
    const described = Object.values((await call("GET", "/api/openapi.json")).paths).flatMap((item) => Object.keys(item));
    await page.locator("summary", { hasText: "POST /api/jobs/submit" }).click();
    const main = page.getByRole("main");
    assert.equal(await main.locator(".panel > details").count(), described.length);
    await main.getByText("Members: JobSubmit").click();
    await main.getByText("Members of retryPolicy").click();
    await main.locator("dt", { hasText: "capSeconds" }).waitFor();
    await main.getByText("curl -X POST").waitFor();
    await checkAccess(page, "the REST interface");
  }));

test("actors", () =>
  // What is asked while an actor ends may be answered 500 or 503.
  withPage({ mayFail: ["503 (Service Unavailable)", "500 (Internal Server Error)"] }, async (page) => {
    await open(page, "#/actors", "Actors");
    await page.getByRole("button", { name: "queue-manager" }).click();
    await page.getByRole("dialog", { name: "queue-manager" }).locator("dl").waitFor();
    await checkAccess(page, "what an actor holds");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "autoscaler" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Restart" }).click();
    await page.getByRole("dialog", { name: "Restart" }).getByRole("button", { name: "Restart" }).click();
    // Those that its supervisor starts again with it are among them.
    const actors = () => call("GET", "/api/actors").catch(() => ({ actors: [] }));
    await until(async () => (await actors()).actors.some((a) => a.name === "autoscaler" && a.restarts === 1), "the restart");
  }));

test("the audit log", () =>
  withPage({ mayFail: ["400 (Bad Request)"] }, async (page) => {
    await call("PUT", "/api/queues/audited", { concurrency: 3 });
    await call("PUT", "/api/queues/audited", { concurrency: 5 });
    for (let i = 0; i < 51; i++) await call("POST", "/api/queues/other/pause");
    await call("DELETE", "/api/queues/other");
    await open(page, "#/audit", "Audit log");
    await page.getByRole("link", { name: "Older" }).click();
    await until(() => page.url().includes("cursor="), "an older page");
    await page.getByLabel("target").fill("audited");
    await page.getByLabel("act", { exact: true }).fill("queue");
    await page.getByRole("button", { name: "Find" }).click();
    await until(async () => (await page.locator("tbody tr").count()) === 2, "the acts on one queue");
    assert.ok(page.url().includes("target=audited"));
    await row(page, "audited").first().getByRole("button", { name: "queue.set" }).click();
    const dialog = page.getByRole("dialog", { name: "queue.set audited" });
    assert.deepEqual(await dialog.locator(".diff tr", { hasText: "concurrency" }).first().locator("td").allTextContents(), ["concurrency", "3", "5"]);
    await checkAccess(page, "an act");
    await page.keyboard.press("Escape");
    await page.getByLabel("from").fill("yesterday");
    await page.getByRole("button", { name: "Find" }).click();
    await page.getByRole("alert").getByText("from").first().waitFor();
  }));
