import { sampleMs } from "./distribution.ts";
import type { Instance } from "./instance.ts";
import type { InstanceOptions } from "./options.ts";
import { type Random, sampleExponential } from "./random.ts";
import { cancelTimer, type Timeline } from "./timeline.ts";

const HOUR_MS = 3_600_000;

/** What a group is told about its instances. */
export interface LifecycleEvents {
  onLaunchFailed(instance: Instance): void;
  onInService(instance: Instance): void;
  onAgentsStarted(instance: Instance): void;
  onLost(instance: Instance): void;
  /** The instance had no job for so long that it ends itself. */
  onIdleTooLong(instance: Instance): void;
  /** A terminating instance is gone. */
  onTerminated(instance: Instance): void;
}

/** The timers of a group's instances, from the launch to the end of the termination. */
export class Lifecycle {
  readonly #options: InstanceOptions;
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #events: LifecycleEvents;

  constructor(
    options: InstanceOptions,
    timeline: Timeline,
    random: Random,
    events: LifecycleEvents,
  ) {
    this.#options = options;
    this.#timeline = timeline;
    this.#random = random;
    this.#events = events;
  }

  /** Boots an instance, which then enters service or fails. */
  boot(instance: Instance): void {
    const { boot, launchFailures = 0 } = this.#options;
    const fails = launchFailures > 0 && this.#random() < launchFailures;
    instance.startTimer = this.#timeline.after(sampleMs(boot, this.#random), () => {
      if (fails) this.#events.onLaunchFailed(instance);
      else this.#enterService(instance);
    });
  }

  /** Puts an instance into service with its agents connected: it was there before the start. */
  skipStart(instance: Instance): void {
    this.#events.onInService(instance);
    this.#awaitLoss(instance);
    this.#events.onAgentsStarted(instance);
  }

  /** Watches an instance without a job, which ends itself if the options say so. */
  watchIdle(instance: Instance): void {
    const { endsItselfAfterIdleSeconds: seconds } = this.#options;
    if (seconds === undefined) return;
    instance.idleTimer = this.#timeline.after(seconds * 1000, () =>
      this.#events.onIdleTooLong(instance),
    );
  }

  /** Terminates an instance that was stopped before. */
  terminate(instance: Instance): void {
    const terminateMs = sampleMs(this.#options.terminate, this.#random);
    this.#timeline.after(terminateMs, () => this.#events.onTerminated(instance));
  }

  /** Cancels everything that an instance would still have done. */
  stop({ startTimer, lossTimer, idleTimer }: Instance): void {
    cancelTimer(startTimer);
    cancelTimer(lossTimer);
    cancelTimer(idleTimer);
  }

  #enterService(instance: Instance): void {
    this.#events.onInService(instance);
    this.#awaitLoss(instance);
    const connectMs = sampleMs(this.#options.connect, this.#random);
    instance.startTimer = this.#timeline.after(connectMs, () => {
      instance.startTimer = undefined;
      this.#events.onAgentsStarted(instance);
    });
  }

  #awaitLoss(instance: Instance): void {
    const { lossesPerHour = 0 } = this.#options;
    if (lossesPerHour === 0) return;
    const livesMs = sampleExponential(HOUR_MS / lossesPerHour, this.#random);
    instance.lossTimer = this.#timeline.after(livesMs, () => this.#events.onLost(instance));
  }
}
