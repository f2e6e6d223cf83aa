// The catalogue page in a real browser: it renders in three languages, in light, dark and print, without script too; the
// form sends and shows; nothing is asked of another address; no error on the console; axe finds nothing serious.
// Usage: node catalogue.mjs BASE_URL SCREENSHOTS_FOLDER   (CHROMIUM names the browser)

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";

const [base, folder] = process.argv.slice(2);
assert.ok(base && folder, "usage: node catalogue.mjs BASE_URL SCREENSHOTS_FOLDER");
await mkdir(folder, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});

/** A page whose console and requests are watched. */
async function opened(path, options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (line) => line.type() === "error" && complaints.push(line.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== "data:" && origin !== new URL(base).origin) complaints.push(`asks ${request.url()}`);
  });
  const answer = await page.goto(base + path, { waitUntil: "networkidle" });
  assert.equal(answer.status(), 200);
  return { context, page, complaints };
}

async function accessible(page, what) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const told = serious.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 200)}`);
  assert.deepEqual(told, [], what);
}

const titles = { fi: "PSOP Palveluväylässä", sv: "PSOP i Informationsleden", en: "PSOP over X-Road" };
for (const [language, title] of Object.entries(titles)) {
  for (const colorScheme of ["light", "dark"]) {
    const { context, page, complaints } = await opened(`/${language}`, { colorScheme });
    assert.ok((await page.title()).startsWith(title));
    assert.equal(await page.locator("html").getAttribute("lang"), language);
    for (const service of ["getOstovoima", "postPurchasingPower", "postSaldoPurchasingPower",
      "postDentalPurchasingPower", "getServiceEvents", "postDentalServiceEvent"]) {
      await page.locator(`h2#${service}`).waitFor();
      assert.equal(await page.locator(`section[aria-labelledby=${service}] > details`).count(), 5, service);
    }
    await accessible(page, `${language}, ${colorScheme}`);
    await page.screenshot({ path: `${folder}/${language}-${colorScheme}.png` });
    assert.deepEqual(complaints, []);
    await context.close();
  }
}

{
  const { context, page, complaints } = await opened("/", { javaScriptEnabled: false });
  assert.match(await page.locator("#first-call ~ pre").innerText(), /curl -sS/);
  assert.ok(await page.locator("noscript").first().isVisible());
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.locator("form").isVisible(), false, "nothing to fill in on paper");
  await page.screenshot({ path: `${folder}/print.png` });
  assert.deepEqual(complaints, []);
  await context.close();
}

{
  const { context, page, complaints } = await opened("/en");
  await page.selectOption("#service", { label: "postPurchasingPower" });
  await page.waitForFunction(() => document.getElementById("message").value.includes("postPurchasingPower"));
  await page.click("button[type=submit]");
  await page.waitForFunction(() => document.getElementById("status").textContent.startsWith("HTTP 200"));
  assert.match(await page.locator("#answer").innerText(), /<psop:status>OK<\/psop:status>/);
  await page.fill("#message", "<no/>");
  await page.waitForTimeout(0);
  await page.screenshot({ path: `${folder}/form.png`, fullPage: false });
  assert.deepEqual(complaints, [], "before the fault, which a browser reports as an error of the network");
  await page.click("button[type=submit]");
  await page.waitForFunction(() => document.getElementById("status").textContent.startsWith("HTTP 500"));
  assert.match(await page.locator("#answer").innerText(), /HEADER_INVALID/);
  await context.close();
}

await browser.close();
console.log("the catalogue is well: three languages, light and dark, print, no script, form, axe");
