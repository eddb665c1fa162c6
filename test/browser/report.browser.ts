import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SimulationResult } from "../../simulation/simulate.ts";
import { launchBrowser } from "./chromium.ts";
import { officeDays } from "./month.ts";
import { chartOf, opened, plotBox, reportUrl, shownRange } from "./opened.ts";

let browser: Browser;
let week: readonly SimulationResult[];
let url: string;

beforeAll(async () => {
  browser = await launchBrowser();
  week = officeDays({ queues: 3, days: 7 });
  url = await reportUrl({ title: "A week", pricePerHour: 0.096, policies: week });
});

afterAll(() => browser?.close());

const SCALER = "queue-01-asg";

describe("a report that is opened from a file", () => {
  test("asks nobody for anything, and has nothing to complain of", async () => {
    const { page, requests, complaints } = await opened(browser, url);
    await page.keyboard.press("End");
    await chartOf(page, "queue-03-asg").and(page.locator("[data-drawn]")).waitFor();
    expect(requests).toEqual([url]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("would not be let out if it tried", async () => {
    const { page, complaints } = await opened(browser, url);
    const asked = page.evaluate("fetch('http://127.0.0.1:9/').then(() => 'let out')");
    await expect(asked).rejects.toThrow("Failed to fetch");
    expect(complaints.join()).toContain("Content Security Policy");
    await page.close();
  });

  test("has a chart for each scaler and policy, with as many points as were simulated", async () => {
    const { page } = await opened(browser, url);
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

  test("draws the waits of all policies, and a chart's four lines", async () => {
    const { page } = await opened(browser, url);
    expect(await page.locator("#waits .chart").getAttribute("data-drawn")).toBe("3");
    await chartOf(page, SCALER).scrollIntoViewIfNeeded();
    await chartOf(page, SCALER).and(page.locator('[data-drawn="4"]')).waitFor();
    expect(await page.locator("#waits .chart canvas").count()).toBe(1);
    await page.close();
  });

  test("draws what is in view, and what is far from it not before it is", async () => {
    const { page } = await opened(browser, url);
    const last = chartOf(page, "queue-03-asg", "native");
    expect(await last.getAttribute("data-drawn")).toBeNull();
    await last.scrollIntoViewIfNeeded();
    await last.and(page.locator("[data-drawn]")).waitFor();
    await page.keyboard.press("Home");
    await last.and(page.locator(":not([data-drawn])")).waitFor();
    expect(await last.locator("canvas").count()).toBe(0);
    await page.close();
  });
});

describe("its span of time", () => {
  test("is what is dragged over, and all of it after a double-click", async () => {
    const { page } = await opened(browser, url);
    const chart = chartOf(page, SCALER);
    await chart.scrollIntoViewIfNeeded();
    const whole = await shownRange(page);
    const { x, y, width, height } = await plotBox(chart);
    const before = await chart.screenshot();
    await page.mouse.move(x + width * 0.25, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.5, y + height / 2, { steps: 4 });
    await page.mouse.up();
    const { fromMs, toMs } = await shownRange(page);
    const wholeMs = whole.toMs - whole.fromMs;
    expect((fromMs - whole.fromMs) / wholeMs).toBeCloseTo(0.25, 2);
    expect((toMs - whole.fromMs) / wholeMs).toBeCloseTo(0.5, 2);
    await expect.poll(() => chart.screenshot()).not.toEqual(before);
    await chart.locator(".u-over").dblclick({ position: { x: 50, y: 50 } });
    expect(await shownRange(page)).toEqual(whole);
    await page.close();
  });

  test("is half after +, double after -, a quarter on after an arrow, all after 0", async () => {
    const { page } = await opened(browser, url);
    const chart = chartOf(page, SCALER);
    await chart.focus();
    const whole = await shownRange(page);
    const lengthMs = whole.toMs - whole.fromMs;
    await page.keyboard.press("+");
    const half = await shownRange(page);
    expect((half.toMs - half.fromMs) / lengthMs).toBeCloseTo(0.5, 5);
    await page.keyboard.press("ArrowRight");
    expect((await shownRange(page)).fromMs - half.fromMs).toBeCloseTo(lengthMs / 8, -1);
    await page.keyboard.press("-");
    expect(await shownRange(page)).toEqual(whole);
    await page.keyboard.press("+");
    await page.keyboard.press("0");
    expect(await shownRange(page)).toEqual(whole);
    await page.close();
  });

  test("goes from a week down to a minute", async () => {
    const { page } = await opened(browser, url);
    await chartOf(page, SCALER).focus();
    for (let press = 0; press < 20; press += 1) await page.keyboard.press("+");
    const { fromMs, toMs } = await shownRange(page);
    expect(toMs - fromMs).toBe(60_000);
    await page.close();
  });

  test("is zoomed by the wheel over a chart in focus; over another one the page scrolls", async () => {
    const { page } = await opened(browser, url);
    const chart = chartOf(page, SCALER);
    await chart.scrollIntoViewIfNeeded();
    const whole = await shownRange(page);
    const { x, y } = await plotBox(chart);
    await page.mouse.move(x + 100, y + 50);
    await page.mouse.wheel(0, -30);
    expect(await shownRange(page)).toEqual(whole);
    await chart.focus();
    await chart.locator(".u-over").hover();
    await page.mouse.wheel(0, -300);
    await expect
      .poll(() => shownRange(page).then(({ fromMs }) => fromMs))
      .toBeGreaterThan(whole.fromMs);
    const { fromMs, toMs } = await shownRange(page);
    expect((toMs - fromMs) / (whole.toMs - whole.fromMs)).toBeCloseTo(0.5, 2);
    await page.close();
  });
});

describe("a decision", () => {
  test("is listed with its reasons, and told when one points at its mark", async () => {
    const { page } = await opened(browser, url);
    const chart = chartOf(page, SCALER, "scalers.yml");
    await chart.scrollIntoViewIfNeeded();
    const list = page.locator(`details[aria-label="Decisions of ${SCALER}, scalers.yml"]`);
    await list.locator("summary").press("Enter");
    const first = week[0]?.scalers[0]?.decisions[0];
    const reason = first?.reasons[0] ?? "no decision";
    const item = list.locator("li").first();
    expect(await item.textContent()).toContain(reason);
    await item.locator("button").click();
    const { fromMs, toMs } = await shownRange(page);
    expect((fromMs + toMs) / 2).toBe(first?.atMs);
    await chart.scrollIntoViewIfNeeded();
    const { x, y, width } = await plotBox(chart);
    await page.mouse.move(x + width / 2 - 20, y + 6);
    await page.mouse.move(x + width / 2, y + 6);
    await page.locator("#tooltip:visible").waitFor();
    expect(await page.locator("#tooltip li").allTextContents()).toContain(reason);
    await page.close();
  });
});

describe("policies", () => {
  test("are laid over each other for each scaler, and may be left out", async () => {
    const { page } = await opened(browser, url);
    await page.getByRole("radio", { name: "over each other" }).check();
    const charts = page.locator("#scalers .chart");
    expect(await charts.count()).toBe(3);
    const rows = week.map(({ scalers }) => scalers[0]?.timesMs.length ?? 0);
    expect(await charts.first().getAttribute("data-points")).toBe(
      String(rows.reduce((sum, count) => sum + count)),
    );
    await charts.first().scrollIntoViewIfNeeded();
    await charts.first().and(page.locator('[data-drawn="3"]')).waitFor();
    await page.locator('input[name="policy"][value="1"]').uncheck();
    await charts.first().and(page.locator('[data-drawn="2"]')).waitFor();
    expect(await charts.first().getAttribute("data-points")).toBe(
      String((rows[0] ?? 0) + (rows[2] ?? 0)),
    );
    await page.close();
  });

  test("have their figures in a table, the best one in words", async () => {
    const { page } = await opened(browser, url);
    const row = page.locator(".numbers tr", { hasText: "idle share" });
    expect(await row.locator("td").count()).toBe(3);
    expect(await row.locator("td", { hasText: "best" }).count()).toBe(1);
    await page.close();
  });
});

describe("its looks", () => {
  test("differ in dark and light, also when that changes while it is open", async () => {
    const { page } = await opened(browser, url, { colorScheme: "light" });
    const chart = page.locator("#waits .chart");
    const light = await chart.screenshot();
    await page.emulateMedia({ colorScheme: "dark" });
    await expect.poll(() => chart.screenshot()).not.toEqual(light);
    await page.emulateMedia({ colorScheme: "light" });
    await expect.poll(() => chart.screenshot()).toEqual(light);
    await page.close();
  });

  test("on paper have every chart, as wide as the paper", async () => {
    const { page } = await opened(browser, url, { colorScheme: "dark" });
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

describe("names that are HTML", () => {
  test("are shown as they are written", async () => {
    const name = `</script><img src=x onerror="alert(1)">`;
    const [first] = officeDays({ queues: 1, days: 1 });
    if (first === undefined) throw new Error("nothing was simulated");
    const scalers = first.scalers.map((trace) => ({
      ...trace,
      name,
      decisions: trace.decisions.map((decision) => ({ ...decision, reasons: [name] })),
    }));
    const policies = [{ ...first, policy: name, about: name, scalers }];
    const hostile = await reportUrl({ title: name, pricePerHour: 1, policies });
    const { page, requests, complaints } = await opened(browser, hostile);
    expect(await page.title()).toBe(name);
    expect(await page.locator("h3").textContent()).toBe(name);
    expect(await page.locator("img").count()).toBe(0);
    expect([requests, complaints]).toEqual([[hostile], []]);
    await page.close();
  });
});
