// Sends a spreadsheet in parts, each with its digest, and says how far it is.
"use strict";

const PART_BYTES = 1000000;
const TRIES = 4;

// What the server says of a request that it does not take: sending it again changes nothing.
class Refused extends Error {}

const digest = (bytes) => crypto.subtle.digest("SHA-256", bytes);
const hex = (hash) => [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const base64 = (hash) => btoa(String.fromCharCode(...new Uint8Array(hash)));

async function ask(method, path, headers, body) {
  const answer = await fetch(path, { method, headers, body, cache: "no-store" });
  if (answer.redirected && new URL(answer.url).pathname === "/login") location.assign("/login");
  if (answer.ok) return answer;
  const said = await answer.text();
  throw answer.status < 500 ? new Refused(said) : new Error(said);
}

async function send(method, path, headers, body) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask(method, path, headers, body);
    } catch (error) {
      if (error instanceof Refused || tries === TRIES) throw error;
    }
    await new Promise((go) => { setTimeout(go, 1000 * tries); });
  }
}

// What the form holds but the file itself, of which it says the name, size and digest.
async function wish(form, file, bytes, parts) {
  const fields = new FormData(form);
  fields.set("file", file.name);
  fields.set("bytes", String(bytes.byteLength));
  fields.set("parts", String(parts));
  fields.set("sha256", hex(await digest(bytes)));
  return new URLSearchParams(fields).toString();
}

async function bring(form, tell) {
  const file = form.elements.file.files[0];
  if (file.size > Number(form.dataset.bytesMax)) throw new Refused(form.dataset.tooLarge);
  const bytes = await file.arrayBuffer();
  const parts = Math.max(1, Math.ceil(bytes.byteLength / PART_BYTES));
  const said = await wish(form, file, bytes, parts);
  const kind = { "Content-Type": "application/x-www-form-urlencoded" };
  // The same wish has the same key: what was begun is gone on with.
  const key = hex(await digest(new TextEncoder().encode(said)));
  const answer = await send(form.dataset.method, form.dataset.upload, { ...kind, "Idempotency-Key": key }, said);
  const { campaignId, state } = await answer.json();
  const path = `/campaigns/${campaignId}`;
  for (let n = 1; state === "draft" && n <= parts; n += 1) {
    tell(form.dataset.sending.replace("{n}", n).replace("{of}", parts), (n - 1) / parts);
    const part = bytes.slice((n - 1) * PART_BYTES, n * PART_BYTES);
    const headers = {
      "Content-Type": "application/octet-stream",
      "Content-Digest": `sha-256=:${base64(await digest(part))}:`,
    };
    await send("PUT", `${path}/parts/${n}`, headers, part);
  }
  tell(form.dataset.sent, 1);
  if (state === "draft") await send("POST", `${path}/import`, kind, "");
  location.assign(path);
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-upload]")) return;
  event.preventDefault();
  const [button, alarm, sending] = ["button", "[role=alert]", ".sending"].map((what) => form.querySelector(what));
  if (button.disabled) return;
  const tell = (words, share) => {
    sending.hidden = false;
    sending.querySelector("progress").value = share;
    sending.querySelector("span").textContent = words;
    document.getElementById("status").textContent = words;
  };
  button.disabled = true;
  alarm.hidden = true;
  alarm.textContent = "";
  try {
    await bring(form, tell);
  } catch (error) {
    sending.hidden = true;
    alarm.hidden = false;
    alarm.textContent = error instanceof Refused ? error.message : form.dataset.noAnswer;
    button.disabled = false;
  }
});
