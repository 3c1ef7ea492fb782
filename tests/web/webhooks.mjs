// Webhooks: with the scheduler's own, which sends to a receiver in this process.
import assert from "node:assert/strict";
import http from "node:http";
import test from "node:test";
import { call, checkAccess, checkWidth, open, until, withPage } from "./browser.mjs";

/** What is sent to it, in order; it answers with the statuses that it is given, then with 200. */
async function receiver(t, statuses = []) {
  const got = [];
  const server = http.createServer((request, answer) => {
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", () => {
      got.push({ fields: request.headers, event: JSON.parse(body) });
      answer.writeHead(statuses.shift() ?? 200).end();
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${server.address().port}/hook`, got };
}

const row = (page, name) => page.getByRole("row", { name: new RegExp(`^${name}`) });

test("a webhook from its form to its deliveries", async (t) => {
  const to = await receiver(t);
  await withPage({ mayFail: ["400 (Bad Request)"] }, async (page) => {
    await open(page, "#/jobs", "Jobs");
    await page.keyboard.press("g");
    await page.keyboard.press("h");
    await page.getByRole("heading", { level: 1, name: "Webhooks" }).waitFor();
    await page.getByText("There are no webhooks.").waitFor();
    await checkAccess(page, "no webhooks");

    await page.getByRole("button", { name: "New webhook" }).click();
    await page.locator("#webhook-name").fill("ops");
    await page.locator("#webhook-url").fill("ftp://nowhere");
    await page.locator("#webhook-kinds").fill("job.failed, alert");
    await page.locator("#webhook-secret").fill("s3cret");
    await page.locator("#webhook-headers").fill("X-Team: ops");
    await page.getByLabel("Your name").fill("Ann");
    await page.getByRole("dialog").getByRole("button", { name: "Create" }).click();
    await page.locator("#webhook-url-text").getByRole("alert").waitFor();
    await checkAccess(page, "a webhook with an error");
    await page.locator("#webhook-url").fill(to.url);
    await page.getByRole("dialog").getByRole("button", { name: "Create" }).click();
    await row(page, "ops").getByText("signed").waitFor();
    const made = await call("GET", "/api/webhooks/ops");
    assert.deepEqual([made.filter.kinds, made.headers, made.signed], [["job.failed", "alert"], { "X-Team": "ops" }, true]);

    await row(page, "ops").getByRole("button", { name: "Test" }).click();
    const deliveries = page.getByRole("region", { name: "Deliveries of ops" });
    await deliveries.getByText("webhook.test").waitFor();
    await deliveries.getByText("completed").waitFor();
    assert.equal(to.got[0].event.kind, "webhook.test");
    assert.equal(to.got[0].fields["x-team"], "ops");
    assert.match(to.got[0].fields["x-callboard-signature"], /^sha256=[0-9a-f]{64}$/);
    await checkAccess(page, "deliveries");

    const failed = await call("POST", "/api/jobs/submit", { jobType: "exec", payload: { argv: ["/bin/false"] }, retryCount: 0 });
    await deliveries.getByRole("link", { name: failed.jobID }).waitFor();
    await until(() => to.got.length === 2, "the second delivery");
    assert.equal(to.got[1].event.jobID, failed.jobID);

    await row(page, "ops").getByRole("button", { name: "Pause" }).click();
    await row(page, "ops").getByText("paused").waitFor();
    await row(page, "ops").getByRole("button", { name: "Change" }).click();
    assert.equal(await page.locator("#webhook-secret").inputValue(), "");
    await page.locator("#webhook-queue").fill("mail");
    await page.getByRole("dialog").getByRole("button", { name: "Change" }).click();
    await row(page, "ops").getByText("of queue mail").waitFor();
    const kept = await call("GET", "/api/webhooks/ops");
    assert.deepEqual([kept.signed, kept.enabled, kept.secretChangedAt], [true, false, made.secretChangedAt]);
    await row(page, "ops").getByRole("button", { name: "Resume" }).click();
    await row(page, "ops").getByRole("button", { name: "Pause" }).waitFor();

    await row(page, "ops").getByRole("button", { name: "Remove" }).click();
    await checkAccess(page, "before a webhook is removed");
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await page.getByText("There are no webhooks.").waitFor();
    assert.equal((await call("GET", "/api/webhooks")).count, 0);
  });
});

for (const size of ["desktop", "phone"])
  for (const scheme of ["light", "dark"])
    test(`webhooks, ${size}, ${scheme}`, async (t) => {
      const to = await receiver(t, [500]);
      const name = `w-${size}-${scheme}`;
      await call("POST", "/api/webhooks", { name, url: `${to.url}?${"long".repeat(30)}`, filter: { kinds: ["job.failed", "worker", "alert"], queue: "mail" }, secret: "s3cret" });
      await call("POST", `/api/webhooks/${name}/test`, {});
      await withPage({ size, scheme }, async (page) => {
        await open(page, `#/webhooks/${name}`, "Webhooks");
        await page.getByRole("region", { name: `Deliveries of ${name}` }).getByText("webhook.test").waitFor();
        await checkAccess(page, `webhooks ${size} ${scheme}`);
        await checkWidth(page, `webhooks ${size} ${scheme}`);
      });
      await call("DELETE", `/api/webhooks/${name}`);
    });
