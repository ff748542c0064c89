// A session whose tokens are in cookies that no script can read. This file is
// all that a page needs; copy it.
//
//   await enter("joe", "pass");                      // log in
//   const answer = await call("GET", "/api/me");     // a fetch that renews the session if it must
//   await leave();                                   // log out; leave(true): everywhere
//   changes.addEventListener("ended", showLogin);    // also "renewed" and "entered"
//
// Access tokens are renewed a little before they end, and once more when the
// server answers 401. Several tabs may do that at the same time: the server's
// grace gives all of them the same new tokens, or where it is strict, them to one
// and 409 to the others, who have its cookies a moment later. They tell each other
// what happened, so that a logout in one of them is seen in all.

const base = "/auth";
const patience = 15_000; // milliseconds to wait for an answer
const again = 5_000; // milliseconds until a renewal that got no answer is tried again
const behind = 500; // milliseconds that the cookies of another tab's renewal may need

/**
 * "renewed": detail is how many seconds the access token lasts.
 * "ended": detail is "left" after a logout, in this tab or another, and "over" if the server said so.
 * "entered": another tab has logged in, perhaps as somebody else.
 */
export const changes = new EventTarget();

/** Refused is an answer that is no success. code is its member error; wait is in seconds. */
export class Refused extends Error {
  constructor(status, code, wait) {
    super(`the server answered ${status} ${code}`);
    Object.assign(this, { status, code, wait });
  }
}

/** enter logs in, or throws a Refused. */
export async function enter(username, password) {
  const answer = await send("POST", base, { username, password });
  if (!answer.ok) throw await refusal(answer);
  lasts((await answer.json()).expires_in);
  tabs.postMessage({ name: "entered" });
}

/** leave ends this session, or all of the user's. A session that is over already is no error. */
export async function leave(everywhere = false) {
  await renewing?.catch(() => {}); // its answer would set the cookies again
  const answer = everywhere
    ? await withRenewal("POST", `${base}/logout-all`)
    : await send("POST", `${base}/logout`);
  if (!answer.ok && answer.status !== 401) throw await refusal(answer);
  happened("ended", "left");
  tabs.postMessage({ name: "ended", detail: "left" });
}

/** call returns the answer if it is a success, and else throws a Refused. A string is sent as text, anything else as JSON. */
export async function call(method, path, body) {
  const answer = await withRenewal(method, path, body);
  if (answer.status === 401) happened("ended", "over");
  if (!answer.ok) throw await refusal(answer);
  return answer;
}

/** renew returns whether the session goes on. It throws if nobody can say. Two calls at once are one. */
export function renew() {
  renewing ??= exchange().finally(() => (renewing = null));
  return renewing;
}

/** lasts says when the access token ends, in seconds from now. A page that is opened asks the server. */
export function lasts(seconds) {
  const early = Math.min(10, seconds / 3) * (0.5 + Math.random() / 2); // so that tabs seldom meet
  const wait = Math.min(Math.max(1, seconds - early), 86_400); // no timer is good for a month
  clearTimeout(timer);
  timer = setTimeout(renewInTime, wait * 1000);
}

let timer;
let renewing = null;
let renewals = 0; // by all tabs

async function exchange() {
  const before = renewals;
  for (let left = 3; ; left--) {
    const answer = await send("POST", `${base}/refresh`);
    if (answer.ok) {
      const seconds = (await answer.json()).expires_in;
      happened("renewed", seconds);
      tabs.postMessage({ name: "renewed", detail: seconds });
      return true;
    }
    const refused = await refusal(answer);
    if (refused.status === 401 || refused.code === "forbidden") return false;
    if (refused.status !== 409 || left === 0) throw refused;
    // Another tab was faster. If its answer was lost, the next 409 says so again.
    await new Promise((done) => setTimeout(done, behind));
    if (renewals !== before) return true;
  }
}

async function renewInTime() {
  try {
    if (!(await renew())) happened("ended", "over");
  } catch {
    clearTimeout(timer);
    timer = setTimeout(renewInTime, again);
  }
}

async function withRenewal(method, path, body) {
  const answer = await send(method, path, body);
  return answer.status === 401 && (await renew()) ? send(method, path, body) : answer;
}

function send(method, path, body) {
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = typeof body === "string" ? "text/plain" : "application/json";
  // There is such a cookie if the server asks for the double-submitted value.
  const proof = document.cookie.match(/(?:^|; )__Host-csrf_token=([^;]*)/);
  if (proof) headers["X-CSRF-Token"] = proof[1];
  return fetch(path, {
    method,
    headers,
    body: typeof body === "string" ? body : JSON.stringify(body),
    // The new tokens must arrive even if the page is closed meanwhile: with the old
    // ones, after the grace, the session would end for theft.
    keepalive: path.startsWith(base),
    signal: AbortSignal.timeout(patience),
  });
}

async function refusal(answer) {
  const { error } = await answer.json().catch(() => ({}));
  return new Refused(answer.status, error ?? "", Number(answer.headers.get("Retry-After")));
}

const tabs = new BroadcastChannel("session");
tabs.onmessage = ({ data: { name, detail } }) => happened(name, detail);

function happened(name, detail) {
  if (name === "renewed") {
    renewals++;
    lasts(detail);
  }
  if (name === "ended") clearTimeout(timer);
  changes.dispatchEvent(new CustomEvent(name, { detail }));
}
