import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { type ReportInput, writeReport } from "../../simulation/report/report.ts";

/** A report in a browser, and what it should not do: ask for anything, or complain. */
export interface Opened {
  page: Page;
  /** Addresses of whatever was asked for. */
  requests: string[];
  /** What stood on the console, and errors that nobody caught. */
  complaints: string[];
}

/** Writes a report into a folder of its own; gives its address. */
export async function reportUrl(input: ReportInput): Promise<string> {
  const path = join(mkdtempSync(join(tmpdir(), "scaling-loop-report-")), "report.html");
  await writeReport(path, input);
  return pathToFileURL(path).href;
}

/** Opens a report, and waits until the charts in view are drawn. */
export async function opened(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Opened> {
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 }, ...options });
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(url);
  await page.locator("html[data-ready]").waitFor();
  return { page, requests, complaints };
}

/** The place of the chart of a scaler under a policy; the first of that scaler if none is named. */
export function chartOf(page: Page, scaler: string, policy?: string): Locator {
  const label = policy === undefined ? `${scaler}, ` : `${scaler}, ${policy}.`;
  return page.locator(`#scalers .chart[aria-label^="${label}"]`).first();
}

/** The span of time that the charts show. */
export async function shownRange(page: Page): Promise<{ fromMs: number; toMs: number }> {
  const output = page.locator("#range");
  return {
    fromMs: Number(await output.getAttribute("data-from-ms")),
    toMs: Number(await output.getAttribute("data-to-ms")),
  };
}

/** Where lines are drawn: the chart without its axes. */
export async function plotBox(
  chart: Locator,
): Promise<{ x: number; y: number; width: number; height: number }> {
  const box = await chart.locator(".u-over").boundingBox();
  if (box === null) throw new Error("the chart is not drawn");
  return box;
}
