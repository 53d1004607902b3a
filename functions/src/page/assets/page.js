// Asks for the live part of a view again and puts it in its place, and counts how long ago things were.
"use strict";

const VISIBLE_MS = 2000;
const IDLE_MS = 10000;
const IDLE_AFTER_MS = 5 * 60 * 1000;

const live = document.getElementById("live");
const updates = document.getElementById("updates");
const freshness = document.getElementById("freshness");
const status = document.getElementById("status");
let tag = live?.dataset.tag;
let failures = 0;
let checked = Date.now();
let touched = Date.now();

// The element that has the focus gets it back, by its id or its place among the links and buttons.
function replace(html) {
  const focused = live.contains(document.activeElement) ? document.activeElement : null;
  const all = () => [...live.querySelectorAll("a, button, input, summary")];
  const place = focused ? all().indexOf(focused) : -1;
  const open = [...live.querySelectorAll("details")].map((details) => details.open);
  live.innerHTML = html;
  live.querySelectorAll("details").forEach((details, i) => { details.open = open[i] ?? details.open; });
  if (focused) {
    const again = (focused.id && document.getElementById(focused.id)) || all()[place];
    if (again) again.focus({ preventScroll: true });
  }
  // A view that is another from here on is asked for whole.
  if (live.querySelector("[data-whole]")) location.reload();
  count();
}

async function look() {
  const answer = await fetch(live.dataset.live, { headers: { "If-None-Match": tag }, cache: "no-store" });
  if (answer.status === 401) {
    location.reload();
    return;
  }
  if (answer.status !== 200 && answer.status !== 304) throw new Error(String(answer.status));
  if (answer.status === 200) {
    const html = await answer.text();
    const told = live.querySelector("[data-told]")?.textContent;
    replace(html);
    const tells = live.querySelector("[data-told]")?.textContent;
    if (tells && tells !== told) status.textContent = tells;
  }
  tag = answer.headers.get("ETag");
  failures = 0;
  checked = Date.now();
}

async function again() {
  if (updates.checked && !document.hidden) {
    try {
      await look();
    } catch {
      failures += 1;
      if (failures === 2) status.textContent = live.dataset.stale;
    }
  }
  tell();
  const pause = Date.now() - touched > IDLE_AFTER_MS ? IDLE_MS : VISIBLE_MS;
  setTimeout(again, pause);
}

function tell() {
  const seconds = Math.round((Date.now() - checked) / 1000);
  freshness.textContent = failures > 1 ? live.dataset.stale : live.dataset.fresh.replace("{}", seconds);
  freshness.classList.toggle("stale", failures > 1);
}

function count() {
  for (const time of document.querySelectorAll("time[data-since]")) {
    const seconds = Math.max(0, Math.round((Date.now() - Date.parse(time.dateTime)) / 1000));
    const two = (number) => String(number).padStart(2, "0");
    const minutes = Math.floor(seconds / 60);
    const hours = Math.floor(minutes / 60);
    time.title = time.title || time.textContent;
    time.textContent = hours
      ? `${hours}:${two(minutes % 60)}:${two(seconds % 60)}`
      : `${minutes}:${two(seconds % 60)}`;
  }
}

if (live) {
  for (const kind of ["pointerdown", "keydown"]) {
    document.addEventListener(kind, () => { touched = Date.now(); });
  }
  again();
}
async function load(place) {
  const answer = await fetch(place.dataset.load, { cache: "no-store" });
  if (!answer.ok) return;
  place.innerHTML = await answer.text();
  place.removeAttribute("data-load");
}

// What takes longer than the rest of a view; where it does not come a link to it stays.
document.querySelectorAll("[data-load]").forEach((place) => { load(place).catch(() => {}); });
count();
setInterval(count, 1000);

// A turn is listened to from where it was said.
document.addEventListener("click", (event) => {
  const seek = event.target.closest("[data-seek]");
  const sound = document.getElementById("sound");
  if (!seek || !sound) return;
  sound.currentTime = Number(seek.dataset.seek);
  sound.play();
});
