import type { LoopInput } from "../config/loops.ts";
import { NAMESPACE } from "../functions/core/metrics.ts";
import { escapeSub, type Resource, sub } from "./cloudformation.ts";
import type { EventLoop } from "./events.ts";
import { listGracefulScalers } from "./instance-documents.ts";

/** The columns of CloudWatch's grid. */
const WIDTH = 24;
const HEIGHT = 6;

/** A variable that CloudFormation replaces. */
const REGION = `\${AWS::Region}`;

/** A widget without its position. */
interface Widget {
  type: "metric" | "log" | "text";
  properties: Readonly<Record<string, unknown>>;
}

/** Widgets side by side. */
type Row = Widget[];

/**
 * Builds the dashboard: the loops, the instances of graceful groups, events, the queues, each loop's scalers,
 * then logs. A graph shows one metric of all scalers of a loop and finds them by a search: forty scalers
 * are forty lines, not forty graphs.
 */
export function buildDashboard(
  loops: readonly LoopInput[],
  eventLoops: readonly EventLoop[],
  prefix: string,
): Resource {
  const rows = [
    ...loopRows(loops, prefix),
    ...instanceRows(loops),
    ...eventRows(eventLoops.map(({ loop }) => loop)),
    ...queueRows(),
    ...loops.flatMap((loop) => scalerRows(loop)),
    ...logRows(prefix),
  ];
  return {
    Type: "AWS::CloudWatch::Dashboard",
    Properties: {
      DashboardName: prefix,
      DashboardBody: sub(JSON.stringify({ widgets: positionWidgets(rows) })),
    },
  };
}

function positionWidgets(rows: readonly Row[]) {
  return rows.flatMap((row, index) =>
    row.map((widget, column) => ({
      ...widget,
      x: (column * WIDTH) / row.length,
      y: index * HEIGHT,
      width: WIDTH / row.length,
      height: HEIGHT,
    })),
  );
}

function loopRows(loops: readonly LoopInput[], prefix: string): Row[] {
  const byLoop = (metric: string) => listByLoop(loops, metric);
  const machine = ["StateMachineArn", `\${ScalingLoop}`];
  const executions = ["ExecutionsStarted", "ExecutionsFailed", "ExecutionsTimedOut"];
  const duration = (functionName: string, stat: string) => [
    "AWS/Lambda",
    "Duration",
    "FunctionName",
    `${prefix}-${functionName}`,
    { stat, label: `${functionName} ${stat}` },
  ];
  return [
    [
      createGraph("Polls held because of faults", byLoop("HeldPolls"), "Sum"),
      createGraph("Groups at their maximum with jobs waiting", byLoop("BeyondMaximum"), "Maximum"),
      createGraph("Commands that AWS refused", byLoop("RefusedScalings"), "Sum"),
      createGraph("Polls with the last agent token", byLoop("AgentTokenNotRead"), "Sum"),
    ],
    [
      createGraph(
        "Executions",
        executions.map((name) => ["AWS/States", name, ...machine]),
        "Sum",
        300,
      ),
      createGraph(
        "Duration of a poll (ms)",
        ["fetch-metrics", "compute-capacity", "apply-scaling"].flatMap((name) => [
          duration(name, "p50"),
          duration(name, "p99"),
        ]),
        "p50",
      ),
    ],
  ];
}

/** What graceful scale-in does; nothing if no loop has it. */
function instanceRows(loops: readonly LoopInput[]): Row[] {
  const graceful = loops.filter((loop) => listGracefulScalers(loop).length > 0);
  if (graceful.length === 0) return [];
  const createInstanceGraph = (title: string, metric: string) =>
    createGraph(title, listByLoop(graceful, metric), "Maximum");
  return [
    [
      createInstanceGraph("Instances that drain", "DrainingInstances"),
      createInstanceGraph("Drains that do not end", "OverdueDrains"),
      createInstanceGraph("Instances with a dead agent", "DanglingInstances"),
      createInstanceGraph("Instances that do not answer", "InstancesNotAnswering"),
    ],
  ];
}

/** What Buildkite's events do; nothing if no loop has them. */
function eventRows(loops: readonly LoopInput[]): Row[] {
  if (loops.length === 0) return [];
  return [
    [
      createGraph("Polls that an event caused", listByLoop(loops, "EventPolls"), "Sum"),
      createGraph(
        "Whether events arrive: 1, or 0 for new jobs without one",
        listByLoop(loops, "EventsHeard"),
        "Maximum",
      ),
    ],
  ];
}

function listByLoop(loops: readonly LoopInput[], metric: string): string[][] {
  return loops.map(({ name }) => [NAMESPACE, metric, "Loop", name]);
}

/** The dimensions are those of buildkite-agent-metrics, the official exporter. */
function queueRows(): Row[] {
  const byQueue = (metric: string) =>
    createSearch(
      `{${NAMESPACE},Org,Cluster,Queue} MetricName="${metric}"`,
      createDimensionLabel("Queue"),
    );
  return [
    [
      createGraph("Jobs scheduled, by queue", [byQueue("ScheduledJobsCount")], "Maximum"),
      createGraph("Jobs running, by queue", [byQueue("RunningJobsCount")], "Maximum"),
      createGraph("Jobs waiting, by queue", [byQueue("WaitingJobsCount")], "Maximum"),
      createGraph("Agents, by queue", [byQueue("TotalAgentCount")], "Maximum"),
    ],
  ];
}

function scalerRows({ name, publishMetrics }: LoopInput): Row[] {
  if (publishMetrics !== true) return [[createText(`**${name}**: \`publishMetrics\` is off.`)]];
  const byScaler = (metric: string) =>
    createSearch(
      `{${NAMESPACE},Loop,Scaler} Loop="${name}" MetricName="${metric}"`,
      createDimensionLabel("Scaler"),
    );
  return [
    [
      createGraph(`${name}: target capacity`, [byScaler("TargetCapacity")], "Maximum"),
      createGraph(`${name}: desired capacity`, [byScaler("DesiredCapacity")], "Maximum"),
      createGraph(`${name}: instances in service`, [byScaler("InServiceInstances")], "Maximum"),
      createGraph(`${name}: held by a fault`, [byScaler("HeldByFault")], "Maximum"),
    ],
  ];
}

/** Decisions and faults in words. Each view of the dashboard queries the logs, which costs money. */
function logRows(prefix: string): Row[] {
  const functionLog = (name: string) => `/aws/lambda/${prefix}-${name}`;
  return [
    [
      createLogTable(
        "Newest changes",
        `/aws/vendedlogs/states/${prefix}`,
        'fields @timestamp, details.input | filter type = "TaskStateEntered" and details.name = "Apply scaling" | sort @timestamp desc | limit 50',
      ),
      createLogTable(
        "Newest faults",
        functionLog("compute-capacity"),
        "fields @timestamp, Loop, held.0.scaler, held.0.fault, held.0.reasons.0 | filter HeldPolls = 1 | sort @timestamp desc | limit 50",
      ),
    ],
  ];
}

function createGraph(
  title: string,
  metrics: readonly unknown[],
  stat: string,
  period = 60,
): Widget {
  return {
    type: "metric",
    properties: {
      title,
      metrics,
      stat,
      period,
      view: "timeSeries",
      region: REGION,
      yAxis: { left: { min: 0 } },
    },
  };
}

/** A label that CloudWatch replaces by the value of the metric's dimension. */
function createDimensionLabel(dimension: string): string {
  return escapeSub(`\${PROP('Dim.${dimension}')}`);
}

/** A search for all metrics of a schema, one line each. */
function createSearch(schema: string, label: string): unknown[] {
  return [{ expression: `SEARCH('${schema}', 'Maximum', 60)`, label }];
}

function createLogTable(title: string, logGroup: string, query: string): Widget {
  return {
    type: "log",
    properties: {
      title,
      query: `SOURCE '${logGroup}' | ${query}`,
      region: REGION,
      view: "table",
    },
  };
}

function createText(markdown: string): Widget {
  return { type: "text", properties: { markdown } };
}
