import type { Answer, Call, Service } from "./http/exchange.ts";

/** How a call fails. */
export type InjectedFault =
  /** The service sends this answer. */
  | { answer: Answer }
  /** AWS returns this error code, in the format of the called service. */
  | { awsError: string; message?: string; status?: number }
  /** No answer ever comes. */
  | "hang"
  /** The connection is closed. */
  | "reset"
  /** The service does what it is asked to, and then closes the connection: its answer is lost. */
  | "lost"
  /** This runs first, e.g. changes a group's limits or waits; then the service answers as usual. */
  | { before: () => void | Promise<void> };

/** A fault and the calls that it applies to. */
export interface FaultRule {
  service: Service;
  /** Default: any action. */
  action?: string;
  /** The group, queue, parameter, document or command. Default: any. */
  subject?: string;
  /** The number of calls. Default: all of them. */
  times?: number;
  fault: InjectedFault;
}

/** The faults of a sandbox. They may change while it runs. */
export interface Faults {
  add(rule: FaultRule): void;
  clear(): void;
  /** Returns the fault for a call, and counts the call. The rule that was added last comes first. */
  take(call: Call): InjectedFault | undefined;
}

/** Returns an empty list of faults. */
export function createFaults(): Faults {
  const rules: { rule: FaultRule; remaining: number }[] = [];
  return {
    add: (rule) => rules.unshift({ rule, remaining: rule.times ?? Number.POSITIVE_INFINITY }),
    clear: () => {
      rules.length = 0;
    },
    take: (call) => {
      const first = rules.find(({ rule, remaining }) => remaining > 0 && appliesTo(rule, call));
      if (first === undefined) return undefined;
      first.remaining -= 1;
      return first.rule.fault;
    },
  };
}

function appliesTo({ service, action, subject }: FaultRule, call: Call): boolean {
  return (
    service === call.service &&
    (action === undefined || action === call.action) &&
    (subject === undefined || subject === call.subject)
  );
}
