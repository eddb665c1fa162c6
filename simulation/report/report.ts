import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { deflateSync } from "node:zlib";
import type { SimulationResult } from "../simulate.ts";
import { bundleAssets } from "./assets.ts";
import { buildModel, type PlacedTrace, placeTraces } from "./build-model.ts";
import { embedJson, html, type Markup } from "./markup.ts";
import { renderPage } from "./page.ts";
import { MODEL_ID, traceId } from "./report-model.ts";
import { encodeTrace } from "./trace-codec.ts";

/** What a report is made of. The policies' traces have to have been asked for, or there are no charts. */
export interface ReportInput {
  title: string;
  /** Price of an instance for an hour. */
  pricePerHour: number;
  policies: readonly SimulationResult[];
}

/** Writes {@link renderReport} to a file, and makes the folder that it lies in. */
export async function writeReport(path: string, input: ReportInput): Promise<void> {
  const page = await renderReport(input);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, page);
}

/** One HTML page that holds all it needs: it opens offline, and asks nobody for anything. */
export async function renderReport(input: ReportInput): Promise<string> {
  const model = buildModel(input.policies);
  const modelElement = html`<script type="application/json" id="${MODEL_ID}">${embedJson(model)}</script>`;
  const blobs = placeTraces(input.policies).map(blobElement);
  const assets = await bundleAssets();
  return renderPage(input, [modelElement, ...blobs], assets).text;
}

/** A trace, deflated, about 3 bytes a row. The page inflates it when it is drawn. */
function blobElement({ scaler, policy, trace }: PlacedTrace): Markup {
  const base64 = deflateSync(encodeTrace(trace)).toString("base64");
  return html`<script type="text/plain" id="${traceId(scaler, policy)}">${base64}</script>`;
}
