import { statSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "./chromium.ts";
import { officeDays } from "./month.ts";
import { chartOf, opened, reportUrl, shownRange } from "./opened.ts";

const USABLE_WITHIN_MS = 2000;
const LARGEST_BYTES = 30_000_000;

let browser: Browser;
let url: string;
let points: number;

beforeAll(async () => {
  browser = await launchBrowser();
  const policies = officeDays({ queues: 20, days: 30 });
  const traces = policies.flatMap(({ scalers }) => scalers);
  points = traces.reduce((sum, { timesMs }) => sum + timesMs.length, 0);
  url = await reportUrl({ title: "A month", pricePerHour: 0.096, policies });
});

afterAll(() => browser?.close());

/** The one place where the report's speed is judged. */
test("a month of 20 queues is drawn and zoomed within 2 s of opening it", async () => {
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
  const startedMs = performance.now();
  await page.goto(url);
  const chart = chartOf(page, "queue-01-asg");
  await chart.focus();
  await chart.and(page.locator("[data-drawn]")).waitFor();
  const drawnMs = performance.now() - startedMs;
  const whole = await shownRange(page);
  await page.keyboard.press("+");
  await page.evaluate(
    "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))",
  );
  const usableMs = performance.now() - startedMs;
  expect((await shownRange(page)).fromMs).toBeGreaterThan(whole.fromMs);
  const { size } = statSync(new URL(url));
  console.log(
    `A month of 20 queues, ${points.toLocaleString("en-US")} points, ${(size / 1e6).toFixed(1)} MB: ` +
      `drawn after ${drawnMs.toFixed(0)} ms, zoomed after ${usableMs.toFixed(0)} ms`,
  );
  expect(usableMs).toBeLessThan(USABLE_WITHIN_MS);
  expect(size).toBeLessThan(LARGEST_BYTES);
  await page.close();
});

test("of a month no point is lost", async () => {
  const { page, complaints } = await opened(browser, url);
  const counts = await page
    .locator("#scalers .chart")
    .evaluateAll((all) => all.map((one) => Number(one.getAttribute("data-points"))));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(points);
  expect(complaints).toEqual([]);
  await page.close();
});
