import type { ReportModel } from "../report-model.ts";
import type { DecodedTrace } from "../trace-codec.ts";
import type { ChartState } from "./chart-state.ts";
import { DecisionsList } from "./decisions-list.ts";
import { createElement } from "./dom.ts";
import { readTrace } from "./embedded-data.ts";
import { COLUMN_LINES, policyStyle } from "./line-styles.ts";
import { TimeChart } from "./time-chart.ts";
import type { PlotContent } from "./time-plot.ts";

/** A chart and, if it shows one policy, the list of its decisions. */
export interface ScalerChart {
  chart: TimeChart;
  list?: DecisionsList;
}

const POLICY_CHART_HEIGHT_PIXELS = 190;
const OVERLAY_HEIGHT_PIXELS = 260;

/** Creates the charts of one scaler: one per policy, or one with all policies overlaid. */
export function createCharts(model: ReportModel, scaler: number, state: ChartState): ScalerChart[] {
  const { points } = findScaler(model, scaler);
  const policies = state.policies.filter((policy) => typeof points[policy] === "number");
  if (policies.length === 0) return [];
  return state.isOverlay
    ? [{ chart: createOverlayChart(model, scaler, policies, state) }]
    : policies.map((policy) => createPolicyChart(model, scaler, policy, state));
}

function createPolicyChart(
  model: ReportModel,
  scaler: number,
  policy: number,
  state: ChartState,
): ScalerChart {
  const { name, points } = findScaler(model, scaler);
  const title = `${name}, ${policyName(model, policy)}`;
  const readCached = cacheWeakly(() => readTrace(scaler, policy));
  const createContent = (readout: HTMLElement): PlotContent => {
    const trace = readCached();
    return {
      readout,
      lines: COLUMN_LINES.map((style) => ({ ...style, trace })),
      markedPolicies: [{ policy: policyName(model, policy), trace, colour: "--desired" }],
    };
  };
  const chart = new TimeChart(
    { title, points: points[policy] ?? 0, heightPixels: POLICY_CHART_HEIGHT_PIXELS, createContent },
    state,
  );
  return { chart, list: new DecisionsList(title, state, () => readCached().decisions) };
}

function createOverlayChart(
  model: ReportModel,
  scaler: number,
  policies: readonly number[],
  state: ChartState,
): TimeChart {
  const { name, points } = findScaler(model, scaler);
  const { column } = state;
  const label = COLUMN_LINES.find((line) => line.column === column)?.label ?? column;
  const createContent = (readout: HTMLElement): PlotContent => {
    const lines = policies.map((policy) => ({
      column,
      label: policyName(model, policy),
      policy: policyName(model, policy),
      trace: readTrace(scaler, policy),
      ...policyStyle(policy),
    }));
    return { readout, lines, markedPolicies: lines };
  };
  const totalPoints = policies.reduce((total, policy) => total + (points[policy] ?? 0), 0);
  return new TimeChart(
    {
      title: `${name}, ${label}`,
      points: totalPoints,
      heightPixels: OVERLAY_HEIGHT_PIXELS,
      createContent,
    },
    state,
  );
}

function findScaler(model: ReportModel, scaler: number): ReportModel["scalers"][number] {
  return model.scalers[scaler] ?? { name: "", points: [] };
}

function policyName(model: ReportModel, policy: number): string {
  return model.policies[policy]?.name ?? "";
}

/** Reads a trace again only after the last user, such as an open chart, has released it. */
function cacheWeakly(read: () => DecodedTrace): () => DecodedTrace {
  let cached: WeakRef<DecodedTrace> | undefined;
  return () => {
    const trace = cached?.deref() ?? read();
    cached = new WeakRef(trace);
    return trace;
  };
}

/** Creates the heading of one scaler with its charts below. */
export function createScalerSection(name: string, charts: readonly ScalerChart[]): HTMLElement {
  const elements = charts.flatMap(({ chart, list }) =>
    list === undefined ? [chart.element] : [chart.element, list.element],
  );
  return createElement(
    "section",
    { class: "scaler", "data-scaler": name },
    createElement("h3", {}, name),
    ...elements,
  );
}
