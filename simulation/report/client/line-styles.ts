import { type Column, POLICY_STYLES } from "../report-model.ts";

/** Name and style of a line. Lines differ in dashes as well as in colour. */
export interface LineStyle {
  column: Column;
  label: string;
  /** Name of the CSS variable of the colour. */
  colour: string;
  /** Lengths of dashes and gaps in pixels; empty for a solid line. */
  dash: number[];
  /** Fills the area below the line. */
  isArea?: boolean;
}

/** The four lines of a chart of one policy. */
export const COLUMN_LINES: readonly LineStyle[] = [
  { column: "demand", label: "demand", colour: "--demand", dash: [], isArea: true },
  { column: "agents", label: "agents", colour: "--agents", dash: [] },
  { column: "inService", label: "in service", colour: "--in-service", dash: [8, 4] },
  { column: "desired", label: "desired", colour: "--desired", dash: [2, 3] },
];

/** Must match the dashes of the policy swatches in report.css. */
const POLICY_DASHES = [[], [8, 4], [2, 3], [8, 3, 2, 3], [14, 4], [4, 2], [1, 2]];

/** Returns the colour and dashes of a policy. */
export function policyStyle(policy: number): Pick<LineStyle, "colour" | "dash"> {
  const index = policy % POLICY_STYLES;
  return { colour: `--policy-${index}`, dash: POLICY_DASHES[index] ?? [] };
}
