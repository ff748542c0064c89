// The page: what is shown when. All that it knows of tokens is in session.js.
import { call, changes, enter, lasts, leave, Refused } from "./session.js";

const $ = (id) => document.getElementById(id);

let name = ""; // who is logged in, "" if nobody is
let ends = 0; // when the access token does, in milliseconds
let whole = 1; // how long it was good for, in seconds
let renewals = 0;

// --- what is shown ------------------------------------------------------------

function show(section) {
  for (const s of ["loading", "login", "home"]) $(s).hidden = s !== section;
}

function showLogin(notice = "") {
  const was = name;
  name = "";
  $("output").textContent = "Nothing called yet.";
  $("output").className = "";
  $("note").value = "";
  $("sessions").replaceChildren();
  say("saved", "");
  say("problem", "");
  say("login-notice", notice);
  say("login-problem", "");
  show("login");
  $(was ? "password" : "username").focus();
}

async function showHome() {
  const me = await (await call("GET", "/api/me")).json();
  if (name !== me.name) renewals = 0;
  name = me.name;
  lasts(me.expires_in);
  tick(me.expires_in);
  $("name").textContent = name;
  $("note").value = (await (await call("GET", "/api/note")).json()).text;
  await listSessions();
  say("login-notice", "");
  show("home");
  $("greeting").focus();
}

async function listSessions() {
  const { sessions } = await (await call("GET", "/auth/sessions")).json();
  sessions.sort((a, b) => b.current - a.current); // this one first, then the newest
  $("sessions").replaceChildren(...sessions.map(sessionItem));
  $("count").textContent = sessions.length === 1 ? "1 session" : `${sessions.length} sessions`;
}

function sessionItem(s) {
  const item = $("session").content.cloneNode(true);
  const part = (name) => item.querySelector(name);
  part(".label").textContent = s.label;
  part(".times").textContent = `Logged in ${time(s.created)}, last used on ${s.last_used}`;
  part(".current").hidden = !s.current;
  part("button").hidden = s.current;
  part("button").ariaLabel = `End ${s.label}, logged in ${time(s.created)}`;
  part("button").addEventListener("click", ({ currentTarget }) =>
    busy(currentTarget, async () => {
      await call("DELETE", `/auth/sessions?id=${encodeURIComponent(s.id)}`);
      await listSessions();
      $("sessions-title").focus();
    }),
  );
  return item;
}

function time(text) {
  const at = new Date(text);
  const today = at.toDateString() === new Date().toDateString();
  return at.toLocaleString([], today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" });
}

/** tick shows how long the access token is good for; with seconds it is a new one. */
function tick(seconds) {
  if (seconds !== undefined) {
    ends = Date.now() + seconds * 1000;
    whole = Math.max(whole, seconds);
  }
  const left = Math.max(0, Math.ceil((ends - Date.now()) / 1000));
  $("left").max = whole;
  $("left").value = left;
  $("left-text").textContent = left ? `${left} s left` : "ended; the next call renews it";
  $("renewals").textContent = ["not renewed yet", "renewed once"][renewals] ?? `renewed ${renewals} times`;
}

/** say puts a text where a screen reader notices it; "" takes it away. */
function say(id, text) {
  $(id).textContent = text;
  $(id).hidden = !text;
}

// --- what can go wrong ----------------------------------------------------------

function words(error) {
  if (!(error instanceof Refused)) {
    console.error(error);
    return "The server cannot be reached. Check the connection and try again.";
  }
  switch (error.status) {
    case 403:
      return "The server refused: the request did not prove that it came from this page.";
    case 413:
      return "This is too long.";
    case 429:
      return `Too many attempts. Try again in ${error.wait || 10} seconds.`;
    case 503:
      return "The server cannot answer at the moment. Try again soon.";
  }
  return `The server answered ${error.status} (${error.code}).`;
}

/** busy does the work of a button, which does nothing else until that is done. */
async function busy(button, work) {
  if (button.ariaBusy === "true") return;
  button.ariaBusy = "true";
  say("problem", "");
  try {
    await work();
  } catch (error) {
    if (name) say("problem", words(error)); // else the session is over, and the login says so
  } finally {
    button.ariaBusy = "false";
  }
}

// --- what a person does ----------------------------------------------------------

$("login-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = $("log-in");
  if (button.ariaBusy === "true") return;
  button.ariaBusy = "true";
  say("login-problem", "");
  try {
    await enter($("username").value, $("password").value);
    $("password").value = "";
    await showHome();
  } catch (error) {
    const login = !$("password").value; // it was good, and the next call was not
    if (error.status !== 401) say("login-problem", words(error));
    else if (login) say("login-problem", "This browser did not keep the cookies: it wants https, or http://localhost.");
    else say("login-problem", "Wrong username or password.");
    $("password").focus();
    $("password").select();
  } finally {
    button.ariaBusy = "false";
  }
});

$("log-out").addEventListener("click", (e) => busy(e.currentTarget, () => leave()));
$("log-out-all").addEventListener("click", (e) => busy(e.currentTarget, () => leave(true)));
$("refresh-list").addEventListener("click", (e) => busy(e.currentTarget, listSessions));

$("call").addEventListener("click", (e) =>
  busy(e.currentTarget, async () => {
    const start = performance.now();
    const output = $("output");
    try {
      const answer = await call("GET", "/api/me");
      const body = JSON.stringify(await answer.json(), null, 2);
      output.textContent = `${answer.status} OK, ${Math.round(performance.now() - start)} ms\n${body}`;
      output.className = "good";
    } catch (error) {
      output.textContent = error.message;
      output.className = "bad";
      throw error;
    }
  }),
);

$("note-form").addEventListener("submit", (event) => {
  event.preventDefault();
  busy($("save"), async () => {
    say("saved", "");
    await call("POST", "/api/note", $("note").value);
    say("saved", "Saved.");
  });
});
$("note").addEventListener("input", () => say("saved", ""));

// --- what happens by itself --------------------------------------------------------

changes.addEventListener("renewed", ({ detail }) => {
  renewals += 1;
  tick(detail);
});

changes.addEventListener("ended", ({ detail }) => {
  if (name) showLogin(detail === "left" ? "You are logged out." : "Your session is over. Log in again.");
});

changes.addEventListener("entered", start);

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && name) listSessions().catch(() => {}); // a click says what is wrong
});

setInterval(() => name && tick(), 1000);

async function start() {
  try {
    await showHome();
  } catch (error) {
    showLogin();
    if (error.status !== 401) say("login-problem", words(error));
  }
}

start();
