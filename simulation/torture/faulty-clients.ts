import type { AgentToken } from "../../functions/clients/agent-token.ts";
import type { CommandRequest } from "../../functions/clients/run-command.ts";
import type { FactsFault } from "../../functions/core/facts.ts";
import { errorMessage, type FaultName, NamedFault } from "../../functions/core/faults.ts";
import type { GroupState } from "../../functions/core/graceful/select-facts.ts";
import { sampleWhole } from "../fleet/random.ts";
import type { FleetTools } from "../policies/fleet-tools.ts";
import type { FaultKind } from "./fault-kinds.ts";
import type { PollRecord, WrittenCommand } from "./watch.ts";
import type { TortureWorld } from "./world.ts";

/** What the calls of one Task know about their poll. */
export interface TaskCalls {
  poll: Omit<PollRecord, "outdated"> & { outdated: Set<string> };
  /** When calls that have no answer yet are aborted, in epoch milliseconds. */
  endMs: number;
}

/** How long the clients wait for an answer, in milliseconds, with their own second attempt. */
const PATIENCE_MS = { buildkite: 10_300, autoScaling: 10_200, ssm: 3000 } as const;

type Service = keyof typeof PATIENCE_MS;

const UNAVAILABLE: Readonly<Record<Service, FaultName>> = {
  buildkite: "BuildkiteUnavailable",
  autoScaling: "AutoScalingUnavailable",
  ssm: "RunCommandUnavailable",
};

const REFUSALS: Readonly<Record<Service, readonly FaultName[]>> = {
  buildkite: [
    "BuildkiteForbidden",
    "BuildkiteInvalidAnswer",
    "BuildkiteNotFound",
    "BuildkiteThrottled",
    "BuildkiteUnauthorized",
    "BuildkiteUnavailable",
  ],
  autoScaling: [
    "AutoScalingAccessDenied",
    "AutoScalingThrottled",
    "AutoScalingInvalidAnswer",
    "AutoScalingUnavailable",
  ],
  ssm: ["RunCommandAccessDenied", "RunCommandThrottled", "RunCommandUnavailable"],
};

const TOKEN_FAULTS: readonly FaultName[] = [
  "AgentTokenAccessDenied",
  "AgentTokenInvalid",
  "AgentTokenNotFound",
  "AgentTokenThrottled",
  "AgentTokenUnavailable",
];

/** Buildkite's answer is at most this old when an older state is answered. In milliseconds. */
const OLDEST_STATE_MS = 120_000;

/** The Lambda ended in the middle of its work: no fault, and nothing is returned. */
export class LambdaDied extends Error {
  override readonly name = "LambdaDied";
}

/** The fleet's clients with faults, for one Task of one poll. */
export class FaultyClients {
  readonly #world: TortureWorld;
  readonly #calls: TaskCalls;
  /** By group: when this Task saw its latest state. */
  readonly #readMs = new Map<string, number>();
  #isDead = false;

  constructor(world: TortureWorld, calls: TaskCalls) {
    this.#world = world;
    this.#calls = calls;
  }

  create(): FleetTools["clients"] {
    return {
      readAgentToken: async () => this.#readToken(),
      readAgentMetrics: async (request) => this.#readMetrics(request),
      readGroups: async (names, signal) => this.#readGroups(names, signal),
      readAnswers: async (command, at, signal) => this.#readAnswers(command, at, signal),
      readStops: async (since, loop, signal) => this.#readStops(since, loop, signal),
      setDesiredCapacity: async (group, desired, signal) =>
        this.#command("autoScaling", { kind: "desired", groups: [group] }, () =>
          this.#world.clients.setDesiredCapacity(group, desired, signal),
        ),
      writeTimesTags: async (tags, signal) =>
        this.#command("autoScaling", { kind: "tag", groups: tags.map(({ group }) => group) }, () =>
          this.#world.clients.writeTimesTags(tags, signal),
        ),
      terminateInstances: async (group, instances, decrement, signal) =>
        this.#command("autoScaling", { kind: "termination", groups: [group] }, () =>
          this.#world.clients.terminateInstances(group, instances, decrement, signal),
        ),
      sendCommand: async (request, signal) => this.#send(request, signal),
    };
  }

  async #readToken(): Promise<AgentToken> {
    if (this.#world.strikes("agent token fails"))
      throw this.#fault("agent token fails", TOKEN_FAULTS);
    return { token: "token" };
  }

  async #readMetrics(request: Parameters<FleetTools["clients"]["readAgentMetrics"]>[0]) {
    await this.#wait("buildkite", "Buildkite answers late", "Buildkite hangs");
    if (this.#world.strikes("buildkite fails"))
      throw this.#fault("buildkite fails", REFUSALS.buildkite);
    const metrics = await this.#world.clients.readAgentMetrics(request);
    const isSlower = this.#world.strikes("Buildkite asks for a longer interval");
    return isSlower ? { ...metrics, minimumPollSeconds: 30 } : metrics;
  }

  async #readGroups(names: readonly string[], signal: AbortSignal) {
    const world = this.#world;
    await this.#wait("autoScaling", "groups answered late", "groups hang");
    if (world.strikes("groups not readable"))
      throw this.#fault("groups not readable", REFUSALS.autoScaling);
    const beganMs = world.nowMs;
    const states = await world.clients.readGroups(names, signal);
    if (!world.weather.isStormy(world.nowMs)) {
      for (const name of names) this.#readMs.set(name, beganMs);
      return states;
    }
    return this.#distort(states, beganMs);
  }

  /** Puts older states and faults in the place of some groups' states. */
  #distort(
    states: Readonly<Record<string, GroupState | FactsFault>>,
    nowMs: number,
  ): Record<string, GroupState | FactsFault> {
    const { snapshots } = this.#world;
    const known = Object.entries(states).flatMap(([name, state]): [string, GroupState][] =>
      "fault" in state ? [] : [[name, state]],
    );
    const older = this.#findOlder(nowMs);
    snapshots.push({ atMs: nowMs, states: Object.fromEntries(known) });
    if (snapshots.length > 30) snapshots.splice(0, 15);
    return Object.fromEntries(
      Object.entries(states).map(([name, state]) => {
        const before = older?.[name];
        if (before !== undefined) this.#calls.poll.outdated.add(name);
        else this.#readMs.set(name, nowMs);
        return [name, this.#loseGroup(name) ?? before ?? state];
      }),
    );
  }

  #findOlder(nowMs: number): Readonly<Record<string, GroupState>> | undefined {
    const { snapshots, weather } = this.#world;
    if (!this.#world.strikes("groups as they were before")) return undefined;
    const recent = snapshots.filter(({ atMs }) => nowMs - atMs <= OLDEST_STATE_MS);
    const index = sampleWhole(0, recent.length, weather.random("groups as they were before"));
    return recent[index]?.states;
  }

  #loseGroup(name: string): FactsFault | undefined {
    if (!this.#world.strikes("one group not readable")) return undefined;
    return { fault: { error: "GroupNotFound", message: `there is no group ${name}` } };
  }

  async #readAnswers(command: string, at: string, signal: AbortSignal) {
    this.#failReading();
    const answers = await this.#world.clients.readAnswers(command, at, signal);
    const told = Object.entries(answers).filter(
      () => !this.#world.strikes("answers of instances missing"),
    );
    return Object.fromEntries(told);
  }

  async #readStops(since: string, loop: string, signal: AbortSignal) {
    this.#failReading();
    const stops = await this.#world.clients.readStops(since, loop, signal);
    const recentMs = this.#world.nowMs - 20_000;
    const recorded = Object.entries(stops).filter(
      ([, { at }]) => Date.parse(at) < recentMs || !this.#world.strikes("stops not on record yet"),
    );
    return Object.fromEntries(recorded);
  }

  #failReading(): void {
    if (this.#world.strikes("commands not readable"))
      throw this.#fault("commands not readable", [...REFUSALS.ssm, "TooManyCommands"]);
  }

  async #send(request: CommandRequest, signal: AbortSignal) {
    const send = () => this.#world.clients.sendCommand(request, signal);
    if (request.action === "look")
      return await this.#command("ssm", { kind: "look", groups: [] }, send);
    const groups = this.#world.groups
      .map(({ name }) => name)
      .filter((name) =>
        this.#world.fleet.inServiceIds(name).some((id) => request.instances.includes(id)),
      );
    return await this.#command("ssm", { kind: "stop", groups }, send);
  }

  /** Carries out a command, or refuses it, or loses its answer, or carries it out too late. */
  async #command<Answer>(
    service: Service,
    { kind, groups }: { kind: WrittenCommand["kind"] | "look"; groups: readonly string[] },
    work: () => Promise<Answer>,
  ): Promise<Answer> {
    const world = this.#world;
    this.#refuseIfDead();
    const sentMs = world.nowMs;
    const carryOut = () => this.#judge(kind, groups, sentMs, work);
    await this.#wait(service, "command late", undefined);
    if (world.strikes("command carried out after its time limit")) {
      const lateMs = sampleWhole(1, 15_000, world.weather.random("command late"));
      world.clock.start(async () => {
        await world.clock.sleep(lateMs);
        await carryOut().catch(ignoreRefusal);
        if (kind === "tag") for (const group of groups) world.watch.noteLateTag(group);
      });
      await this.#giveUp(service);
    }
    if (world.strikes("command refused")) throw this.#fault("command refused", REFUSALS[service]);
    const answer = await carryOut();
    if (world.strikes("answer lost")) await this.#giveUp(service);
    return answer;
  }

  async #judge<Answer>(
    kind: WrittenCommand["kind"] | "look",
    groups: readonly string[],
    sentMs: number,
    work: () => Promise<Answer>,
  ): Promise<Answer> {
    const world = this.#world;
    const before = groups.map((group) => ({
      group,
      desired: world.desired(group),
      interruptions: world.countInterruptions(group),
    }));
    const answer = await work().catch((error: unknown) => {
      throw toClientFault(error);
    });
    if (kind === "look") return answer;
    for (const { group, desired, interruptions } of before) {
      world.watch.checkCommand({
        kind,
        group,
        poll: this.#calls.poll,
        sentMs,
        before: desired,
        after: world.desired(group),
        interrupted: world.countInterruptions(group) - interruptions,
        readMs: this.#readMs.get(group),
      });
    }
    return answer;
  }

  /** Ends the Lambda in the middle of its calls: nothing is sent from then on. */
  #refuseIfDead(): void {
    this.#isDead ||= this.#world.strikes("Apply scaling dies");
    if (this.#isDead) throw new LambdaDied("the Lambda's time is up");
  }

  async #wait(service: Service, late: FaultKind, hangs: FaultKind | undefined): Promise<void> {
    const { weather, clock, nowMs } = this.#world;
    if (nowMs >= this.#calls.endMs) await this.#giveUp(service);
    if (hangs !== undefined && this.#world.strikes(hangs)) await this.#giveUp(service);
    if (!this.#world.strikes(late)) return;
    const lateMs = sampleWhole(1, 6000, weather.random(late));
    const leftMs = Math.min(PATIENCE_MS[service], this.#calls.endMs - nowMs);
    if (lateMs >= leftMs) await this.#giveUp(service);
    await clock.sleep(lateMs);
  }

  /** Waits as long as the client does, and fails as the client does. */
  async #giveUp(service: Service): Promise<never> {
    const { clock, nowMs } = this.#world;
    const leftMs = Math.max(0, Math.min(PATIENCE_MS[service], this.#calls.endMs - nowMs));
    await clock.sleep(leftMs);
    throw new NamedFault(UNAVAILABLE[service], "no answer");
  }

  #fault(kind: FaultKind, names: readonly FaultName[]): NamedFault {
    const index = sampleWhole(0, names.length - 1, this.#world.weather.random(kind));
    return new NamedFault(names[index] ?? "BuildkiteUnavailable", "a fault of this run");
  }
}

/** Nobody waits for the answer of a command that is carried out too late. */
function ignoreRefusal(error: unknown): void {
  if (!(error instanceof NamedFault)) throw error;
}

/** The fleet refuses with a RangeError what AWS refuses with a ValidationError. */
function toClientFault(error: unknown): unknown {
  if (!(error instanceof RangeError)) return error;
  const isOutOfBounds = error.message.includes("is not within");
  return new NamedFault(
    isOutOfBounds ? "CapacityOutOfBounds" : "AutoScalingUnavailable",
    errorMessage(error),
  );
}
