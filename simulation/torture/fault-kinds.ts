/** The kinds of fault, each with the most that it strikes: a share of its opportunities. */
export const FAULT_KINDS = {
  // Reading fails, takes long or answers with an older state.
  "buildkite fails": 0.6,
  "agent token fails": 0.4,
  "Buildkite asks for a longer interval": 0.3,
  "Buildkite answers late": 0.4,
  "Buildkite hangs": 0.3,
  "groups not readable": 0.6,
  "one group not readable": 0.4,
  "groups answered late": 0.4,
  "groups hang": 0.3,
  "groups as they were before": 0.3,
  "commands not readable": 0.6,
  "stops not on record yet": 0.4,
  "answers of instances missing": 0.6,
  // Commands are refused, take long, or their answer is lost.
  "command refused": 0.6,
  "command late": 0.4,
  "answer lost": 0.4,
  "command carried out after its time limit": 0.3,
  // Executions and Tasks.
  "execution late": 0.4,
  "execution twice": 0.4,
  "execution missing": 0.4,
  "execution cut": 0.03,
  "Fetch metrics fails": 0.3,
  "Apply scaling dies": 0.3,
  // On the engine only: the rules alone publish nothing.
  "metrics not published": 0.4,
  // Others who change the groups, once a minute and group at most.
  "desired changed": 0.1,
  "limits changed": 0.05,
  "tag deleted": 0.05,
  "tag makes no sense": 0.05,
  // The fleet, once a minute and group at most; launches each.
  "instance lost": 0.05,
  "agent dies": 0.02,
  "launch fails": 0.6,
} as const;

/** A kind of fault. */
export type FaultKind = keyof typeof FAULT_KINDS;

/** Every kind, in the order of {@link FAULT_KINDS}. */
export const ALL_FAULT_KINDS: readonly FaultKind[] = Object.keys(FAULT_KINDS).filter(isFaultKind);

/** Returns whether a text names a kind of fault. */
export function isFaultKind(name: string): name is FaultKind {
  return Object.hasOwn(FAULT_KINDS, name);
}
