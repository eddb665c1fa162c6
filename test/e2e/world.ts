import assert from "node:assert/strict";
import {
  type AutoScalingGroup,
  CreateAutoScalingGroupCommand,
  CreateLaunchConfigurationCommand,
  DescribeAutoScalingGroupsCommand,
} from "@aws-sdk/client-auto-scaling";
import { PutParameterCommand } from "@aws-sdk/client-ssm";
import { EVENT_SOURCE } from "../../local/sandbox/buildkite-events.ts";
import { PARAMETER, type Stage } from "./stage.ts";

/** Everything that exists before the first deploy: groups, a token, and scalers.yml. */

/** Each queue has a group with the same name. */
export const QUEUES = {
  small: { agentsPerInstance: 1, max: 10 },
  large: { agentsPerInstance: 4, max: 10 },
  full: { agentsPerInstance: 1, max: 5 },
} as const;

/** The cluster's name in scalers.yml. */
export const CLUSTER = "main";

/** The name of another cluster, of its queue and of its group, which scales in gracefully. */
export const GRACEFUL = "graceful";

const LAUNCH = { LaunchConfigurationName: "agents" };

/** Creates groups without instances, all but the graceful one. */
export async function createGroups(stage: Stage): Promise<void> {
  const instance = { ImageId: "ami-12345678", InstanceType: "t3.micro" };
  await stage.autoScaling.send(new CreateLaunchConfigurationCommand({ ...LAUNCH, ...instance }));
  for (const [name, { max }] of Object.entries(QUEUES)) await createGroup(stage, name, max);
}

/** Creates a group without instances. */
export async function createGroup(
  { autoScaling }: Stage,
  name: string,
  max: number,
): Promise<void> {
  const size = { MinSize: 0, MaxSize: max, DesiredCapacity: 0 };
  const place = { AvailabilityZones: ["eu-west-1a"] };
  const group = { AutoScalingGroupName: name, ...size, ...place, ...LAUNCH };
  await autoScaling.send(new CreateAutoScalingGroupCommand(group));
}

/** Reads one group. */
export async function readGroup({ autoScaling }: Stage, name: string): Promise<AutoScalingGroup> {
  const request = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] });
  const { AutoScalingGroups: [group] = [] } = await autoScaling.send(request);
  return group ?? assert.fail(`there is no group ${name}`);
}

/** Returns the desired capacity of each group. */
export async function readDesiredCapacities({
  autoScaling,
}: Stage): Promise<Record<string, number>> {
  const { AutoScalingGroups = [] } = await autoScaling.send(
    new DescribeAutoScalingGroupsCommand({}),
  );
  return Object.fromEntries(
    AutoScalingGroups.map((group) => [
      group.AutoScalingGroupName ?? "",
      group.DesiredCapacity ?? Number.NaN,
    ]),
  );
}

/** Writes the token that Buildkite accepts into the parameter, as its owner would. */
export async function putToken({ ssm, buildkite }: Stage): Promise<void> {
  const value = { Name: PARAMETER, Value: buildkite.token, Type: "SecureString" } as const;
  await ssm.send(new PutParameterCommand({ ...value, Overwrite: true }));
}

/** Returns the loop of scalers.yml, as the schedule passes it to the state machine. */
export function loopInput({ sandbox }: Stage) {
  return {
    name: CLUSTER,
    agentTokenParameter: PARAMETER,
    agentEndpoint: sandbox.agentEndpoint,
    publishMetrics: true,
    allQueueMetrics: true,
    scalers: Object.entries(QUEUES).map(([name, { agentsPerInstance }]) => ({
      queue: name,
      group: name,
      agentsPerInstance,
    })),
  };
}

/** Returns the graceful loop of scalers.yml. It publishes no metrics. */
export function gracefulInput({ sandbox }: Stage) {
  const scaleIn = { graceful: true };
  return {
    name: GRACEFUL,
    agentTokenParameter: PARAMETER,
    agentEndpoint: sandbox.agentEndpoint,
    scalers: [{ queue: GRACEFUL, group: GRACEFUL, agentsPerInstance: 1, scaleIn }],
  };
}

/** Writes scalers.yml as JSON, which is YAML. The first cluster has events. */
export function writeScalers(stage: Stage): void {
  const events = { source: EVENT_SOURCE };
  const clusters = [{ ...loopInput(stage), events }, gracefulInput(stage)];
  stage.project.write("scalers.yml", JSON.stringify({ clusters }));
}
