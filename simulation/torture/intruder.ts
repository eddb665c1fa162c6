import { TIMES_TAG } from "../../functions/core/group-times.ts";
import type { GroupOptions } from "../fleet/options.ts";
import { sampleWhole } from "../fleet/random.ts";
import type { FaultKind } from "./fault-kinds.ts";
import type { TortureWorld } from "./world.ts";

const MINUTE_MS = 60_000;

/** Share of launches that fail while launches fail. */
const FAILED_LAUNCHES = 0.5;

/** Changes the groups and their instances once a minute, as other people and AWS do. Never ends. */
export async function intrude(world: TortureWorld): Promise<void> {
  for (;;) {
    const { calmMs, endMs } = world.weather.cycle(world.nowMs);
    if (world.nowMs >= calmMs) {
      for (const { instance } of world.groups) instance.launchFailures = 0;
      await world.clock.sleepUntil(endMs);
    }
    for (const group of world.groups) disturb(world, group);
    await world.clock.sleep(MINUTE_MS - 1); // Not always on a beat.
  }
}

function disturb(world: TortureWorld, group: GroupOptions): void {
  const { fleet, watch, weather } = world;
  const { name } = group;
  group.instance.launchFailures = world.strikes("launch fails") ? FAILED_LAUNCHES : 0;
  if (world.strikes("desired changed")) changeDesired(world, name);
  if (world.strikes("limits changed")) changeLimits(world, name);
  if (world.strikes("tag deleted")) {
    watch.noteForeignChange(name, "tag");
    fleet.results().groups.get(name)?.tags.delete(TIMES_TAG);
  }
  if (world.strikes("tag makes no sense")) {
    watch.noteForeignChange(name, "tag");
    fleet.setTag(name, TIMES_TAG, "in=yesterday");
  }
  if (world.strikes("instance lost")) {
    const id = pickInstance(world, name, "instance lost");
    if (id !== undefined) fleet.terminateInstances(name, [id], false);
  }
  // In a plain group, nobody replaces an instance whose agent is dead.
  const isWatched = world.input.scalers.some(
    (scaler) => scaler.group === name && scaler.scaleIn.graceful && !scaler.dryRun,
  );
  if (isWatched && weather.strikes("agent dies", world.nowMs)) {
    const id = pickInstance(world, name, "agent dies");
    if (id !== undefined) fleet.killAgent(id);
  }
}

function changeDesired({ fleet, watch, weather }: TortureWorld, name: string): void {
  const facts = fleet.groupFacts(name);
  if (facts === undefined) return;
  const desired = sampleWhole(facts.min, facts.max, weather.random("desired changed"));
  watch.note(`somebody sets desired of ${name}: ${facts.desired} to ${desired}`);
  watch.noteForeignChange(name, "desired");
  fleet.setDesiredCapacity(name, desired);
}

function changeLimits({ fleet, watch, weather }: TortureWorld, name: string): void {
  const random = weather.random("limits changed");
  const limits = { min: sampleWhole(0, 2, random), max: sampleWhole(4, 9, random) };
  watch.note(`somebody sets limits of ${name}: ${limits.min} to ${limits.max}`);
  watch.noteForeignChange(name, "desired");
  fleet.setLimits(name, limits);
}

function pickInstance(
  { fleet, weather, watch }: TortureWorld,
  group: string,
  kind: FaultKind,
): string | undefined {
  const ids = fleet.inServiceIds(group);
  const id = ids[sampleWhole(0, ids.length - 1, weather.random(kind))];
  watch.note(`${kind}: ${id ?? "none"} of ${group}`);
  return id;
}
