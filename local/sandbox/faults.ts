import type { Answer, Call, Service } from "./http/exchange.ts";

/** What may go wrong with a call. */
export type InjectedFault =
  /** Answers so, whatever the service would have said. */
  | { answer: Answer }
  /** An error of AWS's, by its code; which document it comes in is the service's matter. */
  | { awsError: string; message?: string; status?: number }
  /** Never answers. */
  | "hang"
  /** Breaks the connection off. */
  | "reset"
  /** Does something first, e.g. changes a group's limits or waits, and then answers as usual. */
  | { before: () => void | Promise<void> };

/** A fault, and the calls that it befalls. */
export interface FaultRule {
  service: Service;
  /** Default: any. */
  action?: string;
  /** The group, queue or parameter it is about. Default: any. */
  subject?: string;
  /** How many calls. Default: all of them. */
  times?: number;
  fault: InjectedFault;
}

/** The faults of a sandbox. All of it may change while it runs. */
export interface Faults {
  add(rule: FaultRule): void;
  clear(): void;
  /** The fault that befalls this call, which is counted. The rule added last comes first. */
  of(call: Call): InjectedFault | undefined;
}

/** No faults yet. */
export function createFaults(): Faults {
  const rules: { rule: FaultRule; left: number }[] = [];
  return {
    add: (rule) => rules.unshift({ rule, left: rule.times ?? Number.POSITIVE_INFINITY }),
    clear: () => {
      rules.length = 0;
    },
    of: (call) => {
      const found = rules.find(({ rule, left }) => left > 0 && befalls(rule, call));
      if (found === undefined) return undefined;
      found.left -= 1;
      return found.rule.fault;
    },
  };
}

function befalls({ service, action, subject }: FaultRule, call: Call): boolean {
  return (
    service === call.service &&
    (action === undefined || action === call.action) &&
    (subject === undefined || subject === call.subject)
  );
}
