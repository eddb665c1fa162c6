import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { startCommand } from "../support/command.ts";
import { launchBrowser } from "./chromium.ts";
import { locateChart, measurePlot, openReport } from "./open-report.ts";

/** Renders the pictures of README.md and docs/simulating.md, with the command that README.md names. */

const IMAGES = join(import.meta.dirname, "../../docs/images");
const MAX_BYTES = 220_000;
const COMMAND = ["simulate", "--scale-in-ends", "idle", "--report"];
const FIRST_SCREEN = { width: 1280, height: 822 };
const DETAIL = { width: 1000, height: 545 };
const SCALER = "buildkite-default";
/** From the week to an hour of a morning. */
const ZOOM_KEYS = ["+", "+", "+", "+", "+", "ArrowRight", "+", "+"];

const folder = mkdtempSync(join(tmpdir(), "scaling-loop-picture-"));
const browser = await launchBrowser();
try {
  const path = join(folder, "report.html");
  await startCommand([...COMMAND, path], process.env).ended;
  const url = pathToFileURL(path).href;
  await drawFirstScreen(browser, url, "light", "report.png");
  await drawFirstScreen(browser, url, "dark", "report-dark.png");
  await drawDecision(browser, url, "decision.png");
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}

async function drawFirstScreen(
  browser: Browser,
  url: string,
  colorScheme: "light" | "dark",
  name: string,
): Promise<void> {
  const { page } = await openReport(browser, url, { viewport: FIRST_SCREEN, colorScheme });
  await page.locator("#overview [data-drawn]").waitFor();
  await savePicture(page, name);
}

async function drawDecision(browser: Browser, url: string, name: string): Promise<void> {
  const { page } = await openReport(browser, url, { viewport: DETAIL, colorScheme: "light" });
  const chart = locateChart(page, SCALER, "ours");
  await chart.focus();
  for (const key of ZOOM_KEYS) await page.keyboard.press(key);
  await page.evaluate("document.querySelector('#scalers-head').scrollIntoView()");
  const { x, y, width } = await measurePlot(chart);
  const tooltip = page.locator("#tooltip:visible");
  for (let left = width * 0.45; left < width; left += 3) {
    await page.mouse.move(x + left, y + 6);
    if ((await tooltip.locator("strong").count()) === 1) return savePicture(page, name);
  }
  throw new Error("the chart shows no mark of a single decision");
}

async function savePicture(page: Page, name: string): Promise<void> {
  const path = join(IMAGES, name);
  await page.screenshot({ path });
  await page.close();
  const { size } = statSync(path);
  if (size > MAX_BYTES)
    throw new RangeError(`${path} has ${size} bytes; the limit is ${MAX_BYTES}`);
  console.log(`${path}: ${size} bytes`);
}
