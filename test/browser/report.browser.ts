import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SimulationResult } from "../../simulation/simulate.ts";
import { launchBrowser } from "./chromium.ts";
import { describeOfficeDays, simulateOfficeDays } from "./office-days.ts";
import {
  locateChart,
  measurePlot,
  openReport,
  readRange,
  removeReportFile,
  showSeparately,
  writeReportFile,
} from "./open-report.ts";

let browser: Browser;
let week: readonly SimulationResult[];
let url: string;

beforeAll(async () => {
  browser = await launchBrowser();
  week = await simulateOfficeDays({ queues: 3, days: 7 });
  url = await writeReportFile(describeOfficeDays("A week", 7, week));
  return () => removeReportFile(url);
});

afterAll(() => browser?.close());

const SCALER = "queue-01-asg";

describe("a report opened from a file", () => {
  test("sends no request and logs nothing to the console", async () => {
    const { page, requests, messages } = await openReport(browser, url);
    await page.keyboard.press("End");
    await locateChart(page, "queue-03-asg").and(page.locator("[data-drawn]")).waitFor();
    expect(requests).toEqual([url]);
    expect(messages).toEqual([]);
    await page.close();
  });

  test("is not allowed to send a request", async () => {
    const { page, messages } = await openReport(browser, url);
    const response = page.evaluate("fetch('http://127.0.0.1:9/').then(() => 'sent')");
    await expect(response).rejects.toThrow("Failed to fetch");
    expect(messages.join()).toContain("Content Security Policy");
    await page.close();
  });

  test("has a chart for each scaler and policy, with every simulated point", async () => {
    const { page } = await openReport(browser, url);
    await showSeparately(page);
    const charts = page.locator("#scalers .chart");
    const points = await charts.evaluateAll((all) =>
      all.map((one) => Number(one.getAttribute("data-points"))),
    );
    const simulated = [0, 1, 2].flatMap((scaler) =>
      week.map(({ scalers }) => scalers[scaler]?.timesMs.length),
    );
    expect(points).toEqual(simulated);
    expect(Math.min(...points)).toBeGreaterThan(1000);
    await page.close();
  });

  test("draws one line per policy for wait times, and four lines per scaler chart", async () => {
    const { page } = await openReport(browser, url);
    await showSeparately(page);
    expect(await page.locator("#waits .chart").getAttribute("data-drawn")).toBe("3");
    await locateChart(page, SCALER).scrollIntoViewIfNeeded();
    await locateChart(page, SCALER).and(page.locator('[data-drawn="4"]')).waitFor();
    expect(await page.locator("#waits .chart canvas").count()).toBe(1);
    await page.close();
  });

  test("draws a chart when it comes into view and removes it when it is far away", async () => {
    const { page } = await openReport(browser, url);
    await showSeparately(page);
    const last = locateChart(page, "queue-03-asg", "native");
    expect(await last.getAttribute("data-drawn")).toBeNull();
    await last.scrollIntoViewIfNeeded();
    await last.and(page.locator("[data-drawn]")).waitFor();
    await page.keyboard.press("Home");
    await last.and(page.locator(":not([data-drawn])")).waitFor();
    expect(await last.locator("canvas").count()).toBe(0);
    await page.close();
  });
});

describe("the time range", () => {
  test("is set by dragging and reset by a double-click", async () => {
    const { page } = await openReport(browser, url);
    const chart = locateChart(page, SCALER);
    await chart.scrollIntoViewIfNeeded();
    const whole = await readRange(page);
    const { x, y, width, height } = await measurePlot(chart);
    const before = await chart.screenshot();
    await page.mouse.move(x + width * 0.25, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.5, y + height / 2, { steps: 4 });
    await page.mouse.up();
    const { fromMs, toMs } = await readRange(page);
    const wholeMs = whole.toMs - whole.fromMs;
    expect((fromMs - whole.fromMs) / wholeMs).toBeCloseTo(0.25, 2);
    expect((toMs - whole.fromMs) / wholeMs).toBeCloseTo(0.5, 2);
    await expect.poll(() => chart.screenshot()).not.toEqual(before);
    await chart.locator(".u-over").dblclick({ position: { x: 50, y: 50 } });
    expect(await readRange(page)).toEqual(whole);
    await page.close();
  });

  test("halves with +, doubles with -, moves by a quarter with an arrow key and resets with 0", async () => {
    const { page } = await openReport(browser, url);
    const chart = locateChart(page, SCALER);
    await chart.focus();
    const whole = await readRange(page);
    const lengthMs = whole.toMs - whole.fromMs;
    await page.keyboard.press("+");
    const half = await readRange(page);
    expect((half.toMs - half.fromMs) / lengthMs).toBeCloseTo(0.5, 5);
    await page.keyboard.press("ArrowRight");
    expect((await readRange(page)).fromMs - half.fromMs).toBeCloseTo(lengthMs / 8, -1);
    await page.keyboard.press("-");
    expect(await readRange(page)).toEqual(whole);
    await page.keyboard.press("+");
    await page.keyboard.press("0");
    expect(await readRange(page)).toEqual(whole);
    await page.close();
  });

  test("cannot be shorter than a minute", async () => {
    const { page } = await openReport(browser, url);
    await locateChart(page, SCALER).focus();
    for (let press = 0; press < 20; press += 1) await page.keyboard.press("+");
    const { fromMs, toMs } = await readRange(page);
    expect(toMs - fromMs).toBe(60_000);
    await page.close();
  });

  test("is zoomed by the wheel over a focused chart; over other charts the page scrolls", async () => {
    const { page } = await openReport(browser, url);
    const chart = locateChart(page, SCALER);
    await chart.scrollIntoViewIfNeeded();
    const whole = await readRange(page);
    const { x, y } = await measurePlot(chart);
    await page.mouse.move(x + 100, y + 50);
    await page.mouse.wheel(0, -30);
    expect(await readRange(page)).toEqual(whole);
    await chart.focus();
    await chart.locator(".u-over").hover();
    await page.mouse.wheel(0, -300);
    await expect
      .poll(() => readRange(page).then(({ fromMs }) => fromMs))
      .toBeGreaterThan(whole.fromMs);
    const { fromMs, toMs } = await readRange(page);
    expect((toMs - fromMs) / (whole.toMs - whole.fromMs)).toBeCloseTo(0.5, 2);
    await page.close();
  });
});

describe("a decision", () => {
  test("is listed with its reasons and has them in the tooltip of its mark", async () => {
    const { page } = await openReport(browser, url);
    await showSeparately(page);
    const chart = locateChart(page, SCALER, "scalers.yml");
    await chart.scrollIntoViewIfNeeded();
    const list = page.locator(`details[aria-label="Decisions of ${SCALER}, scalers.yml"]`);
    await list.locator("summary").press("Enter");
    const first = week[0]?.scalers[0]?.decisions[0];
    const reason = first?.reasons[0] ?? "no decision";
    const item = list.locator("li").first();
    expect(await item.textContent()).toContain(reason);
    await item.locator("button").click();
    const { fromMs, toMs } = await readRange(page);
    expect((fromMs + toMs) / 2).toBe(first?.atMs);
    await chart.scrollIntoViewIfNeeded();
    const { x, y, width } = await measurePlot(chart);
    await page.mouse.move(x + width / 2 - 20, y + 6);
    await page.mouse.move(x + width / 2, y + 6);
    await page.locator("#tooltip:visible").waitFor();
    expect(await page.locator("#tooltip li").allTextContents()).toContain(reason);
    await page.close();
  });
});

describe("policies", () => {
  test("can be overlaid in one chart per scaler and can be hidden", async () => {
    const { page } = await openReport(browser, url);
    const charts = page.locator("#scalers .chart");
    expect(await charts.count()).toBe(3);
    const rows = week.map(({ scalers }) => scalers[0]?.timesMs.length ?? 0);
    expect(await charts.first().getAttribute("data-points")).toBe(
      String(rows.reduce((sum, count) => sum + count)),
    );
    await charts.first().scrollIntoViewIfNeeded();
    // The jobs, and one line per policy.
    await charts.first().and(page.locator('[data-drawn="4"]')).waitFor();
    await page.locator('input[name="policy"][value="1"]').uncheck();
    await charts.first().and(page.locator('[data-drawn="3"]')).waitFor();
    expect(await charts.first().getAttribute("data-points")).toBe(
      String((rows[0] ?? 0) + (rows[2] ?? 0)),
    );
    await page.close();
  });

  test("have their measures in a table that labels the best value", async () => {
    const { page } = await openReport(browser, url);
    const row = page.locator(".measures tr", { hasText: "idle share" });
    expect(await row.locator("td").count()).toBe(3);
    expect(await row.locator("td", { hasText: "best" }).count()).toBe(1);
    await page.close();
  });
});

describe("the appearance", () => {
  test("follows a change between dark and light mode while the page is open", async () => {
    const { page } = await openReport(browser, url, { colorScheme: "light" });
    const chart = page.locator("#waits .chart");
    const light = await chart.screenshot();
    await page.emulateMedia({ colorScheme: "dark" });
    await expect.poll(() => chart.screenshot()).not.toEqual(light);
    await page.emulateMedia({ colorScheme: "light" });
    await expect.poll(() => chart.screenshot()).toEqual(light);
    await page.close();
  });

  test("has every chart in the width of the page when printed", async () => {
    const { page } = await openReport(browser, url, { colorScheme: "dark" });
    await showSeparately(page);
    await page.evaluate(`addEventListener("beforeprint", () => {
      const drawn = [...document.querySelectorAll("#scalers [data-drawn] .uplot")];
      document.title = drawn.map((one) => one.clientWidth).join();
    })`);
    const paper = await page.pdf({ format: "A4" });
    expect(await page.title()).toBe(new Array(9).fill(690).join());
    expect(paper.length).toBeGreaterThan(20_000);
    await expect.poll(() => page.locator("#scalers [data-drawn]").count()).toBeLessThan(9);
    await page.close();
  });
});

describe("a name that contains HTML", () => {
  test("is displayed as text", async () => {
    const name = `</script><img src=x onerror="alert(1)">`;
    const [first] = await simulateOfficeDays({ queues: 1, days: 1 });
    if (first === undefined) throw new Error("the simulation has no result");
    const scalers = first.scalers.map((trace) => ({
      ...trace,
      name,
      decisions: trace.decisions.map((decision) => ({ ...decision, reasons: [name] })),
    }));
    const policies = [{ ...first, policy: name, about: name, scalers }];
    const hostile = await writeReportFile(describeOfficeDays(name, 1, policies));
    const { page, requests, messages } = await openReport(browser, hostile);
    expect(await page.title()).toBe(name);
    expect(await page.locator("figcaption").first().textContent()).toContain(name);
    expect(await page.locator("img").count()).toBe(0);
    expect([requests, messages]).toEqual([[hostile], []]);
    await page.close();
    removeReportFile(hostile);
  });
});
