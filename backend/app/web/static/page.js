// The page works by plain links and forms; this makes it follow along. No other script is loaded.
"use strict";

const root = document.documentElement;
const offline = () => document.querySelector("#offline");
const say = (text) => { const live = document.querySelector("#live"); if (live && live.textContent !== text) live.textContent = text; };

/** Ask for a page; nothing of what is on screen is lost when there is no answer. */
async function ask(url, options = {}) {
  try {
    const answer = await fetch(url, { credentials: "same-origin", ...options });
    offline()?.setAttribute("hidden", "");
    return answer;
  } catch (error) {
    if (error.name !== "AbortError") offline()?.removeAttribute("hidden");
    throw error;
  }
}

/** The place of the keyboard in a part that is about to be replaced; null when it is elsewhere. */
function placeIn(part) {
  const focused = document.activeElement;
  if (!part.contains(focused)) return null;
  const around = [];
  for (let one = focused; one !== part; one = one.parentElement) if (one.id) around.push(one.id);
  return around;
}

/** Give the keyboard back the same place, or else the nearest one: without any it would begin anew at the top. */
function giveBack(around, part) {
  const places = around.map((id) => document.getElementById(id)).map((one) => one?.matches("details") ? one.querySelector("summary") : one);
  const target = places.find((one) => one && part.contains(one) && one.checkVisibility()) ?? part;
  if (!target.matches("a, button, input, select, textarea, summary")) target.tabIndex = -1;
  target.focus({ preventScroll: true });
}

/** Put the parts of another page in the place of those of this one that have the same id; whether there are any. */
function swap(html, ids, done) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const failed = fresh.querySelector(".problem[role=alert]");
  // What comes with a part is not read out by itself; what is said is.
  const words = fresh.querySelector("[data-say]")?.textContent;
  let shown = false;
  for (const id of ids) {
    const [now, then] = [document.querySelector(id), fresh.querySelector(id)];
    if (!now || !then) continue;
    shown = true;
    const opened = [...now.querySelectorAll("details[open][id]")].map((one) => one.id).filter((id) => failed || id !== done);
    const around = placeIn(now);
    now.replaceWith(then);
    opened.forEach((one) => document.getElementById(one)?.setAttribute("open", ""));
    if (around) giveBack(around, then);
    prepare(then);
  }
  document.title = fresh.title || document.title;
  if (shown && words) say(words.trim());
  return shown;
}

/** Send a form in the background and show the parts that it changes. */
async function send(form, submitter, signal) {
  const ids = form.dataset.swap.split(" ");
  const data = new URLSearchParams(new FormData(form, submitter));
  // A field that is called "action" stands in the place of the form's own address.
  const address = new URL(form.getAttribute("action"), location.href);
  ids.forEach((id) => document.querySelector(id)?.setAttribute("aria-busy", "true"));
  try {
    const answer = await ask(address, { method: "POST", body: data, signal });
    if (answer.redirected && new URL(answer.url).pathname !== address.pathname) {
      location.assign(answer.url);
      return;
    }
    // Nobody is signed in any more: what was typed stays where it is until somebody is.
    document.querySelector("#signed-out")?.toggleAttribute("hidden", answer.status !== 401);
    if (answer.status === 401) return;
    const html = await answer.text();
    // An answer with none of these parts is a page that says what is wrong.
    if (!swap(html, ids, form.closest("details")?.id)) swap(html, ["#main"]);
    form.querySelector("details.examples")?.removeAttribute("open");
  } catch (error) {
    if (error.name !== "AbortError") say("Co-Founder does not answer.");
  } finally {
    ids.forEach((id) => document.querySelector(id)?.removeAttribute("aria-busy"));
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const submitter = event.submitter;
  if (form.method === "dialog" || event.defaultPrevented) return;
  if (form.dataset.sent && Date.now() - form.dataset.sent < 4000) { event.preventDefault(); return; }
  form.dataset.sent = Date.now();
  const goesOn = /^(build|correct)/.test(submitter?.value ?? "") || submitter?.hasAttribute("formaction");
  if (form.dataset.swap && !goesOn) {
    event.preventDefault();
    send(form, submitter).finally(() => delete form.dataset.sent);
  } else {
    submitter?.setAttribute("aria-busy", "true");
  }
});

// What is typed into a live form is answered as soon as the fingers rest. The rest is a part of the 300 ms in which
// a plan is to answer, and a key comes every 100 to 200 ms: a longer one would spare hardly a question.
const REST_MS = 60;
let typing, asking;
document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (!form?.dataset.live || event.target.name !== form.dataset.live) return;
  clearTimeout(typing);
  typing = setTimeout(() => {
    if (event.target.value.trim().length < 12) return;
    asking?.abort();
    asking = new AbortController();
    send(form, undefined, asking.signal);
  }, REST_MS);
});

// Once the connection is known to be lost, a link leads on only when there is an answer: else the browser would put
// a page of its own in the place of this one, and that does not come back by itself.
const isAway = () => offline()?.hidden === false || !!document.querySelector(".reconnecting:not([hidden])");
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='/']:not([target])");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented || !isAway()) return;
  event.preventDefault();
  ask("/api/health").then(() => location.assign(link.href), () => say("Co-Founder does not answer."));
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    const dialog = document.querySelector(opener.dataset.dialog);
    if (dialog) { event.preventDefault(); dialog.showModal(); }
  }
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
  for (const menu of document.querySelectorAll("details.more[open]")) if (!menu.contains(event.target)) menu.open = false;
  const copier = event.target.closest("[data-copy]");
  if (copier) copy(copier);
});

async function copy(button) {
  const words = button.textContent;
  await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).textContent);
  button.textContent = "Copied";
  say("Copied");
  setTimeout(() => { button.textContent = words; }, 1500);
}

function prepare(part) {
  part.querySelectorAll("[data-copy]").forEach((button) => { button.hidden = !navigator.clipboard; });
}

/** Seconds since a moment, while something is being done. */
customElements.define("time-since", class extends HTMLElement {
  connectedCallback() {
    const show = () => {
      const seconds = Math.max(0, Math.round((Date.now() - Date.parse(this.dataset.at)) / 1000));
      this.textContent = seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
    };
    show();
    this.timer = setInterval(show, 1000);
  }
  disconnectedCallback() { clearInterval(this.timer); }
});

/** Follows a build. The stream begins anew after each break, so nothing is missed. */
customElements.define("live-build", class extends HTMLElement {
  connectedCallback() {
    this.source = new EventSource(this.dataset.source);
    const broken = this.querySelector(".reconnecting");
    this.source.addEventListener("progress", (event) => {
      broken.hidden = true;
      this.querySelector("[data-part=progress]").innerHTML = event.data;
    });
    this.source.addEventListener("say", (event) => {
      document.title = `${event.data}: ${document.title.replace(/^[^:]*: /, "")}`;
      say(event.data);
    });
    this.source.addEventListener("pill", (event) => {
      const pill = document.querySelector(".bar .pill");
      if (pill) pill.outerHTML = event.data;
      const { version, words } = document.querySelector(".bar .pill").dataset;
      const listed = document.querySelector(`#versions [data-of="${version}"]`);
      if (listed) { listed.className = document.querySelector(".bar .pill").className; listed.textContent = words; }
    });
    this.source.addEventListener("end", () => { this.source.close(); this.arrive(); });
    this.source.addEventListener("error", () => {
      broken.hidden = false;
      if (this.source.readyState === EventSource.CLOSED) this.again = setTimeout(() => this.isConnected && this.restart(), 2000);
    });
  }
  restart() { this.disconnectedCallback(); this.connectedCallback(); }
  disconnectedCallback() { this.source?.close(); clearTimeout(this.again); }
  async arrive() {
    try {
      const answer = await ask(location.href);
      const html = await answer.text();
      swap(html, [".bar", "#side", "#preview"]);
    } catch { setTimeout(() => this.arrive(), 2000); }
  }
});

root.classList.add("scripted");
prepare(document);
