import { type Column, POLICY_STYLES } from "../report-model.ts";

/** Name and style of a line. Lines differ in dashes as well as in colour. */
export interface LineStyle {
  label: string;
  /** Name of the CSS variable of the colour. */
  colour: string;
  /** Lengths of dashes and gaps in pixels; empty for a solid line. */
  dash: number[];
  /** Fills the area below the line. */
  isArea?: boolean;
  /** Is thicker than the others. */
  isStrong?: boolean;
  /** If the line shows averages, a band shows their range. */
  isBanded?: boolean;
  /** Is only drawn if every change is: its averages are those of another line, a little later. */
  isDetail?: boolean;
}

/** The four lines of a chart of one policy. */
export const COLUMN_LINES: Readonly<Record<Column, LineStyle>> = {
  demand: { label: "jobs", colour: "--demand", dash: [], isArea: true, isBanded: true },
  agents: { label: "agents", colour: "--agents", dash: [], isStrong: true },
  inService: { label: "in service", colour: "--in-service", dash: [8, 4], isDetail: true },
  desired: { label: "desired", colour: "--desired", dash: [2, 3], isDetail: true },
};

/** Must match the dashes of the policy swatches in report.css. */
const POLICY_DASHES = [[], [8, 4], [2, 3], [8, 3, 2, 3], [14, 4], [4, 2], [1, 2]];

/** Returns the colour and dashes of a policy. The first one is the one that the report is about. */
export function policyStyle(policy: number): Omit<LineStyle, "label"> {
  const index = policy % POLICY_STYLES;
  const colour = `--policy-${index}`;
  return { colour, dash: POLICY_DASHES[index] ?? [], isStrong: policy === 0 };
}
