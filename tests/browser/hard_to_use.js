// What a hand or a keyboard would miss on this page, and what went wrong without being said where the cursor is.
const found = [];
const shown = (selector) => [...document.querySelectorAll(selector)].filter((one) => one.checkVisibility());
const name = (one) => `<${one.localName} class="${one.className}"> ${one.textContent.trim().slice(0, 40)}`;

// Before anything else has the focus: an error is read where the reader starts, or with a field that it belongs to.
for (const error of shown("[role=alert]")) {
  const heard = document.activeElement === error
    || shown("[aria-describedby]").some((one) => one.getAttribute("aria-describedby").split(" ").includes(error.id));
  if (!heard) found.push(`is said to nobody: ${name(error)}`);
}
for (const field of shown("[aria-invalid=true]")) {
  const ids = (field.getAttribute("aria-describedby") ?? "").split(" ");
  if (!ids.some((id) => document.getElementById(id)?.matches(".error"))) found.push(`says not what is wrong: ${field.name}`);
}
const invalid = shown("[aria-invalid=true]");
if (invalid.length && document.activeElement !== invalid[0]) found.push("the cursor is not at the first field that is wrong");

for (const folded of document.querySelectorAll("details")) folded.open = true;
for (const one of shown("a[href], button, summary, input, [tabindex='0']")) {
  const target = one.type === "checkbox" ? one.closest("label") : one;
  const { width, height } = target.getBoundingClientRect();
  // WCAG 2.2, 2.5.8: 24 by 24, a word within a sentence apart. Ours: 44 high for all but such words.
  const inSentence = getComputedStyle(one).display === "inline";
  if (!inSentence && (width < 24 || height < 44)) found.push(`is small (${width} by ${height}): ${name(one)}`);
  one.scrollIntoView({ block: "nearest" });
  one.focus();
  const { outlineStyle, outlineWidth } = getComputedStyle(one);
  if (document.activeElement !== one) found.push(`takes no focus: ${name(one)}`);
  else if (outlineStyle === "none" || parseFloat(outlineWidth) < 2) found.push(`shows no focus: ${name(one)}`);
  const box = one.getClientRects()[0];
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  if (!top || !(one.contains(top) || top.contains(one))) found.push(`is covered: ${name(one)}`);
}

// Signing in must not ask for memory or copying by hand (WCAG 2.2, 3.3.8).
for (const field of shown("input")) {
  const wanted = { username: /^username/, password: /^current-password$/, new_password: /^new-password$/, new_password_again: /^new-password$/ }[field.name];
  if (wanted && !wanted.test(field.autocomplete)) found.push(`a password manager does not know ${field.name}`);
  if (field.autocomplete === "one-time-code" && field.inputMode !== "numeric") found.push(`no digits on a phone for ${field.name}`);
  if (field.readOnly || field.onpaste) found.push(`nothing can be pasted into ${field.name}`);
}
return found;
