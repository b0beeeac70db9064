// The one script: it keeps a double click from sending a form twice, holds a key's ceremony between the browser and a
// form, and hides keys from browsers without. The server gives the options, in the page or when the login page asks for
// them; the form carries the answer; nothing is fetched, kept or sent by any other way, and every check is the server's.
"use strict";

const toBytes = (text) => {
  const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
};

const toText = (buffer) => {
  let binary = "";
  for (const byte of new Uint8Array(buffer)) binary += String.fromCharCode(byte);
  return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
};

const withBytes = (credentials) => (credentials || []).map((one) => ({ ...one, id: toBytes(one.id) }));

// The answer as the server reads it: binary values in base64url without padding.
const answer = (credential, response) => JSON.stringify({
  id: credential.id,
  rawId: toText(credential.rawId),
  type: credential.type,
  response: { clientDataJSON: toText(credential.response.clientDataJSON), ...response },
  clientExtensionResults: credential.getClientExtensionResults(),
});

const create = async (options) => {
  const { publicKey } = options;
  publicKey.challenge = toBytes(publicKey.challenge);
  publicKey.user.id = toBytes(publicKey.user.id);
  publicKey.excludeCredentials = withBytes(publicKey.excludeCredentials);
  const credential = await navigator.credentials.create({ publicKey });
  const { attestationObject, getTransports } = credential.response;
  return answer(credential, {
    attestationObject: toText(attestationObject),
    transports: getTransports ? credential.response.getTransports() : [],
  });
};

// `how`: what goes to the browser beside the options, for one that is to wait until somebody picks a name.
const get = async (options, how) => {
  const { publicKey } = options;
  publicKey.challenge = toBytes(publicKey.challenge);
  publicKey.allowCredentials = withBytes(publicKey.allowCredentials);
  const credential = await navigator.credentials.get({ publicKey, ...how });
  const { authenticatorData, signature, userHandle } = credential.response;
  return answer(credential, {
    authenticatorData: toText(authenticatorData),
    signature: toText(signature),
    userHandle: userHandle ? toText(userHandle) : null,
  });
};

// What this browser cannot do is not offered. Without this script it is, and its own page says what is missing.
if (!window.PublicKeyCredential) {
  for (const choice of document.querySelectorAll("[data-key-choice]")) choice.hidden = true;
  for (const said of document.querySelectorAll("[data-no-keys]")) said.hidden = false;
}

// The browser throws the answer to the first away when it sends a second, and what the first did with it. A ceremony sends
// its form itself, once there is an answer.
const TWICE = 5_000;
let sent = {};
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  if (sent.form === event.target && event.timeStamp - sent.at < TWICE) event.preventDefault();
  else sent = { form: event.target, at: event.timeStamp };
});
window.addEventListener("pageshow", () => { sent = {}; });

const sayIn = (form) => {
  const message = form.querySelector("[data-message]");
  return (text) => {
    message.textContent = text;
    message.hidden = !text;
    if (text) message.focus();
  };
};

for (const form of document.querySelectorAll("form[data-ceremony]")) {
  const { ceremony, options, failed, unsupported, again } = form.dataset;
  const code = form.elements.namedItem("code");
  const button = form.querySelector("button.primary");
  const say = sayIn(form);

  form.querySelector("[data-needs-script]").hidden = true;
  if (!window.PublicKeyCredential) {
    say(unsupported);
    continue;
  }
  button.hidden = false;
  // Back from the next page, an answer already given must not be sent twice.
  window.addEventListener("pageshow", () => { code.value = ""; button.disabled = false; });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    say("");
    button.disabled = true;
    try {
      code.value = await (ceremony === "create" ? create : get)(JSON.parse(options));
      form.submit();
    } catch {
      button.disabled = false;
      button.textContent = again;
      say(failed);
    }
  });
}

// A login without a name: by the button, or picked among the names that the browser offers in the field.
for (const form of document.querySelectorAll("form[data-alone]")) {
  if (!window.PublicKeyCredential) continue;
  const field = (name) => form.elements.namedItem(name);
  const button = form.querySelector("button");
  const say = sayIn(form);
  // A challenge lives five minutes, and the form about ten.
  const RENEWED_AFTER = 240_000;
  const RENEWALS = 2;
  let offered = new AbortController();
  // The end of the ceremony that waits in the field: a browser holds one at a time.
  let ended;
  let pressed = false;

  const sign = async (how) => {
    const body = new URLSearchParams({ csrf: field("csrf").value });
    const request = { method: "POST", mode: "same-origin", body, signal: how?.signal };
    const answer = await fetch(form.dataset.alone, request);
    // Too many tries: the server says when the next one may be.
    if (answer.status === 429) throw new Error("wait", { cause: await answer.text() });
    if (!answer.ok) throw new Error(answer.statusText);
    const { options, challenge } = await answer.json();
    field("code").value = await get(JSON.parse(options), how);
    field("challenge").value = challenge;
    form.submit();
  };

  const offer = async () => {
    if (!await PublicKeyCredential.isConditionalMediationAvailable?.()) return;
    // The button may have been pressed meanwhile.
    for (let renewal = 0; renewal <= RENEWALS && !pressed; renewal += 1) {
      const { signal } = offered = new AbortController();
      const renew = setTimeout((one) => one.abort("renew"), RENEWED_AFTER, offered);
      try {
        return await sign({ mediation: "conditional", signal });
      } catch {
        clearTimeout(renew);
        if (signal.reason !== "renew") return;
      }
    }
  };

  form.hidden = false;
  window.addEventListener("pageshow", () => { field("code").value = ""; button.disabled = false; });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    say("");
    button.disabled = true;
    // The button's goes before the one that waits in the field, once that one has let go of the browser.
    pressed = true;
    offered.abort("button");
    await ended;
    try {
      await sign();
    } catch (error) {
      button.disabled = false;
      say(error.cause || form.dataset.failed);
      pressed = false;
      ended = offer();
    }
  });
  ended = offer();
}
