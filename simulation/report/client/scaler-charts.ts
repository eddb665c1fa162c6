import { plural } from "../../../functions/core/plural.ts";
import { COLUMNS, type Column, columnFactor, PEAKS, type ReportModel } from "../report-model.ts";
import type { DecodedTrace } from "../trace-codec.ts";
import type { ChartState } from "./chart-state.ts";
import { createElement } from "./dom.ts";
import { readTrace } from "./embedded-data.ts";
import { EventsList } from "./events-list.ts";
import { COLUMN_LINES, policyStyle } from "./line-styles.ts";
import type { MarkedEvents } from "./mark-row.ts";
import { mergeEvents } from "./marks.ts";
import type { Timeline } from "./plot-columns.ts";
import { TimeChart } from "./time-chart.ts";
import type { PlotContent, PlotLine } from "./time-plot.ts";
import type { TimeRange } from "./time-range.ts";

/** A chart and, if it shows one policy, the list of its events. */
export interface ScalerChart {
  chart: TimeChart;
  list?: EventsList;
}

/** How the charts of a scaler show its policies. */
export interface ChartForm {
  isOverlay: boolean;
  /** The line that overlaid charts show. */
  column: Column;
  heightPixels: number;
}

type ModelScaler = ReportModel["scalers"][number];

/** Creates the charts of one scaler: one per policy, or one with all policies overlaid. */
export function createCharts(
  model: ReportModel,
  scaler: number,
  state: ChartState,
  form: ChartForm,
): ScalerChart[] {
  const { points } = findScaler(model, scaler);
  const policies = state.policies.filter((policy) => typeof points[policy] === "number");
  if (policies.length === 0) return [];
  return form.isOverlay
    ? [{ chart: createOverlayChart(model, scaler, policies, state, form) }]
    : policies.map((policy) => createPolicyChart(model, scaler, policy, state, form.heightPixels));
}

/** Creates the chart of one scaler under one policy, with the list of its events. */
export function createPolicyChart(
  model: ReportModel,
  scaler: number,
  policy: number,
  state: ChartState,
  heightPixels: number,
): ScalerChart {
  const found = findScaler(model, scaler);
  const { agentsPerInstance, points } = found;
  const name = policyName(model, policy);
  const title = `${found.name}, ${name}`;
  const readCached = cacheWeakly(() => readTrace(scaler, policy));
  const createContent = (readout: HTMLElement): PlotContent => {
    const trace = readCached();
    return {
      readout,
      lines: COLUMNS.map((column) => ({
        ...COLUMN_LINES[column],
        ...readTimeline(trace, column, agentsPerInstance),
      })),
      markedEvents: [
        { policy: name, events: trace.decisions, colour: "--desired" },
        // All charts of the scaler have this row, or none: rows take room from the scale.
        ...(found.hasInterruptions
          ? [{ policy: name, events: trace.interruptions, colour: "--interrupted" }]
          : []),
      ],
      axisTitle: agentsPerInstance > 1 ? "jobs, agents" : "jobs, agents, instances",
      agentsPerInstance,
      leavesRoom: hasInstanceAxis(model),
      findPeak: (range) => findPeak(found, model, range),
    };
  };
  const chart = new TimeChart(
    { title, points: points[policy] ?? 0, heightPixels, createContent },
    state,
  );
  return { chart, list: new EventsList(title, state, () => mergeEvents(readCached())) };
}

/** Overlays one line of each policy on the jobs of the first one: these differ only by how long they wait. */
function createOverlayChart(
  model: ReportModel,
  scaler: number,
  policies: readonly number[],
  state: ChartState,
  { column, heightPixels }: ChartForm,
): TimeChart {
  const { name, points, agentsPerInstance } = findScaler(model, scaler);
  const totalPoints = policies.reduce((total, policy) => total + (points[policy] ?? 0), 0);
  const createContent = (readout: HTMLElement): PlotContent => {
    const traces = policies.map((policy) => ({
      name: policyName(model, policy),
      style: policyStyle(policy),
      trace: readTrace(scaler, policy),
    }));
    const lines = traces.map(({ name: label, style, trace }) => ({
      label,
      ...style,
      ...readTimeline(trace, column, agentsPerInstance),
    }));
    return {
      readout,
      lines: [...createDemandArea(column, traces[0]?.trace), ...lines],
      markedEvents: traces.flatMap(({ name: label, style, trace }) =>
        markInterruptions(label, trace, style.colour),
      ),
      axisTitle: agentsPerInstance > 1 ? "jobs, agents" : "jobs, agents, instances",
      agentsPerInstance,
      leavesRoom: hasInstanceAxis(model),
    };
  };
  return new TimeChart(
    {
      title: `${name}, ${COLUMN_LINES[column].label}`,
      points: totalPoints,
      heightPixels,
      createContent,
    },
    state,
  );
}

function createDemandArea(column: Column, trace: DecodedTrace | undefined): PlotLine[] {
  if (column === "demand" || trace === undefined) return [];
  return [{ ...COLUMN_LINES.demand, isBanded: false, ...readTimeline(trace, "demand", 1) }];
}

function readTimeline(trace: DecodedTrace, column: Column, agentsPerInstance: number): Timeline {
  const { timesMs, [column]: values } = trace;
  return { timesMs, values, factor: columnFactor(column, agentsPerInstance) };
}

function markInterruptions(
  policy: string,
  { interruptions }: DecodedTrace,
  colour: string,
): MarkedEvents[] {
  return interruptions.length === 0 ? [] : [{ policy, events: interruptions, colour }];
}

/** Returns the highest line of all policies in a time range: the charts of a scaler have one scale. */
function findPeak(
  { peaks }: ModelScaler,
  whole: Pick<ReportModel, "fromMs" | "toMs">,
  { fromMs, toMs }: TimeRange,
): number {
  const partMs = Math.max(1, whole.toMs - whole.fromMs) / PEAKS;
  const first = Math.floor((fromMs - whole.fromMs) / partMs);
  const last = Math.floor((toMs - whole.fromMs) / partMs);
  return Math.max(0, ...peaks.slice(first, last + 1));
}

/** Returns whether a chart of the page has an axis of instances. */
export function hasInstanceAxis({ scalers }: ReportModel): boolean {
  return scalers.some(({ agentsPerInstance }) => agentsPerInstance > 1);
}

function findScaler(model: ReportModel, scaler: number): ModelScaler {
  const found = model.scalers[scaler];
  if (found === undefined) throw new RangeError(`the model has no scaler ${scaler}`);
  return found;
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
export function createScalerSection(
  { name, agentsPerInstance }: ModelScaler,
  charts: readonly ScalerChart[],
): HTMLElement {
  const note = createElement("small", {}, `${plural(agentsPerInstance, "agent")} per instance`);
  return createElement(
    "section",
    { class: "scaler", "data-scaler": name },
    createElement("div", { class: "head" }, createElement("h3", {}, name), note),
    ...charts.flatMap(listElements),
  );
}

/** Returns the elements of a chart in the order of the page. */
export function listElements({ chart, list }: ScalerChart): HTMLElement[] {
  return list === undefined ? [chart.element] : [chart.element, list.element];
}
