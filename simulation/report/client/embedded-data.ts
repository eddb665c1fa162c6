import { unzlibSync } from "fflate";
import { MODEL_ID, type ReportModel, traceId } from "../report-model.ts";
import { type DecodedTrace, decodeTrace } from "../trace-codec.ts";
import { getElement } from "./dom.ts";

/** Reads the model that the page embeds. The page's generator wrote it, so it is not validated. */
export function readReportModel(): ReportModel {
  return JSON.parse(getElement(MODEL_ID, HTMLScriptElement).text);
}

/**
 * Decompresses the trace of a scaler under a policy. DecompressionStream cannot be used: it is asynchronous,
 * and printing needs every chart synchronously.
 */
export function readTrace(scaler: number, policy: number): DecodedTrace {
  const binary = atob(getElement(traceId(scaler, policy), HTMLScriptElement).text);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = binary.charCodeAt(index);
  return decodeTrace(new TextDecoder().decode(unzlibSync(bytes)));
}
