// What is cut off or reaches beyond the screen, as a list of sentences; under a style of the reader's own, if any, in
// which no policy of the page has a say.
const style = new CSSStyleSheet();
style.replaceSync(reader);
document.adoptedStyleSheets = [style];
for (const folded of document.querySelectorAll("details")) folded.open = true;
const found = [];
const page = document.documentElement;
const name = (one) => `<${one.localName} class="${one.className.baseVal ?? one.className}"> ${one.textContent.trim().slice(0, 40)}`;
if (page.scrollWidth > page.clientWidth) found.push(`scrolls sideways: ${page.scrollWidth} in ${page.clientWidth}`);
for (const one of document.body.querySelectorAll("*")) {
  if (!one.checkVisibility() || one.closest("svg, input")) continue;
  const box = one.getBoundingClientRect();
  if (box.left < -1 || box.right > page.clientWidth + 1) found.push(`reaches beyond the screen: ${name(one)}`);
  const { display, overflowX, overflowY } = getComputedStyle(one);
  if (display.startsWith("inline") && display !== "inline-block" && display !== "inline-flex") continue;
  // Letters may hang a little out of a tight line; a line must not.
  if (one.scrollWidth > one.clientWidth + 2) found.push(`is wider than its box (${overflowX}): ${name(one)}`);
  if (one.scrollHeight > one.clientHeight + 6) found.push(`is higher than its box (${overflowY}): ${name(one)}`);
}
return found;
