import { rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { launchBrowser } from "./chromium.ts";
import { officeDays } from "./month.ts";
import { chartOf, opened, plotBox, reportUrl } from "./opened.ts";

/** Makes the picture of a report in docs/simulating.md: a team's morning, and one decision with its reasons. */

const PICTURE = join(import.meta.dirname, "../../docs/images/report.png");
const LARGEST_BYTES = 200_000;
const SCALER = "queue-01-asg";
const PRESSES = ["+", "+", "+", "+", "ArrowLeft"];

const browser = await launchBrowser();
try {
  const policies = officeDays({ queues: 2, days: 7 });
  const url = await reportUrl({ title: "Two teams, a week", pricePerHour: 0.096, policies });
  const { page } = await opened(browser, url, { viewport: { width: 1000, height: 890 } });
  await pointAtADecision(page);
  await page.screenshot({ path: PICTURE });
  rmSync(dirname(fileURLToPath(url)), { recursive: true });
} finally {
  await browser.close();
}
const { size } = statSync(PICTURE);
if (size > LARGEST_BYTES)
  throw new RangeError(`the picture has ${size} bytes, more than ${LARGEST_BYTES}`);
console.log(`${PICTURE}: ${size} bytes`);

async function pointAtADecision(page: Page): Promise<void> {
  const chart = chartOf(page, SCALER);
  await chart.focus();
  for (const key of PRESSES) await page.keyboard.press(key);
  await page.evaluate("document.querySelector('#scalers-head').scrollIntoView()");
  const { x, y, width } = await plotBox(chart);
  for (let left = width / 3; left < width; left += 3) {
    await page.mouse.move(x + left, y + 6);
    if (await page.locator("#tooltip").isVisible()) return;
  }
  throw new Error("no decision is in view");
}
