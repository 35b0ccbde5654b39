// Sends one file in pieces by the tus protocol; after any interruption it asks how much is there.
"use strict";
const form = document.getElementById("upload");
const input = document.getElementById("file");
const button = document.getElementById("send");
const bar = document.getElementById("bar");
const words = document.getElementById("words");
const PIECE = 8 * 1024 * 1024;
const LONGEST_WAIT = 30000;
const say = (key, more) => { words.textContent = form.dataset[key].replace("%", more ?? ""); };
const pause = ms => new Promise(done => setTimeout(done, ms));
const utf8 = text => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

async function ask(method, headers, body) {
  const answer = await fetch("/upload/part", {
    method, body, headers: {"Tus-Resumable": "1.0.0", "X-Form-Token": form.dataset.token, ...headers}});
  if ([403, 413, 507].includes(answer.status)) throw new Refused(await answer.text());
  if (!answer.ok) throw new Error(String(answer.status));
  return Number(answer.headers.get("Upload-Offset"));
}

class Refused extends Error {}

async function send(file) {
  const about = `filename ${utf8(file.name)},stamp ${utf8(String(file.lastModified))}`;
  let offset = null, wait = 1000, known = false;
  while (offset === null || offset < file.size) {
    try {
      if (offset === null) {
        offset = known ? await ask("HEAD", {})
          : await ask("POST", {"Upload-Length": String(file.size), "Upload-Metadata": about});
        known = true;
      }
      if (offset < file.size || file.size === 0) {
        offset = await ask("PATCH", {"Upload-Offset": String(offset),
          "Content-Type": "application/offset+octet-stream"}, file.slice(offset, offset + PIECE));
      }
      wait = 1000;
      const percent = Math.floor(100 * offset / file.size);
      bar.value = percent;
      say("sending", percent);
    } catch (error) {
      if (error instanceof Refused) throw error;
      if (known && await imported()) return;
      say("again", Math.round(wait / 1000));
      await pause(wait);
      wait = Math.min(2 * wait, LONGEST_WAIT);
      offset = null;
    }
  }
}

async function state() {
  const answer = await fetch("/upload/state");
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

// The answer to the last piece may get lost: then the file is there and its import has begun.
async function imported() {
  try { return (await state()).words !== ""; } catch { return false; }
}

async function follow() {
  for (;;) {
    try {
      const now = await state();
      words.textContent = now.words;
      if (now.found) bar.value = Math.floor(100 * now.stored / now.found);
      else bar.removeAttribute("value");
      if (now.done) {
        bar.hidden = true;
        document.getElementById("close")?.remove();
        return;
      }
    } catch { /* the next turn asks again */ }
    await pause(2000);
  }
}

form.addEventListener("submit", async event => {
  event.preventDefault();
  if (!input.files.length) return;
  button.disabled = input.disabled = true;
  bar.hidden = false;
  bar.value = 0;
  say("sending", 0);
  try {
    await send(input.files[0]);
    form.hidden = true;
    await follow();
  } catch (error) {
    words.textContent = error.message;
    bar.hidden = true;
    button.disabled = input.disabled = false;
  }
});

document.getElementById("plain")?.remove();
if (form.hidden) { bar.hidden = false; follow(); } else button.disabled = false;
