import type { Agents } from "./agents.ts";
import type { Instance } from "./instance.ts";
import type { InstanceOptions } from "./options.ts";
import { type Random, sampleExponential } from "./random.ts";
import { cancelTimer, type Timeline, type Timer } from "./timeline.ts";

const HOUR_MS = 3_600_000;

/** The unit's RestartSec. */
const RESTART_MS = 5000;

/** From the end of the agent until its instance terminates itself: time for logs to leave the instance. */
const STOP_POST_SECONDS = 10;

/** What a group is told about its agents. */
export interface UnitEvents {
  /** The instance calls Auto Scaling to end itself. */
  onEndsItself(instance: Instance): void;
  /** Jobs lost their agent. */
  onInterrupted(jobs: number, cause: "agent died" | "second signal"): void;
}

/** What an {@link AgentUnits} needs of its group. */
export interface UnitEnvironment {
  options: InstanceOptions;
  agents: Agents;
  timeline: Timeline;
  random: Random;
}

/** The systemd units of a group's agents: how they start, stop and die. */
export class AgentUnits {
  readonly #environment: UnitEnvironment;
  readonly #events: UnitEvents;

  constructor(environment: UnitEnvironment, events: UnitEvents) {
    this.#environment = environment;
    this.#events = events;
  }

  /** Starts the unit: its agents connect and take jobs. */
  start(instance: Instance): void {
    const { options, agents } = this.#environment;
    const { agentDeathsPerHour = 0, foreignSignalsPerHour = 0 } = options;
    const { unit } = instance;
    unit.state = "active";
    unit.takesJobs = true;
    unit.deathTimer = this.#afterRandomTime(agentDeathsPerHour, () => this.die(instance));
    unit.signalTimer = this.#afterRandomTime(foreignSignalsPerHour, () => this.signal(instance));
    agents.connect(instance);
  }

  /** `systemctl stop`: the agents finish their jobs. A second one sends no second SIGTERM. */
  stop(instance: Instance): void {
    const { unit } = instance;
    if (unit.state !== "active") return;
    unit.isStopped = true;
    unit.state = "deactivating";
    if (unit.takesJobs) this.quit(instance);
  }

  /** The agents take no more jobs, finish those that they have, and end. */
  quit(instance: Instance): void {
    cancelTimer(instance.idleTimer);
    this.#environment.agents.drain(instance);
    if (instance.running.size === 0) this.endAgent(instance);
  }

  /** SIGTERM from somebody else. The first one ends the agent gracefully; the second one cancels its jobs. */
  signal(instance: Instance): void {
    const { unit, running } = instance;
    if (unit.takesJobs) this.quit(instance);
    else if (running.size > 0) {
      this.#interrupt(instance, "second signal");
      this.endAgent(instance);
    }
    if (unit.state !== "active") return;
    const { foreignSignalsPerHour = 0 } = this.#environment.options;
    unit.signalTimer = this.#afterRandomTime(foreignSignalsPerHour, () => this.signal(instance));
  }

  /** The agent is killed, and nothing starts it again. The processes of its jobs go on without it. */
  die(instance: Instance): void {
    const { unit, running } = instance;
    this.release(instance);
    cancelTimer(instance.idleTimer);
    unit.orphanEndsMs = [...running].map(({ end }) => end.atMs);
    this.#becomeInactive(instance, "failed");
    this.#interrupt(instance, "agent died");
  }

  /** The agent's process has ended after its last job. */
  endAgent(instance: Instance): void {
    const { options, timeline } = this.#environment;
    const { endsItself, endsItselfAfterIdleSeconds } = options;
    this.release(instance);
    if (endsItself === undefined && endsItselfAfterIdleSeconds === undefined) {
      this.#becomeInactive(instance, "inactive");
      return;
    }
    const { afterSeconds = STOP_POST_SECONDS } = endsItself ?? {};
    instance.unit.state = "deactivating";
    instance.unit.nextTimer = timeline.after(afterSeconds * 1000, () => this.#endItself(instance));
  }

  /** Cancels everything that a unit would still have done. */
  release({ unit }: Instance): void {
    cancelTimer(unit.nextTimer);
    cancelTimer(unit.deathTimer);
    cancelTimer(unit.signalTimer);
    unit.takesJobs = false;
  }

  /** The stop-post command. If it fails, systemd starts the agent again, unless it was told to stop. */
  #endItself(instance: Instance): void {
    const { options, random, timeline } = this.#environment;
    const { failures = 0 } = options.endsItself ?? {};
    const { unit } = instance;
    if (failures === 0 || random() >= failures) this.#events.onEndsItself(instance);
    else if (unit.isStopped) this.#becomeInactive(instance, "failed");
    else {
      unit.state = "activating";
      unit.nextTimer = timeline.after(RESTART_MS, () => this.start(instance));
    }
  }

  #becomeInactive({ unit }: Instance, state: "inactive" | "failed"): void {
    unit.state = state;
    unit.takesJobs = false;
    unit.inactiveMs = this.#environment.timeline.nowMs;
  }

  #interrupt(instance: Instance, cause: "agent died" | "second signal"): void {
    this.#events.onInterrupted(instance.running.size, cause);
    this.#environment.agents.disconnect(instance);
  }

  #afterRandomTime(timesPerHour: number, run: () => void): Timer | undefined {
    if (timesPerHour === 0) return undefined;
    const { random, timeline } = this.#environment;
    return timeline.after(sampleExponential(HOUR_MS / timesPerHour, random), run);
  }
}
