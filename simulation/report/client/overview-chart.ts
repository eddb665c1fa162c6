import type { Overview, ReportModel } from "../report-model.ts";
import type { ChartState } from "./chart-state.ts";
import { COLUMN_LINES, policyStyle } from "./line-styles.ts";
import type { MarkedEvents } from "./mark-row.ts";
import type { Timeline } from "./plot-columns.ts";
import {
  createCharts,
  createPolicyChart,
  hasInstanceAxis,
  type ScalerChart,
} from "./scaler-charts.ts";
import { TimeChart } from "./time-chart.ts";
import type { PlotContent, PlotLine } from "./time-plot.ts";

const HEIGHT_PIXELS = 300;

/** Creates the first chart of the page: all groups together, or the only one. */
export function createOverviewChart(model: ReportModel, state: ChartState): ScalerChart[] {
  const { overview, policies, scalers } = model;
  if (overview !== undefined) return [{ chart: createSumChart(model, overview, state) }];
  if (scalers.length === 0) return [];
  if (policies.length === 1) return [createPolicyChart(model, 0, 0, state, HEIGHT_PIXELS)];
  return createCharts(model, 0, state, {
    isOverlay: true,
    column: "agents",
    heightPixels: HEIGHT_PIXELS,
  });
}

function createSumChart(model: ReportModel, overview: Overview, state: ChartState): TimeChart {
  const isComparison = model.policies.length > 1;
  return new TimeChart(
    {
      title: "All groups",
      points: overview.policies[0]?.demand.length ?? 0,
      heightPixels: HEIGHT_PIXELS,
      createContent: (readout): PlotContent => ({
        readout,
        lines: isComparison ? createPolicyLines(model, overview, state) : createRunLines(overview),
        markedEvents: markInterruptions(model, overview, state),
        axisTitle: "jobs, agents",
        agentsPerInstance: 1,
        leavesRoom: hasInstanceAxis(model),
      }),
    },
    state,
  );
}

function createRunLines(overview: Overview): PlotLine[] {
  return [
    { ...COLUMN_LINES.demand, ...readTimeline(overview, 0, "demand") },
    { ...COLUMN_LINES.agents, ...readTimeline(overview, 0, "agents") },
  ];
}

/** The jobs are those of the first policy: they differ only by how long they wait. */
function createPolicyLines(
  { policies }: ReportModel,
  overview: Overview,
  state: ChartState,
): PlotLine[] {
  const demand = { ...COLUMN_LINES.demand, isBanded: false };
  return [
    { ...demand, ...readTimeline(overview, state.policies[0] ?? 0, "demand") },
    ...state.policies.map((policy) => ({
      label: policies[policy]?.name ?? "",
      ...policyStyle(policy),
      ...readTimeline(overview, policy, "agents"),
    })),
  ];
}

function readTimeline(
  { fromMs, stepMs, policies }: Overview,
  policy: number,
  column: "demand" | "agents",
): Timeline {
  const values = policies[policy]?.[column] ?? [];
  return { timesMs: values.map((_, part) => fromMs + part * stepMs), values, factor: 1 };
}

function markInterruptions(
  { policies }: ReportModel,
  overview: Overview,
  state: ChartState,
): MarkedEvents[] {
  const isComparison = policies.length > 1;
  return state.policies.flatMap((policy) => {
    const events = overview.policies[policy]?.interruptions ?? [];
    const colour = isComparison ? policyStyle(policy).colour : "--interrupted";
    return events.length === 0 ? [] : [{ policy: policies[policy]?.name ?? "", events, colour }];
  });
}
