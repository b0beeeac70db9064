// The one script: it holds a key's ceremony between the browser and a form. The server gives the options, the form
// carries the answer; nothing is fetched, kept or sent by any other way, and every check is the server's.
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

const get = async (options) => {
  const { publicKey } = options;
  publicKey.challenge = toBytes(publicKey.challenge);
  publicKey.allowCredentials = withBytes(publicKey.allowCredentials);
  const credential = await navigator.credentials.get({ publicKey });
  const { authenticatorData, signature, userHandle } = credential.response;
  return answer(credential, {
    authenticatorData: toText(authenticatorData),
    signature: toText(signature),
    userHandle: userHandle ? toText(userHandle) : null,
  });
};

for (const form of document.querySelectorAll("form[data-ceremony]")) {
  const { ceremony, options, failed, unsupported, again } = form.dataset;
  const code = form.elements.namedItem("code");
  const button = form.querySelector("button.primary");
  const message = form.querySelector("[data-message]");
  const say = (text) => {
    message.textContent = text;
    message.hidden = !text;
    if (text) message.focus();
  };

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
