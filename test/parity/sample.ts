import type { Replayed } from "./replay.ts";

/** How many rows of each class the sample takes. */
export const ROWS_OF_EACH = 16;

type Action = Replayed["decided"]["action"];

/** Whether a row is about something, by what stands in it and by the reasons that ours gives. */
type Class = (replayed: Replayed) => boolean;

const ADDED: readonly RegExp[] = [/connected, under/, /\(instanceBuffer\)/];

/** The rules one by one, some of them together, and what the reference does wrong. */
export const CLASSES: Readonly<Record<string, Class>> = {
  "the reference is wrong": ({ row }) => row.reference !== undefined,
  "no jobs, nothing to do": says(/^no jobs/),
  "jobs, nothing to do": says(/^\d+ jobs?: /),
  "running jobs count, scale-out": says(/ scheduled \+ \d+ running = /, "scale-out"),
  "running jobs count, scale-in": says(/ scheduled \+ \d+ running = /, "scale-in"),
  "waiting jobs count, scale-out": says(/ scheduled \+ \d+ waiting = /, "scale-out"),
  "waiting jobs count, scale-in": says(/ scheduled \+ \d+ waiting = /, "scale-in"),
  "the cap binds": says(/\(maxInstanceCap\)/),
  "agents are missing": says(/connected, under/),
  "the buffer is added, scale-out": says(/\(instanceBuffer\)/, "scale-out"),
  "the buffer is added, scale-in": says(/\(instanceBuffer\)/, "scale-in"),
  "the cap binds before more is added": (each) =>
    says(/\(maxInstanceCap\)/)(each) && ADDED.some((reason) => says(reason)(each)),
  "the maximum binds": says(/^at most \d+ \(max\)$/),
  "the minimum binds": says(/^at least \d+ \(min\)$/),
  "desired lies beyond the limits": ({ row }) => {
    const { desired, min, max } = row.in.observation.groups.agents;
    return desired < min || desired > max;
  },
  "the group launches": ({ row }) => stillToCome(row) > 0,
  "the group terminates": ({ row }) => stillToCome(row) < 0,
  "scale-in is off": says(/^scale-in is disabled$/),
  "scale-in is off, which Elastic CI mode ignores": ({ row, decided }) => {
    const { elasticCiMode, scaleIn } = row.in.scalers[0];
    return elasticCiMode && scaleIn.disabled && decided.action === "scale-in";
  },
  "Elastic CI mode": ({ row }) => row.in.scalers[0].elasticCiMode,
  "scale-out is off": says(/^scale-out is disabled$/),
  "the scale-in cooldown holds": says(/^scale-in cooldown/),
  "the scale-out cooldown holds": says(/^scale-out cooldown/),
  "a cooldown from either direction holds": (each) =>
    each.row.in.scalers[0].cooldownFromAnyScaling && says(/cooldown/)(each),
  "the scale-in cooldown is over": movesDespite("scale-in"),
  "the scale-out cooldown is over": movesDespite("scale-out"),
  "nothing is remembered": ({ row, decided }) =>
    row.in.memory.agents === undefined && decided.action !== "none",
  "a scale-in factor under 1": hasFactor("scale-in", (factor) => factor < 1),
  "a scale-in factor of 1": hasFactor("scale-in", (factor) => factor === 1),
  "a scale-in factor over 1": hasFactor("scale-in", (factor) => factor > 1),
  "a scale-out factor under 1": hasFactor("scale-out", (factor) => factor < 1),
  "a scale-out factor of 1": hasFactor("scale-out", (factor) => factor === 1),
  "a scale-out factor over 1": hasFactor("scale-out", (factor) => factor > 1),
};

/** The first rows of each class, in their old order and none of them twice. */
export function sampleOf(all: readonly Replayed[]): Replayed[] {
  const taken = new Set(
    Object.values(CLASSES).flatMap((isOne) => all.filter(isOne).slice(0, ROWS_OF_EACH)),
  );
  return all.filter((each) => taken.has(each));
}

function says(reason: RegExp, action?: Action): Class {
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

/** A cooldown is set, and the last scaling of the same direction is known. */
function movesDespite(action: Action): Class {
  return ({ row, decided }) => {
    const { scaleIn, scaleOut } = row.in.scalers[0];
    const { lastScaleInAt, lastScaleOutAt } = row.in.memory.agents ?? {};
    const [{ cooldown }, last] =
      action === "scale-in" ? [scaleIn, lastScaleInAt] : [scaleOut, lastScaleOutAt];
    const isSet = cooldown !== 0 && cooldown !== "0s";
    return decided.action === action && isSet && last !== undefined;
  };
}

function stillToCome({ in: { observation } }: Replayed["row"]): number {
  return observation.groups.agents.desired - observation.groups.agents.inService;
}
