import { statSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "./chromium.ts";
import { describeOfficeDays, simulateOfficeDays } from "./office-days.ts";
import {
  locateChart,
  openReport,
  readRange,
  removeReportFile,
  writeReportFile,
} from "./open-report.ts";

const USABLE_WITHIN_MS = 2000;
const MAX_BYTES = 30_000_000;

let browser: Browser;
let url: string;
let points: number;

beforeAll(async () => {
  browser = await launchBrowser();
  const policies = await simulateOfficeDays({ queues: 20, days: 30 });
  const traces = policies.flatMap(({ scalers }) => scalers);
  points = traces.reduce((sum, { timesMs }) => sum + timesMs.length, 0);
  url = await writeReportFile(describeOfficeDays("A month", 30, policies));
  return () => removeReportFile(url);
});

afterAll(() => browser?.close());

/** No other test checks the speed of the report. */
test("a month of 20 queues can be opened and zoomed within 2 s", async () => {
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
  const startedMs = performance.now();
  await page.goto(url);
  const chart = locateChart(page, "queue-01-asg");
  await chart.focus();
  await chart.and(page.locator("[data-drawn]")).waitFor();
  const drawnMs = performance.now() - startedMs;
  const whole = await readRange(page);
  await page.keyboard.press("+");
  await page.evaluate(
    "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))",
  );
  const usableMs = performance.now() - startedMs;
  expect((await readRange(page)).fromMs).toBeGreaterThan(whole.fromMs);
  const { size } = statSync(new URL(url));
  console.log(
    `A month of 20 queues, ${points.toLocaleString("en-US")} points, ${(size / 1e6).toFixed(1)} MB: ` +
      `drawn after ${drawnMs.toFixed(0)} ms, zoomed after ${usableMs.toFixed(0)} ms`,
  );
  expect(usableMs).toBeLessThan(USABLE_WITHIN_MS);
  expect(size).toBeLessThan(MAX_BYTES);
  await page.close();
});

test("a month of 20 queues keeps every point", async () => {
  const { page, messages } = await openReport(browser, url);
  const counts = await page
    .locator("#scalers .chart")
    .evaluateAll((all) => all.map((one) => Number(one.getAttribute("data-points"))));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(points);
  expect(messages).toEqual([]);
  await page.close();
});
