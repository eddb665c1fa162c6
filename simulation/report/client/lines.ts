import { type Column, POLICY_STYLES } from "../report-model.ts";

/** How one of a scaler's four lines is called and drawn: told apart by dashes as well as by colour. */
export interface LineStyle {
  column: Column;
  label: string;
  /** Name of the colour's CSS variable. */
  colour: string;
  dash: number[];
  /** Filled down to zero, faintly. */
  isArea?: boolean;
}

export const COLUMN_LINES: readonly LineStyle[] = [
  { column: "demand", label: "demand", colour: "--demand", dash: [], isArea: true },
  { column: "agents", label: "agents", colour: "--agents", dash: [] },
  { column: "inService", label: "in service", colour: "--in-service", dash: [8, 4] },
  { column: "desired", label: "desired", colour: "--desired", dash: [2, 3] },
];

/** As in report.css, where a policy's swatch has the same dashes. */
const POLICY_DASHES = [[], [8, 4], [2, 3], [8, 3, 2, 3], [14, 4], [4, 2], [1, 2]];

/** The colour and dashes of a policy. */
export function policyStyle(policy: number): { colour: string; dash: number[] } {
  const index = policy % POLICY_STYLES;
  return { colour: `--policy-${index}`, dash: POLICY_DASHES[index] ?? [] };
}
