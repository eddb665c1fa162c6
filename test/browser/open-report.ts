import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { writeReport } from "../../simulation/report/report.ts";
import type { ReportInput } from "../../simulation/report/report-input.ts";

/** A report in a browser, and what the browser recorded. */
export interface OpenReport {
  page: Page;
  /** URLs of all requests. */
  requests: string[];
  /** Console messages and uncaught errors. */
  messages: string[];
}

/** Writes a report into a new temporary folder and returns its URL. */
export async function writeReportFile(input: ReportInput): Promise<string> {
  const path = join(mkdtempSync(join(tmpdir(), "scaling-loop-report-")), "report.html");
  await writeReport(path, input);
  return pathToFileURL(path).href;
}

/** Removes a report of {@link writeReportFile} and its folder. */
export function removeReportFile(url: string): void {
  rmSync(dirname(fileURLToPath(url)), { recursive: true });
}

/** Opens a report and waits until the visible charts are drawn. */
export async function openReport(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenReport> {
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 }, ...options });
  const requests: string[] = [];
  const messages: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("console", (message) => messages.push(message.text()));
  page.on("pageerror", (error) => messages.push(error.message));
  await page.goto(url);
  await page.locator("html[data-ready]").waitFor();
  return { page, requests, messages };
}

/** Shows one chart per policy. */
export async function showSeparately(page: Page): Promise<void> {
  await page.getByRole("radio", { name: "one per policy" }).check();
}

/** Locates the chart of a scaler under a policy; without a policy, the scaler's first chart. */
export function locateChart(page: Page, scaler: string, policy?: string): Locator {
  const label = policy === undefined ? `${scaler}, ` : `${scaler}, ${policy}.`;
  return page.locator(`#scalers .chart[aria-label^="${label}"]`).first();
}

/** Reads the time range that the charts show, in epoch milliseconds. */
export async function readRange(page: Page): Promise<{ fromMs: number; toMs: number }> {
  const output = page.locator("#range");
  return {
    fromMs: Number(await output.getAttribute("data-from-ms")),
    toMs: Number(await output.getAttribute("data-to-ms")),
  };
}

/** Measures the plotting area: the chart without its axes, in CSS pixels of the viewport. */
export async function measurePlot(
  chart: Locator,
): Promise<{ x: number; y: number; width: number; height: number }> {
  const box = await chart.locator(".u-over").boundingBox();
  if (box === null) throw new Error("the chart is not drawn");
  return box;
}
