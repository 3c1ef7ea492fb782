// What is made in the page: schedules and workflows. What they say of the scheduler: settings, failures, numbers under a filter.
import assert from "node:assert/strict";
import test from "node:test";
import { call, checkAccess, checkWidth, open, submit, until, waitFor, withPage } from "./browser.mjs";

const row = (page, name) => page.locator("tbody tr", { hasText: name });

test("a schedule is made, with its next times while one types, and changed", () =>
  withPage({ mayFail: ["400 (Bad Request)", "409 (Conflict)"] }, async (page) => {
    await open(page, "#/schedules", "Schedules");
    await page.getByRole("link", { name: "New schedule" }).first().click();
    await page.getByRole("heading", { level: 1, name: "New schedule" }).waitFor();
    const preview = page.locator(".preview");
    await page.getByLabel("Cron expression").fill("61 2 * * *");
    await page.locator("#schedule-cron-text", { hasText: "minute" }).getByRole("alert").waitFor();
    await checkAccess(page, "a schedule with an error");
    await page.getByLabel("Time zone").fill("Europe/Berlin");
    await page.getByLabel("Cron expression").fill("30 2 * * *");
    await preview.getByText("02:30:00+0").first().waitFor();
    assert.equal(await preview.locator("li").count(), 5);
    await page.getByLabel("Job type").selectOption("noop");
    await page.getByLabel("Queue").fill("night");
    await page.getByLabel("Priority").fill("12");
    await page.getByLabel("When its last job has not ended").selectOption("skip");
    await page.getByRole("button", { name: "Create" }).click();
    await page.locator("#schedule-name[aria-invalid=true]").waitFor();
    await page.getByLabel("Name").fill("from-the-form");
    await page.getByRole("button", { name: "Create" }).click();
    await page.locator("#setting-priority-text", { hasText: "priority" }).getByRole("alert").waitFor();
    await page.getByLabel("Priority").fill("7");
    await page.getByRole("button", { name: "Create" }).click();
    const dialog = page.getByRole("dialog", { name: "from-the-form" });
    await dialog.getByText("02:30:00+0").first().waitFor();
    const made = await call("GET", "/api/schedules/from-the-form");
    assert.deepEqual([made.cron, made.timeZone, made.overlap, made.job.jobType, made.job.queue, made.job.priority], ["30 2 * * *", "Europe/Berlin", "skip", "noop", "night", 7]);

    await call("PUT", "/api/schedules/from-the-form", { cron: "30 2 * * *", timeZone: "Europe/Berlin", overlap: "skip", job: { jobType: "noop", queue: "night", resources: { slots: 2 } } });
    await dialog.getByRole("link", { name: "Change" }).click();
    await page.getByRole("heading", { level: 1, name: "Change from-the-form" }).waitFor();
    assert.equal(await page.getByLabel("Cron expression").inputValue(), "30 2 * * *");
    await page.getByRole("button", { name: "every so often" }).click();
    await page.getByLabel("Every so many seconds").fill("7200");
    await until(async () => (await preview.locator("li").count()) === 5, "the next times");
    await page.getByRole("button", { name: "Save" }).click();
    await dialog.getByText("every 2 h").first().waitFor();
    const changed = await call("GET", "/api/schedules/from-the-form");
    assert.deepEqual([changed.version, changed.every, changed.overlap, changed.job.resources.slots], [3, 7200, "skip", 2]); // what the form does not show stays

    // Somebody else was quicker.
    await dialog.getByRole("link", { name: "Change" }).click();
    await page.getByLabel("Every so many seconds").waitFor();
    await call("PUT", "/api/schedules/from-the-form", { every: 60, job: { jobType: "noop" } });
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator(".submit-foot").getByRole("alert").getByText("version").first().waitFor();
    assert.equal((await call("GET", "/api/schedules/from-the-form")).every, 60);
    await call("DELETE", "/api/schedules/from-the-form");
  }));

test("a workflow is checked and drawn while it is written", () =>
  withPage({ mayFail: ["400 (Bad Request)"] }, async (page) => {
    await open(page, "#/workflows", "Workflows");
    await page.getByRole("link", { name: "New workflow" }).first().click();
    await page.getByRole("button", { name: "An example" }).click();
    await until(async () => (await page.locator(".graph .node").count()) === 5, "five jobs");
    assert.equal(await page.locator(".graph .edge").count(), 5);
    await checkAccess(page, "a workflow that is written");
    const text = page.getByLabel("The workflow as JSON");
    const send = page.getByRole("button", { name: "Submit", exact: true });
    const flaws = page.locator(".flaws");
    const jobs = (last) => JSON.stringify({ name: "by hand", jobs: { first: { jobType: "noop" }, last } });
    await text.fill('{"name": "by hand", "jobs": ');
    await flaws.getByText("This is not JSON").waitFor();
    await text.fill(jobs({ jobType: "noop", priorty: 3, dependencies: ["frist"] }));
    await flaws.getByText("there is no member priorty").waitFor();
    await flaws.getByText("there is no job “frist”").waitFor();
    assert.equal(await send.isDisabled(), true);
    await checkAccess(page, "a workflow with flaws");
    await flaws.getByRole("button", { name: "jobs.last.priorty" }).click();
    assert.equal(await page.evaluate(() => getSelection()?.toString()), '"priorty"');
    // What only the scheduler knows.
    await text.fill(jobs({ jobType: "noop", priority: 99, dependencies: ["first"] }));
    await send.click();
    await flaws.getByRole("button", { name: "jobs.last.priority" }).waitFor();
    await text.fill(jobs({ jobType: "noop", priority: 9, dependencies: ["first"] }));
    await send.click();
    await page.getByRole("heading", { level: 1, name: "by hand" }).waitFor();
    await page.locator(".job-head .s-completed").waitFor();
  }));

test("settings: found by words, section and change, in the address", () =>
  withPage({}, async (page) => {
    await open(page, "#/settings", "Settings");
    await row(page, "handlers.smtp.password").getByText("not set").waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("lease");
    await row(page, "http.listen").waitFor({ state: "detached" });
    await row(page, "cluster.lease").getByText("default", { exact: true }).waitFor();
    assert.match(page.url(), /q=lease/);
    await page.reload();
    await row(page, "cluster.lease").waitFor();
    assert.equal(await row(page, "http.listen").count(), 0);
    await page.locator("#search").fill("");
    await page.getByRole("button", { name: /^changed only/ }).click();
    const directory = row(page, "store.directory");
    await directory.getByText("changed").waitFor();
    assert.equal(await row(page, "cluster.lease").count(), 0);
    await page.getByLabel("Section").selectOption("store");
    await until(() => page.url().includes("section=store&changed=true"), "the section in the address");
    for (const name of await page.locator(".setting code").allTextContents()) assert.match(name, /^store\./);
  }));

test("the failures of a queue are in the list of queues, and lead to its failed jobs", () =>
  withPage({}, async (page) => {
    const failed = await submit("noop", { fail: "final" }, { queue: "broken queue" });
    await waitFor(failed, "failed");
    await open(page, "#/queues", "Queues");
    await row(page, "broken queue").getByRole("link", { name: "1", exact: true }).click();
    await page.locator(`tr#${failed}`).waitFor();
    assert.match(page.url(), /queue=broken\+queue&status=failed/);
  }));

test("numbers by status under a filter", () =>
  withPage({}, async (page) => {
    for (let i = 0; i < 3; i++) await waitFor(await submit("noop", {}, { queue: "counted", priority: 2 }), "completed");
    await waitFor(await submit("noop", { fail: "final" }, { queue: "counted", priority: 2 }), "failed");
    const chip = (name) => page.getByRole("button", { name, exact: true });
    await open(page, "#/jobs?queue=counted", "Jobs");
    for (const name of ["completed 3", "failed 1", "cancelled 0", "running 0"]) await chip(name).waitFor();
    await waitFor(await submit("noop", {}, { queue: "counted" }), "completed");
    await page.getByRole("button", { name: "count again" }).click();
    await chip("completed 4").waitFor();
    // No index finds a priority: completed jobs are not counted, and nothing before somebody asks.
    await open(page, "#/jobs?priority=2", "Jobs");
    await page.getByRole("button", { name: "count by status" }).click();
    await chip("failed 1").waitFor();
    await chip("cancelled 0").waitFor();
    assert.equal(await chip("completed").count(), 1);
    // More than the scheduler counts.
    const byStatus = { queued: 0, scheduled: 0, running: 0, retrying: 0, completed: 9990, failed: 10, cancelled: 0 };
    await page.route("**/api/jobs/counts?*", (route) => {
      const all = !route.request().url().includes("status=");
      return route.fulfill({ json: { byStatus, counted: 10000, complete: !all } });
    });
    await open(page, "#/jobs?queue=huge", "Jobs");
    await chip("completed 9,990+").waitFor();
    await chip("failed 10").waitFor();
  }));

test("forms on a phone", () =>
  withPage({ size: "phone" }, async (page) => {
    await open(page, "#/submit/workflow", "New workflow");
    await page.getByRole("button", { name: "An example" }).click();
    await page.locator(".graph .node").first().waitFor();
    await checkAccess(page, "a workflow that is written, phone");
    await checkWidth(page, "a workflow that is written");
    await open(page, "#/submit/schedule", "New schedule");
    await page.getByLabel("Cron expression").fill("@hourly");
    await page.locator(".preview li").nth(4).waitFor();
    await checkAccess(page, "a schedule that is written, phone");
    await checkWidth(page, "a schedule that is written");
  }));
