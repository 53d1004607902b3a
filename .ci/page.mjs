// What people do on the page, in a real browser. Run by .ci/page.
import { chromium } from "playwright-core";
import axe from "axe-core";
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";

const { PAGE_URL: url, PAGE_FOLDER: folder, PAGE_SAMPLE: sample, PAGE_GUIDE: guide } = process.env;
const KEY = "local-key";
const HOSTILE = "<img src=x onerror=alert(1)>राहुल";
const ok = (what) => console.log(`ok ${what}`);

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
const page = await context.newPage();
const said = [];
page.on("console", (message) => said.push(message.text()));
page.on("pageerror", (error) => said.push(String(error)));
page.on("dialog", (dialog) => { said.push(dialog.message()); dialog.dismiss(); });
const statuses = [];
const heard = [];
page.on("response", (answer) => {
  assert.equal(new URL(answer.url()).origin, url, "nothing is loaded from elsewhere");
  if (answer.url().includes("part=live")) statuses.push(answer.status());
  if (answer.url().endsWith("/recording")) heard.push(answer.status());
});
const shot = (name) => page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
// A picture of the guide: the top of a view, small.
async function pictured(name) {
  await page.setViewportSize({ width: 800, height: 760 });
  await page.evaluate(() => { document.activeElement?.blur(); scrollTo(0, 0); });
  await page.screenshot({ path: `${folder}/guide_${name}.jpg`, type: "jpeg", quality: 60 });
  await page.setViewportSize({ width: 1280, height: 900 });
}
const texts = [];
const go = (path) => page.goto(url + path);

async function api(method, path, body) {
  const answer = await fetch(url + path, {
    method,
    headers: { "x-api-key": KEY, "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  assert(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`);
  return answer.json();
}

async function judged(name) {
  await page.waitForFunction(() => !document.querySelector("[data-load]"));
  await page.evaluate(axe.source);
  texts.push(await page.evaluate(() => document.body.innerText));
  const { violations } = await page.evaluate(() => globalThis.axe.run({
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
  }));
  const told = violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" | ")}`);
  assert.deepEqual(told, [], name);
  const wide = await page.evaluate(() =>
    document.documentElement.scrollWidth > document.documentElement.clientWidth);
  assert(!wide, `${name} scrolls sideways`);
}

// Nobody is let in without a key.
await go("/calls");
assert.equal(new URL(page.url()).pathname, "/login");
await page.fill("#key", "no key of ours");
await page.click("button");
assert.match(await page.textContent("[role=alert]"), /unknown/);
said.length = 0; // The 401 is in the console.
await page.fill("#key", KEY);
await page.keyboard.press("Enter");
await page.waitForURL(`${url}/`);
const cookies = await context.cookies();
assert(cookies.every((cookie) => cookie.httpOnly && cookie.sameSite === "Lax" && !cookie.value.includes(KEY)));
ok("login");

// A call is seen from its dial to its end, without anybody reloading.
const call = await api("POST", "/api/outbound-call", {
  patientData: { id: "patient_7", name: HOSTILE, phoneNumber: "+911234567890" },
  recordingConsent: true,
});
const live = page.locator("#live");
await live.getByText("ringing").waitFor();
await live.getByText("talking").first().waitFor();
await page.waitForFunction(() => /talking/.test(document.querySelector("#live tbody td:nth-child(3)")?.textContent), null, { timeout: 30000 });
await page.waitForFunction(() => /^(Agent|Patient) /.test(document.querySelector("#live tbody td:nth-child(4)")?.textContent), null, { timeout: 30000 });
await shot("now");
const link = page.locator("#live a").first();
await link.focus();
const seen = statuses.length;
await page.waitForFunction((n) => performance.getEntriesByType("resource").filter((e) => e.name.includes("part=live")).length > n + 1, seen);
assert.equal(await page.evaluate(() => document.activeElement?.closest("#live") !== null), true, "the focus stays");
await link.click();
assert.match(page.url(), new RegExp(call.sessionId));
await page.locator("[data-told]", { hasText: "completed" }).waitFor({ timeout: 60000 });
assert(!(await page.content()).includes("राहुल"), "masked");
assert((await page.locator("svg.lanes rect").count()) > 8, "who spoke when, and what was saved");
await page.locator("summary", { hasText: "Who spoke when" }).click();
assert((await page.locator("details tbody tr").count()) > 8);
assert.equal(await page.locator("audio").count(), 0, "unheard");
for (const until = Date.now() + 30000; ; ) {
  const { recording } = await api("GET", `/api/outbound-call/${call.sessionId}`);
  if (recording.state === "ready") break;
  assert(Date.now() < until, JSON.stringify(recording));
  await page.waitForTimeout(200);
}
await page.getByRole("button", { name: "Show the patient's data" }).click();
assert(await page.getByText(HOSTILE).first().isVisible());
assert.equal(await page.locator("main img").count(), 0, "a name is text");
assert((await page.locator(".turn [lang=hi]").count()) > 4);
await shot("call");
await judged("one call, its patient shown");

// A turn is heard from where it was said.
assert(heard.length === 0, "nobody listens unasked");
const turn = page.locator("[data-seek]").last();
const from = Number(await turn.getAttribute("data-seek"));
await turn.click();
await page.waitForFunction((from) => {
  const { currentTime, duration, readyState } = document.querySelector("#sound");
  return from > 5 && currentTime >= from && duration > from && readyState > 2;
}, from);
assert(heard.includes(206), "a part of the recording, by Range");
ok("a call watched to its end, its patient's data hidden and then shown");
ok("the recording heard from a turn on");

// What changes between a view and its first question is shown too.
await page.route("**/?part=live", async (route) => {
  await api("POST", "/api/dialling/pause", { reason: "tried out" });
  await route.continue();
}, { times: 1 });
await go("/");
await live.locator(".alarm").waitFor({ timeout: 10000 });
await api("POST", "/api/dialling/resume");
ok("a change that came before the first question");

await go("/calls");
await page.fill("#patient", "patient_7");
await page.getByRole("button", { name: "Search" }).click();
assert.equal(await page.locator("tbody tr").count(), 1);
assert(!page.url().includes("patient_7"), "no id in an address");
await page.fill("#patient", "nobody");
await page.getByRole("button", { name: "Search" }).click();
await page.getByText("None.").waitFor();
await go("/calls?status=completed");
assert.equal(await page.locator("tbody tr").count(), 1);
ok("calls of a patient and of a day");

// A spreadsheet is brought: first one that is at fault, then the sample in its place.
await go("/campaigns");
await page.getByRole("link", { name: "New campaign" }).click();
await page.getByLabel("Name").fill("Follow-up");
await page.fill("#from", "00:00");
await page.fill("#to", "00:00");
for (const day of await page.locator("input[name=day]").all()) await day.check();
await page.fill("#concurrency", "3");
await judged("the form of a new campaign");
await pictured("new");
await page.setInputFiles("#file", { name: "patients.csv", mimeType: "text/csv", buffer: Buffer.from("Name\nAsha Rao\n") });
await page.getByRole("button", { name: /^Bring the file/ }).click();
await page.getByText("there is no column for the phone").waitFor();
await judged("a file at fault");
await page.setInputFiles("#file", sample);
await page.getByRole("button", { name: /^Bring the corrected file/ }).click();
await page.getByText("too few or too many digits").first().waitFor();
await page.getByText("people reached").waitFor();
assert.match(await page.textContent("main"), /telephone number/, "how its columns were understood");
assert(!/राहुल|सीता/.test(await page.content()), "nobody's name is shown");
await judged("a campaign that is ready");
await shot("ready");
await pictured("ready");
ok("a spreadsheet brought, its errors shown, and a corrected one in its place");

// A campaign is started, paused, resumed and cancelled.
await page.getByRole("button", { name: "Start: call 25 people" }).click();
await live.locator(".figures li", { hasText: "calls go on" }).getByText("3", { exact: true }).waitFor();
await shot("campaign");
await pictured("running");
await judged("a campaign that runs");
await page.getByRole("button", { name: /^Pause: stop calling/ }).click();
await live.locator("[data-told]", { hasText: "paused" }).waitFor();
await judged("a campaign that is paused");
await page.getByRole("button", { name: /^Resume: go on calling/ }).click();
await live.locator("[data-told]", { hasText: "running" }).waitFor();
const campaignPath = new URL(page.url()).pathname;
ok("a campaign started, paused and resumed");

const taken = page.waitForEvent("download");
await page.getByRole("button", { name: "Download the results of 40 rows" }).click();
await (await taken).saveAs(`${folder}/results.xlsx`);
await page.getByRole("link", { name: "Change the plan" }).click();
await judged("the form of a plan");
await page.fill("#concurrency", "2");
await page.getByRole("button", { name: /^Set this plan: it holds at once for/ }).click();
await page.waitForURL(url + campaignPath);
ok("results downloaded, and a plan changed");

await page.getByRole("link", { name: /^All rows/ }).click();
await page.selectOption("#row-state", "faulty");
await page.getByRole("button", { name: "Show" }).click();
assert.equal(await page.locator("tbody tr").count(), 13);
await shot("rows");
await go(campaignPath);
await page.getByRole("link", { name: "What is to be expected" }).click();
await page.getByText("people reached").waitFor();
await shot("forecast");
ok("rows with what is wrong with them, and what is to be expected");

await go("/opt-outs");
await page.fill("#number", "+911234567899");
await page.getByRole("button", { name: "Never call this number again" }).click();
assert.equal(await page.locator("tbody tr").count(), 1);
ok("a number that is never called again");

await go("/figures");
await page.locator("svg rect").first().waitFor();
assert((await page.locator("svg rect").count()) > 0);
assert.match(await page.textContent("main"), /When people answer/);
assert.match(await page.textContent("main"), /hung up here/);
await shot("figures");

// Every view in both languages and both themes, on a narrow screen too.
const views = ["/", "/calls", `/calls/${call.sessionId}`, "/campaigns", "/campaigns/new", campaignPath, `${campaignPath}/plan`, `${campaignPath}/rows`,
  `${campaignPath}/forecast`, "/opt-outs", "/figures"];
for (const language of ["hi", "en"]) {
  await go(`/language/${language}`);
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    for (const width of [320, 1280]) {
      await page.setViewportSize({ width, height: 900 });
      for (const path of views) {
        await go(path);
        assert.equal(await page.getAttribute("html", "lang"), language);
        await judged(`${path} ${language} ${colorScheme} ${width}`);
        if (width === 320 && colorScheme === "dark" && path === "/") await shot(`now_${language}_dark_320`);
      }
    }
  }
}
ok("WCAG 2.2 AA by axe: every view, both languages and themes, 320 and 1280 px");

// What the guide names stands on the page.
for (const [, words] of readFileSync(guide, "utf8").matchAll(/\*\*([^*]+)\*\*/g)) {
  if (words !== "bold") assert(texts.some((text) => text.includes(words)), `the page does not say: ${words}`);
}
ok("the campaign guide names what stands on the page");

// Six things that axe cannot see.
await page.emulateMedia({ colorScheme: "light" });
await go("/");
await page.uncheck("#updates");
await page.waitForTimeout(500); // For what was under way.
const before = statuses.length;
await page.waitForTimeout(4500);
assert.equal(statuses.length, before, "updates can be stopped");
await page.check("#updates");
assert.equal(await page.locator("[role=status]").count(), 1);
const small = await page.evaluate(() => [...document.querySelectorAll("a, button, input, select")]
  .filter((e) => e.offsetParent && !e.closest("td, th, dd, p:not(.updates)"))
  .map((e) => [e.outerHTML, e.getBoundingClientRect()])
  .filter(([, box]) => box.width < 24 || box.height < 24).map(([html]) => html));
assert.deepEqual(small, [], "targets of 24 px");
ok("updates stop on request, one status region, targets large enough");

await go(campaignPath);
await page.getByRole("button", { name: /^Cancel for good/ }).click();
await page.locator("main", { hasText: "cancelled" }).waitFor();
assert(statuses.includes(304), "what has not changed is not sent again");
assert(statuses.every((status) => status === 200 || status === 304));

// Another site cannot press a button.
const forged = await fetch(`${url}${campaignPath}/cancel`, {
  method: "POST",
  redirect: "manual",
  headers: { cookie: cookies.map((c) => `${c.name}=${c.value}`).join("; "), "sec-fetch-site": "cross-site" },
});
assert.equal(forged.status, 403);
ok("no request of another site is believed");

await go("/");
await page.getByRole("button", { name: "Log out" }).click();
await page.waitForURL(`${url}/login`);
await go("/");
assert.equal(new URL(page.url()).pathname, "/login");
assert.deepEqual(said, [], "nothing in the console");
ok("logged out, and nothing in the browser's console");
await browser.close();
