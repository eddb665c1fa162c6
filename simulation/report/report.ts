import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { deflateSync } from "node:zlib";
import { writePrivateFile } from "../write-private-file.ts";
import { bundleAssets } from "./assets.ts";
import { buildModel, type IndexedTrace, listTraces } from "./build-model.ts";
import { embedJson, html, type Markup } from "./html.ts";
import { renderPage } from "./page.ts";
import type { ReportInput } from "./report-input.ts";
import { MODEL_ID, traceId } from "./report-model.ts";
import { encodeTrace } from "./trace-codec.ts";

/** Writes {@link renderReport} to a file for its owner only and creates its folder if necessary. */
export async function writeReport(path: string, input: ReportInput): Promise<void> {
  const page = await renderReport(input);
  await mkdir(dirname(path), { recursive: true });
  await writePrivateFile(path, page);
}

/** Renders one HTML page that contains everything it needs: it works offline and sends no request. */
export async function renderReport(input: ReportInput): Promise<string> {
  const model = embedJson(buildModel(input.policies));
  const modelElement = html`<script type="application/json" id="${MODEL_ID}">${model}</script>`;
  const traceElements = listTraces(input.policies).map(renderTraceElement);
  const assets = await bundleAssets();
  return renderPage(input, [modelElement, ...traceElements], assets).text;
}

/** Embeds a trace, compressed to about 3 bytes per row. The page decompresses it when its chart opens. */
function renderTraceElement({ scaler, policy, trace }: IndexedTrace): Markup {
  const base64 = deflateSync(encodeTrace(trace)).toString("base64");
  return html`<script type="text/plain" id="${traceId(scaler, policy)}">${base64}</script>`;
}
