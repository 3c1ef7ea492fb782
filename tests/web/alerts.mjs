// Alerts: with answers that are made up, so that one of each kind is there, and with the scheduler's own.
import assert from "node:assert/strict";
import test from "node:test";
import { base, call, checkAccess, checkWidth, open, until, withPage } from "./browser.mjs";

const ago = (s) => new Date(Date.now() - s * 1000).toISOString();

const alert = (id, more) => ({
  id: `alert_000000000000000${id}`,
  rule: "queue_waits",
  target: "queue/mail",
  severity: "warning",
  state: "firing",
  since: ago(900),
  firedAt: ago(600),
  resolvedAt: null,
  value: 2100.5,
  threshold: 1800,
  unit: "seconds",
  summary: "a job has been ready for 2100.5 seconds (threshold 1800)",
  advice: "Run callboard explain for one of its jobs; add workers, or raise the limits of the queue.",
  ack: null,
  silence: null,
  notified: true,
  ...more,
});

/** The routes of alerts as they are described, over a state that the test looks at. */
async function madeUp(page) {
  const state = {
    alerts: [
      alert(1, { rule: "store_not_writable", target: "", severity: "critical", summary: "the store cannot be written", advice: "Look at the log." }),
      alert(2),
      alert(3, { rule: "dead_letters_grow", target: "type/exec", state: "pending", firedAt: null }),
      alert(4, { rule: "certificate_ends", target: "certificate/node", state: "resolved", resolvedAt: ago(60) }),
    ],
    silences: [],
    asked: [],
  };
  const json = (route, body, status = 200) => route.fulfill({ json: body, status });
  await page.route(`${base}/api/events?*`, (route) => route.fulfill({ status: 200, contentType: "text/event-stream", body: "retry: 60000\n\n" }));
  await page.route(/\/api\/alerts/, (route) => {
    const request = route.request();
    const url = new URL(request.url());
    const body = request.postDataJSON();
    if (request.method() !== "GET") state.asked.push([request.method(), url.pathname, body, request.headers()["x-callboard-actor"]]);
    if (url.pathname === "/api/alerts") {
      const only = url.searchParams.get("state");
      const alerts = state.alerts.filter((a) => !only || a.state === only);
      const burnRates = { "5m": 0, "30m": 1.2, "1h": 0.8, "6h": 0.5 };
      const objectives = [{ queue: "mail", objective: "success", share: 0.999, waitSeconds: null, windowSeconds: 2592000, burnRates }];
      return json(route, { alerts, count: alerts.length, objectives, enabled: true, evaluatedAt: ago(5) });
    }
    if (url.pathname.endsWith("/ack")) {
      const one = state.alerts.find((a) => url.pathname.includes(a.id));
      one.ack = { by: "Ann", at: ago(0), comment: body.comment ?? "" };
      return json(route, one);
    }
    if (request.method() === "POST") {
      if (!(body.for > 0)) return json(route, { error: { code: "out_of_range", message: "for must be more than 0 seconds", field: "for" } }, 400);
      const silence = { id: "silence_1", rule: body.rule ?? null, target: body.target ?? null, until: ago(-body.for), createdAt: ago(0), by: "Ann", comment: body.comment ?? "" };
      state.silences = [silence];
      for (const a of state.alerts) if (a.rule === silence.rule) a.silence = silence.id;
      return json(route, silence, 201);
    }
    if (request.method() === "DELETE") {
      const [gone] = state.silences.splice(0);
      for (const a of state.alerts) a.silence = null;
      return json(route, gone);
    }
    return json(route, { silences: state.silences, count: state.silences.length });
  });
  return state;
}

const row = (page, name) => page.locator(".alert", { hasText: name }).locator("xpath=ancestor::tr");

test("alerts: what fires, what to do, who looks after it, and silences", () =>
  withPage({ mayFail: ["400 (Bad Request)"] }, async (page) => {
    const state = await madeUp(page);
    await open(page, "#/queues", "Queues");
    const nav = page.getByRole("navigation").getByRole("link", { name: /^Alerts/ });
    await nav.locator(".badge", { hasText: "2" }).waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("t");
    await page.getByRole("heading", { level: 1, name: "Alerts" }).waitFor();
    await page.locator(".alert").nth(3).waitFor();
    await row(page, "store not writable").getByText("critical").waitFor();
    await row(page, "store not writable").getByText("Look at the log.").waitFor();
    assert.equal(await row(page, "certificate ends").getByRole("button").count(), 0); // nothing to do about what is over
    await checkAccess(page, "alerts");

    await row(page, "queue waits").getByRole("button", { name: "Acknowledge" }).click();
    await page.getByLabel("Your name").fill("Žofie");
    await page.getByLabel("Comment").fill("the mail server is being replaced");
    await checkAccess(page, "an acknowledgement");
    await page.getByRole("dialog").getByRole("button", { name: "Acknowledge" }).click();
    await row(page, "queue waits").getByText("acknowledged").waitFor();
    assert.deepEqual(state.asked[0].slice(0, 3), ["POST", "/api/alerts/alert_0000000000000002/ack", { comment: "the mail server is being replaced" }]);
    assert.equal(state.asked[0][3], "Žofie");

    await row(page, "queue waits").getByRole("button", { name: "Silence" }).click();
    assert.equal(await page.getByLabel("Your name").inputValue(), "Žofie"); // kept
    await page.getByLabel("For", { exact: true }).selectOption("other");
    await page.getByLabel("So many seconds").fill("0");
    await page.getByRole("dialog").getByRole("button", { name: "Silence" }).click();
    await page.locator("#silence-seconds-text").getByRole("alert").waitFor();
    await checkAccess(page, "a silence with an error");
    await page.getByLabel("So many seconds").fill("7200");
    await page.getByRole("dialog").getByRole("button", { name: "Silence" }).click();
    await row(page, "queue waits").locator(".flag", { hasText: "silenced" }).waitFor();
    assert.deepEqual(state.asked.at(-1)[2], { rule: "queue_waits", target: "queue/mail", for: 7200 });
    await page.getByRole("region", { name: "Silences" }).getByRole("button", { name: "End" }).click();
    await page.getByRole("region", { name: "Silences" }).waitFor({ state: "detached" });

    await page.getByRole("button", { name: "pending", exact: true }).click();
    await until(async () => (await page.locator(".alert").count()) === 1, "one pending alert");
    assert.match(page.url(), /state=pending/);
    await page.reload();
    await row(page, "dead letters grow").getByRole("link", { name: "type/exec" }).click();
    await until(() => page.url().includes("#/jobs?type=exec"), "the jobs of the type");
  }));

for (const size of ["desktop", "phone"])
  for (const scheme of ["light", "dark"])
    test(`alerts, ${size}, ${scheme}`, () =>
      withPage({ size, scheme }, async (page) => {
        await madeUp(page);
        await open(page, "#/alerts", "Alerts");
        await page.locator(".alert").nth(3).waitFor();
        await checkAccess(page, `alerts ${size} ${scheme}`);
        await checkWidth(page, `alerts ${size} ${scheme}`);
      }));

test("a silence of the scheduler itself", () =>
  withPage({}, async (page) => {
    await open(page, "#/alerts", "Alerts");
    await page.getByRole("button", { name: "new silence" }).click();
    await page.getByLabel("Rule").fill("queue_waits");
    await page.getByLabel("Your name").fill("Ann");
    await page.getByLabel("Comment").fill("maintenance");
    await page.getByRole("dialog").getByRole("button", { name: "Silence" }).click();
    const silences = page.getByRole("region", { name: "Silences" });
    await silences.getByText("maintenance").waitFor();
    const told = (await call("GET", "/api/alerts/silences")).silences;
    assert.deepEqual([told.length, told[0].rule, told[0].by], [1, "queue_waits", "Ann"]);
    await silences.getByRole("button", { name: "End" }).click();
    await silences.waitFor({ state: "detached" });
    assert.equal((await call("GET", "/api/alerts/silences")).count, 0);
  }));
