// A newcomer who cannot see the page: keys alone, and nothing known but the roles and names that a screen reader
// says. Run by .ci/page, after page.mjs has left a call and a campaign.
import { chromium } from "playwright-core";
import { strict as assert } from "node:assert";

const { PAGE_URL: url } = process.env;
const ok = (what) => console.log(`ok ${what}`);
const STOPS_MAX = 80;

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--no-first-run"],
});
const context = await browser.newContext();
const page = await context.newPage();
const reader = await context.newCDPSession(page);
const titles = new Set();

// What is said of where the focus is; nothing at the end of the page.
async function said() {
  const { result } = await reader.send("Runtime.evaluate", { expression: "document.activeElement" });
  const { nodes: [node] } = await reader.send("Accessibility.getPartialAXTree", {
    objectId: result.objectId, fetchRelatives: false,
  });
  const { role, name } = node;
  const isEnd = await page.evaluate(() => document.activeElement === document.body);
  return isEnd ? null : { role: role.value, name: name?.value.trim() ?? "" };
}

// Presses Tab until this is said. Whatever is said before has a name, and the focus is seen.
async function hear(role, name) {
  const heard = [];
  for (let stops = 0; stops < STOPS_MAX; stops++) {
    await page.keyboard.press("Tab");
    const now = await said();
    if (!now) continue;
    heard.push(`${now.role} "${now.name}"`);
    assert(now.name, `nothing is said of a ${now.role}, after ${heard.join(", ")}`);
    const isSeen = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle !== "none");
    assert(isSeen, `the focus is not seen: ${heard.at(-1)}`);
    if (now.role === role && (name instanceof RegExp ? name.test(now.name) : name === now.name)) return;
  }
  assert.fail(`a ${role} "${name}" is never said: ${heard.join(", ")}`);
}

// The headings by which one goes through a view: one of the first level, and none that skips one.
async function outline() {
  const { nodes } = await reader.send("Accessibility.getFullAXTree");
  const there = nodes.filter((node) => !node.ignored);
  const roles = (role) => there.filter((node) => node.role?.value === role);
  assert.equal(roles("main").length, 1, "one main part");
  assert.equal(roles("status").length, 1, "one place where news is said");
  const headings = roles("heading").map((node) => ({
    name: node.name.value,
    level: node.properties.find((property) => property.name === "level").value.value,
  }));
  assert.equal(headings.filter(({ level }) => level === 1).length, 1, JSON.stringify(headings));
  headings.reduce((before, { level, name }) => {
    assert(level <= before + 1, `"${name}" is of level ${level} after ${before}`);
    return level;
  }, 0);
  titles.add(await page.title());
  return headings.map(({ name }) => name);
}

async function press(key) {
  await Promise.all([page.waitForEvent("domcontentloaded"), page.keyboard.press(key)]);
}

await page.goto(url);
await hear("textbox", "API key");
await page.keyboard.type("local-key");
await press("Enter");
ok("heard: logged in");

await hear("link", "Calls");
await press("Enter");
assert((await outline()).includes("Calls"));
await hear("textbox", "Patient's id in the CRM");
await page.keyboard.type("patient_7");
await press("Enter");
const [call] = await page.locator("tbody a").allInnerTexts();
await hear("link", call);
await press("Enter");
const masked = await outline();
assert(masked.includes("Answers") && masked.includes("What was said"), masked.join());
await hear("button", /^Show the patient's data/);
await press("Enter");
assert((await outline()).includes("Recording"));
await hear("Audio", "Recording");
await hear("button", /^Listen from 0:1/);
await page.keyboard.press("Enter");
await page.waitForFunction(() => document.querySelector("#sound").currentTime >= 10);
ok("heard: a call found, its patient shown, and what was said listened to");

await hear("link", "Campaigns");
await press("Enter");
await outline();
const [campaign] = await page.locator("tbody a").allInnerTexts();
await hear("link", campaign);
await press("Enter");
assert((await outline()).length > 1);
ok("heard: where a campaign stands");

await hear("link", "No calls");
await press("Enter");
await outline();
await hear("textbox", "Number");
await page.keyboard.type("+911234567898");
await hear("button", "Never call this number again");
await press("Enter");
await outline();
assert.equal(await page.locator("tbody tr").count(), 2);
ok("heard: a number that is never called again");

await hear("link", "Figures");
await press("Enter");
await page.locator("svg rect").first().waitFor();
assert((await outline()).length > 3);
// What a picture shows stands in a table too.
const pictures = await page.getByRole("img").evaluateAll((all) => all.map((one) => one.getAttribute("aria-label")));
assert(pictures.length > 0 && pictures.every(Boolean), pictures.join());
assert((await page.getByRole("table").count()) >= pictures.length);
assert.equal(titles.size, 6, [...titles].join());
ok("heard: the figures; each view has a title of its own");
await browser.close();
