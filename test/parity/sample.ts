import type { ReplayedRow } from "./replay.ts";

/** Number of rows of each class in the sample. */
export const ROWS_OF_EACH = 16;

type Action = ReplayedRow["decided"]["action"];

/** Whether a row belongs to a class, by its input and by the reasons of the decision. */
type Class = (replayed: ReplayedRow) => boolean;

const ADDED: readonly RegExp[] = [/connected, under/, /\(instanceBuffer\)/];

/** Classes for single rules, for combinations of rules, and for defects of the reference. */
export const CLASSES: Readonly<Record<string, Class>> = {
  "the reference has a defect": ({ row }) => row.reference !== undefined,
  "no jobs, nothing to do": hasReason(/^no jobs/),
  "jobs, nothing to do": hasReason(/^\d+ jobs?: /),
  "running jobs count, scale-out": hasReason(/ scheduled \+ \d+ running = /, "scale-out"),
  "running jobs count, scale-in": hasReason(/ scheduled \+ \d+ running = /, "scale-in"),
  "waiting jobs count, scale-out": hasReason(/ scheduled \+ \d+ waiting = /, "scale-out"),
  "waiting jobs count, scale-in": hasReason(/ scheduled \+ \d+ waiting = /, "scale-in"),
  "the cap limits": hasReason(/\(maxInstanceCap\)/),
  "agents are missing": hasReason(/connected, under/),
  "the buffer is added, scale-out": hasReason(/\(instanceBuffer\)/, "scale-out"),
  "the buffer is added, scale-in": hasReason(/\(instanceBuffer\)/, "scale-in"),
  "the cap limits before more is added": (each) =>
    hasReason(/\(maxInstanceCap\)/)(each) && ADDED.some((reason) => hasReason(reason)(each)),
  "the maximum limits": hasReason(/^at most \d+ \(max\)$/),
  "the minimum limits": hasReason(/^at least \d+ \(min\)$/),
  "desired is outside of the limits": ({ row }) => {
    const { desired, min, max } = row.in.observation.groups.agents;
    return desired < min || desired > max;
  },
  "the group launches": ({ row }) => countConverging(row) > 0,
  "the group terminates": ({ row }) => countConverging(row) < 0,
  "scale-in is disabled": hasReason(/^scale-in is disabled$/),
  "scale-in is disabled, which Elastic CI mode ignores": ({ row, decided }) => {
    const { elasticCiMode, scaleIn } = row.in.scalers[0];
    return elasticCiMode && scaleIn.disabled && decided.action === "scale-in";
  },
  "Elastic CI mode": ({ row }) => row.in.scalers[0].elasticCiMode,
  "scale-out is disabled": hasReason(/^scale-out is disabled$/),
  "the scale-in cooldown holds": hasReason(/^scale-in cooldown/),
  "the scale-out cooldown holds": hasReason(/^scale-out cooldown/),
  "a cooldown from either direction holds": (each) =>
    each.row.in.scalers[0].cooldownFromAnyScaling && hasReason(/cooldown/)(each),
  "the scale-in cooldown is over": changesAfterCooldown("scale-in"),
  "the scale-out cooldown is over": changesAfterCooldown("scale-out"),
  "no scaling is known": ({ row, decided }) =>
    row.in.memory.agents === undefined && decided.action !== "none",
  "a scale-in factor under 1": hasFactor("scale-in", (factor) => factor < 1),
  "a scale-in factor of 1": hasFactor("scale-in", (factor) => factor === 1),
  "a scale-in factor over 1": hasFactor("scale-in", (factor) => factor > 1),
  "a scale-out factor under 1": hasFactor("scale-out", (factor) => factor < 1),
  "a scale-out factor of 1": hasFactor("scale-out", (factor) => factor === 1),
  "a scale-out factor over 1": hasFactor("scale-out", (factor) => factor > 1),
};

/** Returns the first rows of each class, in their order and without duplicates. */
export function selectSample(all: readonly ReplayedRow[]): ReplayedRow[] {
  const taken = new Set(
    Object.values(CLASSES).flatMap((isOne) => all.filter(isOne).slice(0, ROWS_OF_EACH)),
  );
  return all.filter((each) => taken.has(each));
}

function hasReason(reason: RegExp, action?: Action): Class {
  return ({ reasons, decided }) =>
    (action === undefined || decided.action === action) &&
    reasons.some((each) => reason.test(each));
}

function hasFactor(action: Action, matches: (factor: number) => boolean): Class {
  return ({ row, decided }) => {
    const { scaleIn, scaleOut } = row.in.scalers[0];
    const { factor } = action === "scale-in" ? scaleIn : scaleOut;
    return decided.action === action && factor !== undefined && matches(factor);
  };
}

/** The class of changes with a cooldown that has ended. */
function changesAfterCooldown(action: Action): Class {
  return ({ row, decided }) => {
    const { scaleIn, scaleOut } = row.in.scalers[0];
    const { lastScaleInAt, lastScaleOutAt } = row.in.memory.agents ?? {};
    const [{ cooldown }, last] =
      action === "scale-in" ? [scaleIn, lastScaleInAt] : [scaleOut, lastScaleOutAt];
    const isSet = cooldown !== 0 && cooldown !== "0s";
    return decided.action === action && isSet && last !== undefined;
  };
}

function countConverging({ in: { observation } }: ReplayedRow["row"]): number {
  return observation.groups.agents.desired - observation.groups.agents.inService;
}
