import { statSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { launchBrowser } from "./chromium.ts";
import { simulateOfficeDays } from "./office-days.ts";
import {
  locateChart,
  measurePlot,
  openReport,
  removeReportFile,
  writeReportFile,
} from "./open-report.ts";

/** Renders the picture in docs/simulating.md: one morning of a team, with the reasons of one decision. */

const PICTURE = join(import.meta.dirname, "../../docs/images/report.png");
const MAX_BYTES = 200_000;
const SCALER = "queue-01-asg";
const ZOOM_KEYS = ["+", "+", "+", "+", "ArrowLeft"];

const browser = await launchBrowser();
try {
  const policies = await simulateOfficeDays({ queues: 2, days: 7 });
  const url = await writeReportFile({ title: "Two teams, a week", pricePerHour: 0.096, policies });
  const { page } = await openReport(browser, url, { viewport: { width: 1000, height: 890 } });
  await pointAtADecision(page);
  await page.screenshot({ path: PICTURE });
  removeReportFile(url);
} finally {
  await browser.close();
}
const { size } = statSync(PICTURE);
if (size > MAX_BYTES)
  throw new RangeError(`${PICTURE} has ${size} bytes; the limit is ${MAX_BYTES}`);
console.log(`${PICTURE}: ${size} bytes`);

async function pointAtADecision(page: Page): Promise<void> {
  const chart = locateChart(page, SCALER);
  await chart.focus();
  for (const key of ZOOM_KEYS) await page.keyboard.press(key);
  await page.evaluate("document.querySelector('#scalers-head').scrollIntoView()");
  const { x, y, width } = await measurePlot(chart);
  for (let left = width / 3; left < width; left += 3) {
    await page.mouse.move(x + left, y + 6);
    if (await page.locator("#tooltip").isVisible()) return;
  }
  throw new Error("the chart shows no decision");
}
