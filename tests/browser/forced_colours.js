// What nobody would see on this page in the colours of the reader's own system.
const found = [];
if (!matchMedia("(forced-colors: active)").matches) found.push("the colours are not forced");
const canvas = getComputedStyle(document.body).backgroundColor;
const shown = (selector) => [...document.querySelectorAll(selector)].filter((one) => one.checkVisibility());
const name = (one) => `<${one.localName} class="${one.className}"> ${one.textContent.trim().slice(0, 40)}`;
const clear = (colour) => /^rgba\(.*, 0\)$/.test(colour);
const ground = (one) => {
  for (let at = one; at; at = at.parentElement) {
    const { backgroundColor } = getComputedStyle(at);
    if (!clear(backgroundColor)) return backgroundColor;
  }
  return canvas;
};
for (const folded of document.querySelectorAll("details")) folded.open = true;
for (const one of shown("a[href], button, summary, input, [tabindex='0']")) {
  const style = getComputedStyle(one);
  const around = ground(one.parentElement);
  const edged = parseFloat(style.borderTopWidth) >= 1 && style.borderTopStyle !== "none" && style.borderTopColor !== around;
  const filled = !clear(style.backgroundColor) && style.backgroundColor !== around;
  // A word that can be used is underlined, or is of a colour that nothing else has.
  const worded = style.color !== getComputedStyle(document.body).color
    || [one, ...one.querySelectorAll("*")].some((part) => getComputedStyle(part).textDecorationLine.includes("underline"));
  const box = one.matches("button:not(.link), .button, .choice, input:not([type=checkbox])");
  if (box ? !edged && !filled : !worded && !edged && !one.matches("summary, input, [aria-current]")) {
    found.push(`has no edge: ${name(one)}`);
  }
  if (style.color === ground(one)) found.push(`cannot be read: ${name(one)}`);
  one.focus();
  const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(one);
  if (outlineStyle === "none" || parseFloat(outlineWidth) < 2 || outlineColor === around || clear(outlineColor)) {
    found.push(`shows no focus (${outlineStyle} ${outlineWidth} ${outlineColor}): ${name(one)}`);
  }
}
for (const one of shown(".notice, main.card, [aria-invalid=true]:not([type=checkbox])")) {
  const { borderInlineStartWidth, borderInlineStartColor } = getComputedStyle(one);
  if (parseFloat(borderInlineStartWidth) < 1 || borderInlineStartColor === ground(one)) found.push(`has no edge: ${name(one)}`);
}
for (const one of shown("svg.icon")) {
  if (getComputedStyle(one).stroke === ground(one)) found.push(`cannot be seen: ${one.outerHTML.slice(0, 80)}`);
}
return found;
