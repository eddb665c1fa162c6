import type { ExecutionInput } from "../../functions/core/execution-input.ts";
import type { GroupState } from "../../functions/core/graceful/select-facts.ts";
import type { PollResult } from "../../functions/core/poll.ts";
import { Fleet } from "../fleet/fleet.ts";
import type { GroupOptions } from "../fleet/options.ts";
import { createFleetTools, type FleetTools } from "../policies/fleet-tools.ts";
import type { FaultKind } from "./fault-kinds.ts";
import { createScenario, generateJobs, type LoopSource } from "./scenario.ts";
import type { TortureClock } from "./virtual-clock.ts";
import { Watch } from "./watch.ts";
import { Weather } from "./weather.ts";

/** What names a run: the same options lead to the same run. */
export interface TortureOptions {
  seed: number;
  days: number;
  /** The kinds of fault that may strike. */
  kinds: readonly FaultKind[];
}

/** Creates a clock that starts at a time and calls a function with each new time, in epoch milliseconds. */
export type CreateClock = (startMs: number, onMoved: (ms: number) => void) => TortureClock;

/** An older answer of Auto Scaling. */
interface Snapshot {
  atMs: number;
  states: Readonly<Record<string, GroupState>>;
}

/** Epoch milliseconds: a Monday. */
export const START_MS = Date.parse("2026-01-05T00:00:00Z");

/** Everything that one run consists of. */
export class TortureWorld {
  readonly options: TortureOptions;
  readonly input: ExecutionInput;
  /** The input as an execution gets it. */
  readonly source: LoopSource;
  readonly groups: readonly GroupOptions[];
  readonly weather: Weather;
  readonly fleet: Fleet;
  readonly clock: TortureClock;
  readonly watch: Watch;
  /** The clients of the fleet, which never fail. */
  readonly clients: FleetTools["clients"];
  /** What Auto Scaling answered before, oldest first. */
  readonly snapshots: Snapshot[] = [];
  polls = 0;

  constructor(
    options: TortureOptions,
    { createClock, onNote }: { createClock: CreateClock; onNote?: (line: string) => void },
  ) {
    const { seed, days, kinds } = options;
    const { source, input, groups } = createScenario(seed);
    this.options = options;
    this.source = source;
    this.input = input;
    this.groups = groups;
    this.weather = new Weather({ seed, days, kinds, startMs: START_MS });
    const jobs = generateJobs(seed, this.weather.cycles);
    this.fleet = new Fleet({ startMs: START_MS, seed, groups, jobs });
    this.clock = createClock(START_MS, (ms) => this.fleet.advanceTo(ms));
    this.watch = new Watch(input.scalers, () => this.clock.nowMs, onNote);
    this.clients = createFleetTools(this.fleet, { autoScaling: 0, ssm: 0 }).clients;
  }

  get nowMs(): number {
    return this.clock.nowMs;
  }

  strikes(kind: FaultKind): boolean {
    const hasStruck = this.weather.strikes(kind, this.nowMs);
    if (hasStruck) this.watch.note(`fault: ${kind}`);
    return hasStruck;
  }

  /** Keeps what an execution decided, for a violation that may follow. */
  noteDecisions(execution: number, { poll: { decisions, next } }: PollResult): void {
    if (next.plan === undefined && !this.weather.isStormy(this.nowMs)) return;
    for (const { scaler, action, from, to, reasons } of decisions)
      this.watch.note(
        `execution ${execution}: ${scaler} ${action} ${from} to ${to}: ${reasons.join("; ")}`,
      );
  }

  /** Returns how many jobs of a group lost their instance or their agent so far. */
  countInterruptions(group: string): number {
    return this.fleet.countInterruptions(group);
  }

  desired(group: string): number {
    const facts = this.fleet.groupFacts(group);
    if (facts === undefined) throw new RangeError(`there is no group ${group}`);
    return facts.desired;
  }
}
