import assert from "node:assert/strict";
import { serve } from "../api/support/harness.ts";
import { needing } from "../support/programs.ts";
import { operator, startWeb, untilRead } from "./support/bed.ts";
import { calm } from "./support/calm.ts";
import { builtPage, haveChromium, startChromium, untilText } from "./support/chromium.ts";
import { busyVpp, markedBed } from "./support/marked.ts";
import { misplaced } from "./support/misplaced.ts";

const widths = [
  ...[360, 480, 700, 860, 861, 900, 980, 1040, 1060, 1100, 1180, 1220, 1280, 1360, 1400, 1440],
  ...[1500, 1600, 1920, 2199, 2200, 2300, 2400, 2600],
];

Deno.test(needing(haveChromium, "chromium", "nothing is cut off at any width"), async (test) => {
  await using maglevd = await serve({ status: calm, vpp: busyVpp() }, markedBed());
  const settings = { credentials: operator };
  await using web = await startWeb([maglevd.address], settings, await builtPage());
  await untilRead(web.url);
  await using chromium = await startChromium();
  const page = await chromium.page();
  await page.authenticate({ username: operator.user, password: operator.password });
  const server = encodeURIComponent(maglevd.address);
  const marks = ["slow start 10%", "weight 50", "flapping", "disabled", "standby", "fail-open"];
  const views = [
    ["", ".c-rate", "Gbit/s"],
    ["/vpp", ".vip", "M pkt/s"],
    ["/journal", ".journal", "flap"],
    ["/backend/web1", ".timeline", "L7"],
  ] as const;
  for (const place of ["view", "admin"]) {
    for (const [rest, where, text] of views) {
      await test.step(`${place}${rest}`, async () => {
        await page.goto(`${web.url}/${place}/at/${server}${rest}`);
        await untilText(page, where, text);
        if (rest === "") { for (const mark of marks) await untilText(page, ".c-marks .tag", mark); }
        const found: string[] = [];
        for (const width of widths) {
          await page.setViewport({ width, height: 1000 });
          found.push(...(await misplaced(page)).map((each) => `${width} px: ${each}`));
        }
        assert.deepEqual(found, []);
      });
    }
  }
});
