import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SimulationResult } from "../../simulation/simulate.ts";
import type { ScalerTrace } from "../../simulation/trace.ts";
import { createResult, createTrace } from "../support/simulation-result.ts";
import { launchBrowser } from "./chromium.ts";
import { describeOfficeDays, OFFICE_START_MS } from "./office-days.ts";
import {
  measurePlot,
  openReport,
  removeReportFile,
  showSeparately,
  writeReportFile,
} from "./open-report.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const TELEPHONE = { viewport: { width: 390, height: 844 } };
const DESKTOP = { viewport: { width: 1440, height: 900 } };

const OURS = { p95: 108, money: 193, waitsMs: [0, 20_000, 45_000, 100_000] };
const NATIVE = { p95: 312, money: 346, interrupted: 40, waitsMs: [0, 0, 90_000, 400_000] };

/** A week in which the jobs of a group change every minute, and jobs are interrupted once. */
function createWeek(name: string, jobs: number, changes: Partial<ScalerTrace> = {}): ScalerTrace {
  const rows = Array.from({ length: 7 * 24 * 60 }, (_, minute) => {
    const demand = minute % 2 === 0 ? jobs : 0;
    return [OFFICE_START_MS + minute * MINUTE_MS, demand, jobs / 2] as const;
  });
  const desired = rows.map(() => jobs / 8);
  return createTrace(name, rows, {
    agentsPerInstance: 4,
    inService: desired,
    desired,
    interruptions: [{ atMs: OFFICE_START_MS + 84 * HOUR_MS, jobs: 40 }],
    ...changes,
  });
}

let browser: Browser;
const urls: string[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(async () => {
  for (const url of urls) removeReportFile(url);
  await browser?.close();
});

async function open(policies: readonly SimulationResult[], options = DESKTOP): Promise<Page> {
  const url = await writeReportFile(describeOfficeDays("A week", 7, policies));
  urls.push(url);
  const { page } = await openReport(browser, url, options);
  await page.locator("#overview [data-drawn]").waitFor();
  return page;
}

const compare = (...names: string[]) => [
  createResult(
    "ours",
    OURS,
    names.map((name) => createWeek(name, 80, { interruptions: [] })),
  ),
  createResult(
    "native",
    NATIVE,
    names.map((name) => createWeek(name, 160)),
  ),
];

const run = (...names: string[]) => [
  createResult(
    "ours",
    { ...OURS, interrupted: 40 },
    names.map((name) => createWeek(name, 80)),
  ),
];

function compareLongNames(): SimulationResult[] {
  const group = "buildkite-agents-production-eu-west-1-linux-arm64-spot-instances";
  const names = ["ours", "reference-elastic-1.12", "production-settings-of-the-next-quarter.yml"];
  return names.map((name) => createResult(name, OURS, [createWeek(group, 80)]));
}

/** The text that a person reads, with ordinary spaces. */
async function read(page: Page, selector: string): Promise<string> {
  const texts = await page.locator(selector).allInnerTexts();
  return texts.join(" | ").replaceAll(/[\s\u00a0]+/g, " ");
}

describe("the first screen", () => {
  test("of a comparison says who wins what, with four figures and a chart below", async () => {
    const page = await open(compare("web"));
    expect(await read(page, "h1")).toBe(
      "Jobs begin soonest with ours (95 % within 1m48s); ours costs least ($193, 44 % less than native); ours interrupts no job, native 40.",
    );
    expect(await read(page, ".lead")).toBe(
      "With ours: 95 % of jobs began within 1m48s; none was interrupted; $193 for the week, 38 % of it idle.",
    );
    expect(await read(page, ".figure .value")).toBe("1m48s ours | 0 ours | $193 ours | 38 % ours");
    const chart = await measurePlot(page.locator("#overview .chart"));
    expect(chart.y + chart.height).toBeLessThan(DESKTOP.viewport.height);
    expect(await read(page, "#overview-head")).toBe("Demand and capacity");
    await page.close();
  });

  test("of a single run says what it did, and does not speak of policies", async () => {
    const page = await open(run("web"));
    expect(await read(page, "h1")).toBe(
      "95 % of jobs began within 1m48s; 40 were interrupted; $193 for the week, 38 % of it idle.",
    );
    expect(await read(page, ".figure .value")).toBe("1m48s | 40 | $193 | 38 %");
    expect(await read(page, "body")).not.toMatch(/polic/i);
    expect(await page.locator("table.measures").count()).toBe(0);
    expect(await page.locator(".chart").count()).toBe(2); // Demand and capacity, and waits.
    await page.close();
  });

  test("tells the period, the workload and the seed; the end tells how to make it again", async () => {
    const page = await open(run("web"));
    expect(await read(page, ".origin")).toContain("Mon 5 Jan 2026 00:00 to Mon 12 Jan 2026");
    expect(await read(page, ".origin")).toContain("office hours, seed 1");
    await page.getByRole("link", { name: "how this was made" }).click();
    const command = page.locator(".command");
    const findTop = async () => (await command.boundingBox())?.y;
    await expect.poll(findTop).toBeLessThan(DESKTOP.viewport.height - 50);
    expect(await read(page, ".command")).toMatch(/^npx buildkite-scaling-loop simulate /);
    await page.close();
  });
});

describe("a week", () => {
  test("opens as averages; an hour of it is drawn with every change", async () => {
    const page = await open(run("web"));
    expect(await read(page, "#overview .readout")).toBe(
      "averages of 30m; band: fewest to most jobs; zoom in for every change",
    );
    await page.locator("#overview .chart").focus();
    for (let press = 0; press < 8; press += 1) await page.keyboard.press("+");
    await expect.poll(() => read(page, "#overview .readout")).toBe("");
    await page.close();
  });

  test("has a mark where jobs were interrupted, with their number", async () => {
    const page = await open(run("web", "ios"));
    const { x, y, width } = await measurePlot(page.locator("#overview .chart"));
    // 84 h is the middle of 168 h.
    await page.mouse.move(x + width / 2 - 10, y + 5);
    await page.mouse.move(x + width / 2, y + 5);
    expect(await read(page, "#tooltip:visible")).toBe(
      "ours Thu 8 Jan 12:00:00: 80 jobs interrupted",
    );
    await page.close();
  });

  test("can be shown as a whole again from the first chart", async () => {
    const page = await open(compare("web"));
    const button = page.getByRole("button", { name: "show everything" });
    expect(await button.isVisible()).toBe(false);
    await page.locator("#overview .chart").focus();
    await page.keyboard.press("+");
    await button.click();
    expect(await button.isVisible()).toBe(false);
    await page.close();
  });
});

describe("the charts of one group", () => {
  test("have the same scale under all policies, in jobs, and an axis in instances", async () => {
    const page = await open(compare("web"));
    await showSeparately(page);
    const charts = page.locator("#scalers .chart");
    await charts.last().scrollIntoViewIfNeeded();
    await charts.last().and(page.locator("[data-drawn]")).waitFor();
    const tops = await charts.evaluateAll((all) =>
      all.map((one) => one.getAttribute("data-scale-top")),
    );
    // 160 jobs under native, and room for the marks.
    expect(tops[0]).toBe(tops[1]);
    expect(Number(tops[0])).toBeGreaterThanOrEqual(160);
    await page.close();
  });
});

describe("waits", () => {
  test("are shares that anybody reads; the logarithmic scale is a switch", async () => {
    const page = await open(compare("web"));
    const [ours, native] = await page
      .locator(".stack")
      .evaluateAll((all) => all.map((one) => one.getAttribute("aria-label")));
    expect(ours?.replaceAll("\u00a0", " ")).toBe(
      "at once: 25 %, up to 30s: 25 %, up to 1m: 25 %, up to 2m: 25 %, up to 5m: 0 %, up to 10m: 0 %",
    );
    expect(native).toMatch(/^at once: 50/);
    expect(await read(page, "#waits figcaption")).toBe("Jobs that have begun");
    await page.getByRole("checkbox", { name: /^logarithmic/ }).check();
    expect(await read(page, "#waits figcaption")).toBe("Jobs that still wait");
    await page.close();
  });
});

describe("on a telephone", () => {
  test.each([
    ["a comparison", compare("web", "ios")],
    ["a single run", run("web")],
    ["a report with long names", compareLongNames()],
  ])("%s does not scroll sideways", async (_, policies) => {
    const page = await open(policies, TELEPHONE);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(390);
    await page.close();
  });

  test("the table keeps its first column while the others scroll", async () => {
    const others = ["reference", "ideal"].map((name) => createResult(name, NATIVE));
    const page = await open([...compare("web"), ...others], TELEPHONE);
    const cell = page.locator(".measures tbody th").first();
    const before = await cell.boundingBox();
    await page.evaluate("document.querySelector('.scroll-x').scrollBy(60, 0)");
    const value = page.locator(".measures tbody td").first();
    expect((await cell.boundingBox())?.x).toBe(before?.x);
    expect((await value.boundingBox())?.x).toBeLessThan((before?.x ?? 0) + (before?.width ?? 0));
    await page.close();
  });

  test("the toolbar folds: the policies appear when it is opened", async () => {
    const page = await open(compare("web"), TELEPHONE);
    const settings = page.getByRole("checkbox", { name: "native" });
    expect(await settings.isVisible()).toBe(false);
    await page.getByText("Policies and layout").click();
    expect(await settings.isVisible()).toBe(true);
    await page.close();
  });

  test("a wide page has no such fold", async () => {
    const page = await open(compare("web"));
    expect(await page.getByRole("checkbox", { name: "native" }).isVisible()).toBe(true);
    expect(await page.getByText("Policies and layout").isVisible()).toBe(false);
    await page.close();
  });
});
