import type { Page } from "puppeteer-core";

/** What is read as one: nothing in it may stand upon anything else. */
const rows = [
  ...["tr", ".frontend > .facts", ".facts.wide", ".fold", ".pool-name", ".card > h2"],
  ...[".problems li", ".by-hand li", ".timeline li", ".calls li", ".verdict h1", ".top"],
].join();

/** What has a place of its own in a row, and may not reach beyond it. */
const places = "td, th, .facts > div";

/** What is seen, besides text. */
const drawings = ".tag, button, svg, .symbol, .track, .beat, input, select";

/** What may be shortened, where there is an ellipsis for it, or hidden as a whole. */
const shortened = "bdi, .addr, .detail";

/**
 * Texts, marks, buttons and drawings that reach beyond their place in a row or the card that it is in,
 * are cut off, or stand upon others. Each with its row, as a sentence.
 */
export async function misplaced(page: Page): Promise<string[]> {
  return await page.evaluate(finding) as string[];
}

const finding = `(() => {
  const found = new Set();
  const rectsOf = (each) => {
    if (each.nodeType !== Node.TEXT_NODE) return [each.getBoundingClientRect()];
    const range = document.createRange();
    range.selectNodeContents(each);
    return [...range.getClientRects()];
  };
  const shared = (a, b) => ({
    left: Math.max(a.left, b.left),
    right: Math.min(a.right, b.right),
    top: Math.max(a.top, b.top),
    bottom: Math.min(a.bottom, b.bottom),
  });
  const isWithin = (a, b) =>
    a.left >= b.left - 1 && a.right <= b.right + 1 && a.top >= b.top - 1 && a.bottom <= b.bottom + 1;
  const isSome = ({ left, right, top, bottom }) => right - left > 1 && bottom - top > 1;
  const isSeen = (each) => each.checkVisibility({ visibilityProperty: true }) && !each.closest(".unseen");
  const named = (each) => each.data?.trim() ?? (each.getAttribute("class") || each.tagName);
  for (const row of document.querySelectorAll(${JSON.stringify(rows)})) {
    if (!isSeen(row)) continue;
    const told = " in " + row.innerText.replaceAll(/\\s+/g, " ").slice(0, 40);
    const drawn = [];
    const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      const isText = node.nodeType === Node.TEXT_NODE;
      const isDrawn = isText ? node.data.trim() !== "" : node.matches(${JSON.stringify(drawings)});
      const element = isText ? node.parentElement : node;
      if (!isDrawn || !isSeen(element)) continue;
      const place = element.closest(${JSON.stringify(places)});
      for (let rect of rectsOf(node)) {
        for (let each = element; each && isSome(rect); each = each.parentElement) {
          const { overflowX, textOverflow } = getComputedStyle(each);
          const isCut = overflowX !== "visible";
          const box = each.getBoundingClientRect();
          const isLeft = isSome(shared(rect, box));
          const mayBe = isCut && (textOverflow === "ellipsis" || !isLeft) &&
            element.closest(${JSON.stringify(shortened)});
          if ((isCut || each === row || each === place) && !mayBe && !isWithin(rect, box)) {
            found.add(named(node) + " is not within " + named(each) + told);
            break;
          }
          if (isCut) rect = shared(rect, box);
          if (each.matches(".card, main, .top")) break;
        }
        if (isSome(rect)) drawn.push([node, rect]);
      }
    }
    drawn.forEach(([node, rect], i) => {
      for (const [other, otherRect] of drawn.slice(i + 1)) {
        if (node.contains(other) || !isSome(shared(rect, otherRect))) continue;
        found.add(named(node) + " is upon " + named(other) + told);
      }
    });
  }
  return [...found];
})()`;
