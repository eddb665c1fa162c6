import type { SimulationResult } from "../simulate.ts";

/** The content of a report. Policies that were simulated without a trace have no charts. */
export interface ReportInput {
  title: string;
  /** The first one is the one that the headline is about. */
  policies: readonly SimulationResult[];
  /** When jobs appear. */
  period: Period;
  /** Price of one instance for one hour, in US dollars. */
  pricePerHour: number;
  basis: ReportBasis;
}

/** A period in epoch milliseconds. */
export interface Period {
  fromMs: number;
  toMs: number;
}

/** What the figures rest on, so that a reader can judge them and make them again. */
export interface ReportBasis {
  /** The workload and the seed in a few words. */
  summary: string;
  /** The command that makes the report again. */
  command: string;
  facts: readonly { name: string; text: string }[];
  /** The settings of each policy that has its own, as YAML. */
  settings: readonly { name: string; yaml: string }[];
}
