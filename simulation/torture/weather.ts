import { type Random, randomStream, sampleWhole } from "../fleet/random.ts";
import { ALL_FAULT_KINDS, FAULT_KINDS, type FaultKind } from "./fault-kinds.ts";

const MINUTE_MS = 60_000;

const STORM_MINUTES = { from: 15, to: 75 };

/** How long everything works after a storm. The groups have to come to rest in this time. */
const CALM_MS = 100 * MINUTE_MS;

/** Share of the kinds that strike in one storm. */
const KINDS_SHARE = 0.3;

/** A time with faults and the time without any that follows. Times are epoch milliseconds. */
export interface Cycle {
  stormMs: number;
  calmMs: number;
  /** The end, when the next storm begins. */
  endMs: number;
  /** How often each kind strikes: a share of its opportunities. */
  shares: ReadonlyMap<FaultKind, number>;
}

/**
 * Decides which faults strike. Each kind has its own random numbers, so that a run without a kind has the
 * others' faults unchanged as long as the loop does the same.
 */
export class Weather {
  readonly cycles: readonly Cycle[];
  /** How often each kind has struck. */
  readonly struck = new Map<FaultKind, number>();
  readonly #streams: ReadonlyMap<FaultKind, Random>;
  #index = 0;

  constructor(options: {
    seed: number;
    startMs: number;
    days: number;
    kinds: Iterable<FaultKind>;
  }) {
    this.cycles = drawCycles(options);
    this.#streams = new Map(
      ALL_FAULT_KINDS.map((kind) => [kind, randomStream(options.seed, `fault/${kind}`)]),
    );
  }

  /** Returns the cycle of a time that is not before the last one asked for. */
  cycle(nowMs: number): Cycle {
    let cycle = this.cycles[this.#index];
    while (cycle !== undefined && cycle.endMs <= nowMs && this.#index < this.cycles.length - 1) {
      this.#index += 1;
      cycle = this.cycles[this.#index];
    }
    if (cycle === undefined) throw new RangeError("there is no cycle");
    return cycle;
  }

  isStormy(nowMs: number): boolean {
    return nowMs < this.cycle(nowMs).calmMs;
  }

  /** Returns whether a fault strikes now, and counts it. */
  strikes(kind: FaultKind, nowMs: number): boolean {
    const share = this.share(kind, nowMs);
    if (share === 0 || this.random(kind)() >= share) return false;
    this.struck.set(kind, (this.struck.get(kind) ?? 0) + 1);
    return true;
  }

  /** Returns how often a kind strikes now, as a share of its opportunities. */
  share(kind: FaultKind, nowMs: number): number {
    const { calmMs, shares } = this.cycle(nowMs);
    return nowMs < calmMs ? (shares.get(kind) ?? 0) : 0;
  }

  /** The random numbers of a kind. */
  random(kind: FaultKind): Random {
    const stream = this.#streams.get(kind);
    if (stream === undefined) throw new RangeError(`there is no kind of fault ${kind}`);
    return stream;
  }
}

function drawCycles({
  seed,
  startMs,
  days,
  kinds,
}: {
  seed: number;
  startMs: number;
  days: number;
  kinds: Iterable<FaultKind>;
}): Cycle[] {
  const random = randomStream(seed, "weather");
  const allowed = new Set(kinds);
  const cycles: Cycle[] = [];
  const lastMs = startMs + days * 24 * 60 * MINUTE_MS;
  for (let stormMs = startMs; stormMs < lastMs; ) {
    const minutes = sampleWhole(STORM_MINUTES.from, STORM_MINUTES.to, random);
    const calmMs = stormMs + minutes * MINUTE_MS;
    const shares = drawShares(random).filter(([kind]) => allowed.has(kind));
    cycles.push({ stormMs, calmMs, endMs: calmMs + CALM_MS, shares: new Map(shares) });
    stormMs = calmMs + CALM_MS;
  }
  return cycles;
}

function drawShares(random: Random): [FaultKind, number][] {
  return ALL_FAULT_KINDS.flatMap((kind): [FaultKind, number][] => {
    const [isChosen, share] = [random() < KINDS_SHARE, random()];
    return isChosen ? [[kind, share * FAULT_KINDS[kind]]] : [];
  });
}
