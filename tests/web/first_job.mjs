// From a fresh start: the page is opened, a job is submitted from the form, and seen to its end.
import assert from "node:assert/strict";
import test from "node:test";
import { checkAccess, checkWidth, open, withPage } from "./browser.mjs";

for (const size of ["desktop", "phone"])
  test(`the first job, ${size}`, () =>
    withPage({ size }, async (page) => {
      await open(page, "", "Overview");
      if (size === "desktop") {
        await page.getByText("Ready for the first job").waitFor();
        await checkAccess(page, "an overview without jobs");
        await page.getByRole("main").getByRole("link", { name: "Submit a job" }).click();
      } else {
        await page.getByRole("link", { name: "Submit a job" }).click();
      }
      await page.getByLabel("Job type").selectOption("exec");
      await page.getByLabel("argv").fill("/bin/echo\nhello from the form");
      await page.getByLabel("Queue").fill("first");
      await page.getByLabel("Tags").fill("form, <b>bold</b>");
      await checkAccess(page, "the form");
      await checkWidth(page, "the form");
      await page.getByRole("button", { name: "Submit", exact: true }).click();
      await page.getByRole("heading", { level: 1, name: /^job_/ }).waitFor();
      await page.locator(".job-head .s-completed").waitFor();
      await page.locator(".panel", { hasText: "Result" }).getByText("hello from the form").first().waitFor();
      // What somebody typed is a text, never a part of the page.
      await page.getByRole("link", { name: "<b>bold</b>" }).waitFor();
      assert.equal(await page.locator("main b").count(), 0);
      await checkAccess(page, "a job");
      await checkWidth(page, "a job");
    }));

test("the form says what the server says, at its field", () =>
  withPage({ mayFail: ["400 (Bad Request)"] }, async (page) => {
    await open(page, "#/submit", "Submit a job");
    await page.getByLabel("Job type").selectOption("exec");
    await page.getByRole("button", { name: "Submit", exact: true }).click();
    await page.locator("#payload-argv[aria-invalid=true]").waitFor();
    await page.getByLabel("argv").fill("/bin/true");
    await page.getByLabel("Priority").fill("11");
    await page.getByRole("button", { name: "Submit", exact: true }).click();
    await page.locator("#setting-priority-text", { hasText: "priority must be an integer from 0 to 9, not 11" }).waitFor();
    await checkAccess(page, "a form with an error");
    await page.getByLabel("okExitCodes").fill("[0");
    await page.getByRole("button", { name: "Submit", exact: true }).click();
    await page.locator("#payload-okExitCodes-text", { hasText: "must be JSON" }).waitFor();
    await page.getByLabel("okExitCodes").fill("[0, 3]");
    await page.getByRole("button", { name: "as JSON" }).click();
    assert.deepEqual(JSON.parse(await page.getByLabel("Payload as JSON").inputValue()), { argv: ["/bin/true"], okExitCodes: [0, 3] });
    await page.getByRole("button", { name: "as a form" }).click();
    assert.equal(await page.getByLabel("argv").inputValue(), "/bin/true");
  }));
