import axe from "axe-core";
import type { Page } from "puppeteer-core";

/** What stands in the way of people, by all of axe's rules or these. */
export async function violations(page: Page, rules: readonly string[] = []): Promise<string[]> {
  if (await page.evaluate("typeof axe") === "undefined") await page.evaluate(axe.source);
  const only = rules.length > 0 ? { runOnly: rules } : {};
  const options = JSON.stringify({ resultTypes: ["violations"], ...only });
  const found = await page.evaluate(`axe.run(document, ${options})`);
  const { violations } = found as import("axe-core").AxeResults;
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).slice(0, 3)}`);
}
