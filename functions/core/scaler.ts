/** What one direction of scaling may do. */
export interface DirectionSettings {
  disabled: boolean;
  cooldownSeconds: number;
  /** Share of the distance to the target that one scaling covers; all of it if undefined. */
  factor?: number | undefined;
}

/** How a group scales in. */
export interface ScaleInSettings extends DirectionSettings {
  /**
   * Stop the agents of chosen instances and let them finish their jobs; never lower desired capacity,
   * which may end any instance.
   */
  graceful: boolean;
  /** The agents' systemd unit, or a pattern such as `buildkite-agent@*`. */
  unit: string;
  /** Who ends an instance whose agents have stopped, and decrements desired capacity. */
  endedBy: "loop" | "instance";
  /** If a surplus lasts longer, instances with jobs are stopped too; undefined: never. */
  busyAfterSeconds: number | undefined;
}

/**
 * The settings of one scaler: the queues that it watches and the group that it sets. Made from an
 * entry of scalers.yml (scaler-entry.ts), every default filled in.
 */
export interface Scaler {
  name: string;
  /** Their demand is summed. */
  queues: string[];
  /** Auto Scaling group name. */
  group: string;
  agentsPerInstance: number;
  includeWaiting: boolean;
  instanceBuffer: number;
  /** Most instances that the jobs alone may ask for; 0 is no cap. */
  maxInstanceCap: number;
  /** Share of the expected agents below which an instance is added; 0 switches that off. */
  availabilityThreshold: number;
  /** After a scale-out, missing agents count as still starting for this long. */
  agentStartupGraceSeconds: number;
  /** This group's share of its queues' demand, above 0 and at most 1. */
  demandShare: number;
  /** Both cooldowns count from the last scaling of either direction. */
  cooldownFromAnyScaling: boolean;
  scaleIn: ScaleInSettings;
  scaleOut: DirectionSettings;
  /** Decide and explain, but change nothing. */
  dryRun: boolean;
  elasticCiMode: boolean;
  danglingCheck: { minimumUptimeSeconds: number; maxInstances: number };
}
