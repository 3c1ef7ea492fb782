// The list of jobs and a job: filters, keys, bulk actions, every action of a job.
import assert from "node:assert/strict";
import test from "node:test";
import { call, checkAccess, open, submit, until, waitFor, withPage } from "./browser.mjs";

test("filters are chips, and in the address", () =>
  withPage({}, async (page) => {
    const held = await submit("noop", {}, { held: true, queue: "eu mail", tags: ["filters"] });
    const failed = await submit("noop", { fail: "final" }, { queue: "eu mail", tags: ["filters"] });
    await waitFor(failed, "failed");
    await open(page, "#/jobs", "Jobs");
    await page.keyboard.press("/");
    await page.keyboard.type('queue:"eu mail" tag:filters');
    await page.keyboard.press("Enter");
    await until(async () => page.url().includes("queue=eu+mail&tag=filters"), "the filter in the address");
    await until(async () => (await page.locator("tbody tr").count()) === 2, "two rows");
    await page.getByRole("button", { name: /^failed/ }).click();
    await page.locator(`tr#${held}`).waitFor({ state: "detached" });
    assert.match(page.url(), /status=failed/);
    await page.reload(); // a view is in its address
    await page.locator(`tr#${failed}`).waitFor();
    assert.equal(await page.locator("tbody tr").count(), 1);
    await page.getByRole("button", { name: "remove queue" }).click();
    await until(async () => !page.url().includes("queue="), "the chip to go");
    await page.locator("#search").fill("colour:red");
    await page.keyboard.press("Enter");
    await page.getByText("There is no filter “colour”").waitFor();
    await checkAccess(page, "a wrong filter");
    await page.locator("#search").fill(failed);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: failed }).waitFor();
    await call("POST", `/api/jobs/${held}/cancel`);
  }));

test("older jobs are on pages behind the first", () =>
  withPage({}, async (page) => {
    const jobs = Array.from({ length: 120 }, () => ({ jobType: "noop", queue: "many" }));
    const { items } = await call("POST", "/api/jobs/batch", jobs);
    await waitFor(items[119].jobID, "completed");
    await open(page, "#/jobs?queue=many", "Jobs");
    await until(async () => (await page.locator("tbody tr").count()) === 50, "the first page");
    await page.getByRole("button", { name: "Load more" }).click();
    await until(async () => (await page.locator("tbody tr").count()) === 100, "more");
    await page.getByRole("link", { name: "Older" }).click();
    await until(async () => (await page.locator("tbody tr").count()) === 20, "the last page");
    assert.equal(await page.locator("tbody tr").last().getAttribute("id"), items[0].jobID);
    await page.getByRole("link", { name: "the newest" }).click();
    await page.locator(`tr#${items[119].jobID}`).waitFor();
  }));

test("keys", () =>
  withPage({}, async (page) => {
    const ids = [await submit("noop", {}, { queue: "keys" }), await submit("noop", {}, { queue: "keys" })];
    await open(page, "#/jobs?queue=keys", "Jobs");
    await page.locator("tbody tr").nth(1).waitFor();
    await page.keyboard.press("j");
    assert.equal(await page.locator("tr.chosen").getAttribute("id"), ids[0]);
    await page.keyboard.press("k");
    assert.equal(await page.locator("tr.chosen").getAttribute("id"), ids[1]);
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: ids[0] }).waitFor();
    for (const [key, heading] of [["o", "Overview"], ["d", "Dead letters"], ["q", "Queues"], ["f", "Workflows"], ["s", "Schedules"], ["w", "Workers"], ["a", "Actors"], ["e", "Settings"], ["j", "Jobs"]]) {
      await page.keyboard.press("g");
      await page.keyboard.press(key);
      await page.getByRole("heading", { level: 1, name: heading, exact: true }).waitFor();
    }
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    await checkAccess(page, "the list of keys");
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("p");
    await page.getByRole("button", { name: "paused" }).waitFor();
    await page.keyboard.press("p");
    await page.getByRole("button", { name: "live", exact: true }).waitFor();
    await page.keyboard.press("t");
    await page.keyboard.press("t");
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
    await page.reload();
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
    await page.keyboard.press("n");
    await page.getByRole("heading", { level: 1, name: "Submit a job" }).waitFor();
  }));

test("what is seen is refreshed, and not while it is paused", () =>
  withPage({}, async (page) => {
    await open(page, "#/jobs?queue=fresh", "Jobs");
    await page.getByText("No job is like that.").waitFor();
    const first = await submit("noop", {}, { queue: "fresh" });
    await page.locator(`tr#${first} .s-completed`).waitFor();
    await page.getByRole("button", { name: "live", exact: true }).click();
    const asked = [];
    page.on("request", (r) => asked.push(r.url()));
    const second = await submit("noop", {}, { queue: "fresh" });
    await waitFor(second, "completed");
    assert.deepEqual(asked.filter((u) => u.includes("queue=fresh")), []);
    await page.getByRole("button", { name: "paused" }).click();
    await page.locator(`tr#${second}`).waitFor();
  }));

test("one action on all that match: the number first, then what was done", () =>
  withPage({}, async (page) => {
    for (let i = 0; i < 12; i++) await submit("noop", {}, { held: true, queue: "bulk", tags: ["import"] });
    const other = await submit("noop", {}, { held: true, queue: "bulk" });
    await open(page, "#/jobs?queue=bulk&tag=import", "Jobs");
    await page.getByRole("button", { name: "queued 12", exact: true }).waitFor();
    await page.getByRole("button", { name: "failed 0", exact: true }).waitFor();
    await page.getByRole("button", { name: "Change priority" }).click();
    await page.getByRole("button", { name: "Count", exact: true }).click();
    await page.getByText("12 jobs would be given the priority").waitFor();
    await page.getByRole("button", { name: "Change priority 12 jobs" }).click();
    await page.getByText("Done: 12 jobs of 12").waitFor();
    await page.getByRole("button", { name: "Close", exact: true }).click();
    await page.getByRole("button", { name: "Cancel", exact: true }).click();
    await page.getByLabel("Reason").fill("bad file");
    await page.getByRole("button", { name: "Count", exact: true }).click();
    await page.getByText("12 jobs would be cancelled").waitFor();
    await checkAccess(page, "a bulk action");
    await page.getByRole("button", { name: "Cancel 12 jobs" }).click();
    await page.getByText("Done: 12 jobs of 12").waitFor();
    assert.equal((await call("GET", "/api/jobs?tag=import&status=cancelled&priority=9")).count, 12);
    assert.equal((await call("GET", `/api/jobs/${other}`)).status, "queued");
    await call("POST", `/api/jobs/${other}/cancel`);
  }));

test("every action of a job", () =>
  withPage({}, async (page) => {
    const status = (name) => page.locator(`.job-head .s-${name}`);
    const press = (name) => page.getByRole("main").getByRole("button", { name, exact: true }).click();
    const later = await submit("noop", {}, { scheduleAt: new Date(Date.now() + 3600_000).toISOString(), queue: "acts" });
    await open(page, `#/jobs/${later}`, later);
    await status("scheduled").waitFor();
    await press("Hold");
    await page.locator(".job-head .flag", { hasText: "held" }).waitFor();
    await page.getByText("held", { exact: false }).first().waitFor();
    await press("Release");
    await page.locator(".job-head .flag").waitFor({ state: "detached" });
    await press("Priority");
    await page.getByRole("dialog").getByRole("button", { name: "8", exact: true }).click();
    await until(async () => (await call("GET", `/api/jobs/${later}`)).priority === 8, "the priority");
    await press("Run now");
    await status("completed").waitFor();

    const failing = await submit("exec", { argv: ["/bin/sh", "-c", "echo why >&2; exit 4"] }, { maxRetries: 1, retryPolicy: { kind: "fixed", baseSeconds: 0.1, jitter: false } });
    await waitFor(failing, "failed");
    await open(page, `#/jobs/${failing}`, failing);
    await page.locator(".job-error", { hasText: "EXIT_STATUS" }).waitFor();
    assert.equal(await page.locator(".timeline li").count(), 2);
    await page.getByText("attempt 2").waitFor();
    await checkAccess(page, "a failed job");
    await press("Retry");
    await until(async () => (await call("GET", `/api/jobs/${failing}`)).attempt > 2, "another attempt");
    await page.getByRole("link", { name: "Clone" }).click();
    await page.getByRole("heading", { level: 1, name: "Clone a job" }).waitFor();
    assert.match(await page.getByLabel("argv").inputValue(), /exit 4/);
    await page.getByLabel("argv").fill("/bin/true");
    await page.getByRole("button", { name: "Submit", exact: true }).click();
    await status("completed").waitFor();

    const long = await submit("noop", { sleepMs: 60000 });
    await open(page, `#/jobs/${long}`, long);
    await status("running").waitFor();
    await press("Cancel");
    await checkAccess(page, "the question before a cancel");
    await page.getByRole("dialog").getByRole("button", { name: "Cancel", exact: true }).click();
    await status("cancelled").waitFor();
  }));

test("a job that is not there", () =>
  withPage({ mayFail: ["404 (Not Found)"] }, async (page) => {
    await open(page, "#/jobs/job_aaaaaaaaaaaaa", "job_aaaaaaaaaaaaa");
    await page.getByText("no job job_aaaaaaaaaaaaa is known here").waitFor();
    await checkAccess(page, "a job that is not there");
  }));
