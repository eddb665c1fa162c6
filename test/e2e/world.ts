import {
  CreateAutoScalingGroupCommand,
  CreateLaunchConfigurationCommand,
  DescribeAutoScalingGroupsCommand,
} from "@aws-sdk/client-auto-scaling";
import { PutParameterCommand } from "@aws-sdk/client-ssm";
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

/** Creates groups without instances. */
export async function createGroups({ autoScaling }: Stage): Promise<void> {
  const launch = { LaunchConfigurationName: "agents" };
  const instance = { ImageId: "ami-12345678", InstanceType: "t3.micro" };
  await autoScaling.send(new CreateLaunchConfigurationCommand({ ...launch, ...instance }));
  for (const [name, { max }] of Object.entries(QUEUES)) {
    const size = { MinSize: 0, MaxSize: max, DesiredCapacity: 0 };
    const place = { AvailabilityZones: ["eu-west-1a"] };
    const group = { AutoScalingGroupName: name, ...size, ...place, ...launch };
    await autoScaling.send(new CreateAutoScalingGroupCommand(group));
  }
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
    scalers: Object.entries(QUEUES).map(([name, { agentsPerInstance }]) => ({
      queue: name,
      group: name,
      agentsPerInstance,
    })),
  };
}

/** Writes scalers.yml as JSON, which is YAML. */
export function writeScalers(stage: Stage): void {
  stage.project.write("scalers.yml", JSON.stringify({ clusters: [loopInput(stage)] }));
}
