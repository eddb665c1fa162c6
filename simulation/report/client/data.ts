import { unzlibSync } from "fflate";
import { MODEL_ID, type ReportModel, traceId } from "../report-model.ts";
import { type DecodedTrace, decodeTrace } from "../trace-codec.ts";
import { byId } from "./dom.ts";

/** What the page was told, as the writer of this very file put it there. */
export function readReportModel(): ReportModel {
  return JSON.parse(byId(MODEL_ID, HTMLScriptElement).text);
}

/**
 * Inflates a scaler's trace under a policy. Not by DecompressionStream, which answers later: before a page
 * is printed, every chart has to be drawn at once.
 */
export function readTrace(scaler: number, policy: number): DecodedTrace {
  const binary = atob(byId(traceId(scaler, policy), HTMLScriptElement).text);
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  return decodeTrace(new TextDecoder().decode(unzlibSync(bytes)));
}
