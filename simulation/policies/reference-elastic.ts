import type { LoopInput } from "../../config/loops.ts";
import { decide } from "../../functions/core/decide.ts";
import type { Basis } from "../../functions/core/decision.ts";
import { parseExecutionInput } from "../../functions/core/execution-input.ts";
import { parseInstanceAnswer } from "../../functions/core/graceful/parse-answer.ts";
import type { ScalerMemory } from "../../functions/core/memory.ts";
import type { Direction } from "../../functions/core/plan.ts";
import { remainingCooldown } from "../../functions/core/rules/cooldown.ts";
import { limitScaleIn } from "../../functions/core/rules/scale-in.ts";
import { limitScaleOut } from "../../functions/core/rules/scale-out.ts";
import type { Scaler } from "../../functions/core/scaler.ts";
import type { Instance } from "../fleet/instance.ts";
import { UnknownInstances } from "../fleet/world.ts";
import type { Actor, CallCounts, Policy, PolicyWorld } from "./policy.ts";
import { POLLING_MS, toReferenceLoops } from "./reference.ts";

/** The versions of buildkite-agent-scaler whose Elastic CI mode is modelled. */
export type ReferenceVersion = "1.12" | "1.13";

const ABOUT: Readonly<Record<ReferenceVersion, string>> = {
  "1.12":
    "buildkite-agent-scaler v1.12 in Elastic CI mode: stops the oldest instances one by one, and lowers desired capacity too",
  "1.13":
    "buildkite-agent-scaler v1.13 in Elastic CI mode: stops the oldest instances, which lower desired capacity themselves",
};

/**
 * Creates the policy of buildkite-agent-scaler in Elastic CI mode, on groups of the Elastic CI Stack:
 * instances are protected from scale-in and end themselves. Its behaviour on errors is not modelled,
 * except for instances that SSM does not reach.
 */
export function createReferenceElasticPolicy(
  version: ReferenceVersion,
  loops: readonly LoopInput[],
): Policy {
  const own = toReferenceLoops(loops, true);
  return {
    name: `reference-elastic-${version}`,
    about: ABOUT[version],
    loops: own,
    adaptGroup: (group) => ({
      ...group,
      instance: { endsItself: {}, ...group.instance, scaleInEnds: "none" },
    }),
    createActors: async (world) =>
      own
        .flatMap((loop) => parseExecutionInput(loop).scalers)
        .map((scaler) => new ReferenceLambda(version, scaler, world)),
  };
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Lambda forgets what the scaler remembers when it starts a new environment. An assumption: AWS does not say. */
const ENVIRONMENT_MS = 2 * HOUR_MS;

/** How long the scaler waits for an instance that SSM does not reach, and how often it asks. */
const ONLINE_WAIT_MS = 30_000;
const CALLS_WHILE_OFFLINE = 7;

/** When and how often the answers of a dangling check are read, and for how long. */
const ANSWER_POLL_MS = 3000;
const LONGEST_CHECK_MS = 60_000;

/** Instances in one dangling check. */
const CHECKED_INSTANCES = 5;
const UPTIME_WITHOUT_AGENTS_MS = 10 * MINUTE_MS;

/** AWS-RunShellScript without TimeoutSeconds: delivered up to an hour later. */
const COMMAND = { document: "AWS-RunShellScript", deliverySeconds: 3600, unit: "buildkite-agent" };

const INSTANCES_PER_COMMAND = 50;

/** One scaler's Lambda function. A poll takes as long as its waits, and each step of it is one act. */
class ReferenceLambda implements Actor {
  readonly #version: ReferenceVersion;
  readonly #scaler: Scaler;
  readonly #world: PolicyWorld;
  readonly #calls: CallCounts = { autoScaling: 0, ssm: 0 };
  readonly #steps: Generator<number, never>;
  /** Instances with the marker file: they were told to stop. */
  readonly #marked = new Set<string>();
  #memory: ScalerMemory = {};
  #environmentSinceMs: number;
  #wakesMs: number;
  #polls = 0;

  constructor(version: ReferenceVersion, scaler: Scaler, world: PolicyWorld) {
    this.#version = version;
    this.#scaler = scaler;
    this.#world = world;
    this.#environmentSinceMs = world.startMs;
    this.#wakesMs = world.startMs;
    this.#steps = this.#run();
  }

  nextMs(): number {
    return this.#wakesMs;
  }

  async act(): Promise<void> {
    this.#world.trace.recordState();
    this.#wakesMs = this.#steps.next().value;
    this.#world.trace.recordState();
  }

  polls(): number {
    return this.#polls;
  }

  calls(): CallCounts {
    return this.#calls;
  }

  /** Yields the times at which it goes on. Started every minute, it polls for 50 seconds. */
  *#run(): Generator<number, never> {
    const { startMs, pollIntervalSeconds } = this.#world;
    for (;;) {
      const startedMs = this.#nowMs;
      this.#forgetAtColdStart();
      while (this.#nowMs - startedMs < POLLING_MS) {
        yield* this.#poll();
        yield this.#nowMs + pollIntervalSeconds * 1000;
      }
      yield startMs + Math.ceil((this.#nowMs - startMs) / MINUTE_MS) * MINUTE_MS;
    }
  }

  /** The activity log still has a request that lowered desired capacity; v1.13 makes none. */
  #forgetAtColdStart(): void {
    if (this.#nowMs - this.#environmentSinceMs < ENVIRONMENT_MS) return;
    this.#environmentSinceMs = this.#nowMs;
    this.#calls.autoScaling += 1;
    if (this.#version === "1.13") this.#memory = { ...this.#memory, lastScaleInAt: undefined };
  }

  *#poll(): Generator<number> {
    this.#polls += 1;
    if (this.#scaler.dryRun) return; // It describes an empty group then.
    yield* this.#checkDangling(this.#scaler.danglingCheck.minimumUptimeSeconds * 1000);
    this.#calls.autoScaling += 1;
    const basis = this.#decide();
    if (basis === undefined) return;
    const direction = this.#findDirection(basis);
    if (direction === "scale-out") this.#scaleOut(basis);
    else if (direction === "scale-in") yield* this.#scaleIn(basis);
    else if (basis.situation.group.inService > 0 && basis.situation.agents.total === 0)
      yield* this.#checkDangling(UPTIME_WITHOUT_AGENTS_MS);
  }

  #decide(): Basis | undefined {
    const { fleet } = this.#world;
    const { group } = this.#scaler;
    const facts = fleet.groupFacts(group);
    if (facts === undefined) return undefined;
    return decide(this.#scaler, this.#memory, {
      observedAt: this.#nowAt,
      queues: Object.fromEntries(fleet.queues()),
      groups: { [group]: facts },
    }).basis;
  }

  /** v1.12 compares the target with the instances in service; v1.13 with desired capacity only. */
  #findDirection({ target, situation: { group } }: Basis): Direction | undefined {
    const { desired, inService, pending } = group;
    if (target < desired) return "scale-in";
    const count = inService === 0 ? desired : inService;
    if (this.#version === "1.13" || target > count)
      return target > desired ? "scale-out" : undefined;
    return count > target && pending === 0 ? "scale-in" : undefined;
  }

  #scaleOut({ target, situation }: Basis): void {
    const { desired } = situation.group;
    const to = limitScaleOut(target, situation).instances;
    if (to === desired) return;
    this.#setDesired(desired, to);
    this.#memory = { ...this.#memory, lastScaleOutAt: this.#nowAt };
  }

  /** In v1.12, a target above desired capacity ends here too: it is set, and starts the cooldown. */
  *#scaleIn({ target, situation }: Basis): Generator<number> {
    if (remainingCooldown("scale-in", situation) !== undefined) return;
    this.#calls.autoScaling += 1; // DescribeScalingActivities
    const { desired } = situation.group;
    const to = target < desired ? limitScaleIn(target, situation).instances : target;
    const sent = yield* this.#stop(this.#listOldest(desired - to));
    if (this.#version === "1.12") this.#setDesired(desired, to);
    else if (sent > 0) this.#record("scale-in", desired, to);
    if (this.#version === "1.12" || sent > 0)
      this.#memory = { ...this.#memory, lastScaleInAt: this.#nowAt };
    if (this.#version === "1.12" && to <= 1) this.#rescueSingle();
  }

  /** v1.12 takes instances in any lifecycle state, v1.13 those in service only. */
  #listOldest(count: number): string[] {
    return this.#listByAge()
      .filter(({ lifecycleState }) => this.#version === "1.12" || lifecycleState === "InService")
      .map(({ id }) => id)
      .slice(0, Math.max(0, count));
  }

  #listByAge(): Instance[] {
    const all = this.#world.fleet.instances(this.#scaler.group);
    return [...all].sort((a, b) => a.launchedMs - b.launchedMs || (a.id < b.id ? -1 : 1));
  }

  /** Returns how many instances were sent a stop. v1.12 waits for each that SSM does not reach. */
  *#stop(ids: readonly string[]): Generator<number, number> {
    const { fleet } = this.#world;
    let sent = 0;
    const isSequential = this.#version === "1.12";
    const online: string[] = [];
    for (const id of ids) {
      this.#calls.ssm += isSequential ? 1 : 0;
      if (fleet.isOnline(id)) online.push(id);
      else if (isSequential) {
        this.#calls.ssm += CALLS_WHILE_OFFLINE - 1;
        yield this.#nowMs + ONLINE_WAIT_MS;
        continue;
      }
      if (isSequential) sent += this.#sendStop(online.splice(0));
    }
    while (online.length > 0) sent += this.#sendStop(online.splice(0, INSTANCES_PER_COMMAND));
    return sent;
  }

  #sendStop(instances: readonly string[]): number {
    this.#calls.ssm += 1;
    try {
      this.#world.fleet.sendCommand({
        ...COMMAND,
        action: "stop",
        instances,
        comment: "Gracefully stop Buildkite agent",
      });
    } catch (error) {
      if (error instanceof UnknownInstances) return 0;
      throw error;
    }
    for (const id of instances) this.#marked.add(id);
    return instances.length;
  }

  /** A command that SSM refuses counts as a dead instance. */
  #rescueSingle(): void {
    const { fleet } = this.#world;
    const [single, ...others] = fleet.group(this.#scaler.group)?.instances ?? [];
    if (single === undefined || others.length > 0) return;
    this.#calls.ssm += 1;
    try {
      const comment = "Check if buildkite-agent service is running";
      fleet.sendCommand({ ...COMMAND, action: "look", instances: [single.id], comment });
    } catch (error) {
      if (!(error instanceof UnknownInstances)) throw error;
      fleet.terminateInstances(this.#scaler.group, [single.id], false);
    }
  }

  /** Looks at five old instances and replaces those whose agent does not run. The poll waits for the answers. */
  *#checkDangling(minimumUptimeMs: number): Generator<number> {
    const { fleet, pollIntervalSeconds } = this.#world;
    this.#calls.autoScaling += 1;
    const old = this.#listByAge().filter(
      ({ launchedMs, lifecycleState }) =>
        lifecycleState === "InService" && this.#nowMs - launchedMs >= minimumUptimeMs,
    );
    if (old.length === 0) return;
    const { maxInstances = CHECKED_INSTANCES } = this.#scaler.danglingCheck;
    const turn = Math.floor(this.#nowMs / (pollIntervalSeconds * 1000));
    const start = (turn * maxInstances) % old.length;
    const window = [...old.slice(start), ...old.slice(0, start)].slice(0, maxInstances);
    this.#calls.ssm += 1; // DescribeInstanceInformation
    const online = window.filter(({ id }) => fleet.isOnline(id)).map(({ id }) => id);
    if (online.length > 0) yield* this.#judge(online);
  }

  *#judge(instances: readonly string[]): Generator<number> {
    const { fleet } = this.#world;
    this.#calls.ssm += 1;
    const comment = "Check if buildkite-agent service is running";
    const commandId = this.#trySend(instances, comment);
    if (commandId === undefined) return;
    const untilMs = this.#nowMs + LONGEST_CHECK_MS;
    const isOpen = () =>
      fleet
        .invocations({ commandId })
        .some(({ status }) => status === "Pending" || status === "InProgress");
    do {
      yield this.#nowMs + ANSWER_POLL_MS;
      this.#calls.ssm += 1;
    } while (isOpen() && this.#nowMs < untilMs);
    for (const { instanceId, output } of fleet.invocations({ commandId })) {
      const state = parseInstanceAnswer(output, this.#nowAt)?.state;
      if (state !== undefined && this.#isDangling(instanceId, state)) this.#replace(instanceId);
    }
  }

  #trySend(instances: readonly string[], comment: string): string | undefined {
    try {
      return this.#world.fleet.sendCommand({ ...COMMAND, action: "look", instances, comment });
    } catch (error) {
      if (error instanceof UnknownInstances) return undefined;
      throw error;
    }
  }

  /** In v1.12 an instance that was told to stop is never dangling, and one that stops by itself is. */
  #isDangling(id: string, state: string): boolean {
    const isDead = state === "inactive" || state === "failed";
    if (this.#version === "1.13") return isDead;
    return !this.#marked.has(id) && (isDead || state === "deactivating");
  }

  /** Marks an instance unhealthy: the group terminates and replaces it. */
  #replace(id: string): void {
    this.#calls.autoScaling += 1;
    const { fleet } = this.#world;
    const isThere = fleet.instances(this.#scaler.group).some((instance) => instance.id === id);
    if (isThere) fleet.terminateInstances(this.#scaler.group, [id], false);
  }

  #setDesired(from: number, to: number): void {
    this.#calls.autoScaling += 1;
    this.#world.fleet.setDesiredCapacity(this.#scaler.group, to);
    if (to !== from) this.#record(to > from ? "scale-out" : "scale-in", from, to);
  }

  #record(action: Direction, from: number, to: number): void {
    const { name: scaler } = this.#scaler;
    this.#world.trace.recordDecision({ scaler, action, from, to, reasons: [] });
  }

  get #nowMs(): number {
    return this.#world.fleet.nowMs;
  }

  get #nowAt(): string {
    return new Date(this.#nowMs).toISOString();
  }
}
