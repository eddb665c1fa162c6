import type { ReportModel } from "../report-model.ts";
import type { DecodedTrace } from "../trace-codec.ts";
import type { ChartState } from "./chart-state.ts";
import { readTrace } from "./data.ts";
import { DecisionsList } from "./decisions-list.ts";
import { createElement } from "./dom.ts";
import { COLUMN_LINES, policyStyle } from "./lines.ts";
import { TimeChart } from "./time-chart.ts";
import type { PlotContent } from "./time-plot.ts";

/** A chart, and the list of decisions under it where it is one policy's. */
export interface PlacedChart {
  chart: TimeChart;
  list?: DecisionsList;
}

const EACH_HEIGHT = 190;
const OVER_HEIGHT = 260;

/** The charts of one scaler, as the view asks for them. */
export function createCharts(model: ReportModel, scaler: number, view: ChartState): PlacedChart[] {
  const points = model.scalers[scaler]?.points ?? [];
  const shown = view.shown.filter((policy) => typeof points[policy] === "number");
  if (shown.length === 0) return [];
  return view.isOver
    ? [{ chart: overlaid(model, scaler, shown, view) }]
    : shown.map((policy) => alone(model, scaler, policy, view));
}

function alone(model: ReportModel, scaler: number, policy: number, view: ChartState): PlacedChart {
  const { name, points } = scalerOf(model, scaler);
  const title = `${name}, ${policyName(model, policy)}`;
  const trace = remembered(() => readTrace(scaler, policy));
  const content = (readout: HTMLElement): PlotContent => ({
    readout,
    lines: COLUMN_LINES.map((style) => ({ ...style, trace: trace() })),
    marked: [{ policy: policyName(model, policy), trace: trace(), colour: "--desired" }],
  });
  const chart = new TimeChart(
    { title, points: points[policy] ?? 0, height: EACH_HEIGHT, content },
    view,
  );
  return { chart, list: new DecisionsList(title, view, () => trace().decisions) };
}

function overlaid(
  model: ReportModel,
  scaler: number,
  shown: readonly number[],
  view: ChartState,
): TimeChart {
  const { name, points } = scalerOf(model, scaler);
  const { column } = view;
  const label = COLUMN_LINES.find((line) => line.column === column)?.label ?? column;
  const content = (readout: HTMLElement): PlotContent => {
    const lines = shown.map((policy) => ({
      column,
      label: policyName(model, policy),
      policy: policyName(model, policy),
      trace: readTrace(scaler, policy),
      ...policyStyle(policy),
    }));
    return { readout, lines, marked: lines };
  };
  const sum = shown.reduce((total, policy) => total + (points[policy] ?? 0), 0);
  return new TimeChart(
    { title: `${name}, ${label}`, points: sum, height: OVER_HEIGHT, content },
    view,
  );
}

function scalerOf(model: ReportModel, scaler: number): ReportModel["scalers"][number] {
  return model.scalers[scaler] ?? { name: "", points: [] };
}

function policyName(model: ReportModel, policy: number): string {
  return model.policies[policy]?.name ?? "";
}

/** Kept as long as somebody else keeps it: a chart in view, or nobody. */
function remembered(read: () => DecodedTrace): () => DecodedTrace {
  let kept: WeakRef<DecodedTrace> | undefined;
  return () => {
    const trace = kept?.deref() ?? read();
    kept = new WeakRef(trace);
    return trace;
  };
}

/** The heading and the charts of one scaler. */
export function createScalerSection(name: string, placed: readonly PlacedChart[]): HTMLElement {
  const parts = placed.flatMap(({ chart, list }) =>
    list === undefined ? [chart.element] : [chart.element, list.element],
  );
  return createElement(
    "section",
    { class: "scaler", "data-scaler": name },
    createElement("h3", {}, name),
    ...parts,
  );
}
