import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { errorMessage } from "../../functions/core/faults.ts";

/** Where the calls go, or why none can be made: a sentence each, with what to do. */
export type AwsAccess = { region: string } | { problems: string[] };

const NO_REGION =
  "no AWS region is set: name the one of your Auto Scaling groups with --region or AWS_REGION";

/** Finds region and credentials as the SDK does for every call, and makes none to the services that scale. */
export async function checkAwsAccess(): Promise<AwsAccess> {
  const { config } = new AutoScalingClient();
  const [region, credentials] = await Promise.allSettled([config.region(), config.credentials()]);
  const problems = [
    ...(region.status === "rejected" ? [NO_REGION] : []),
    ...(credentials.status === "rejected" ? [noCredentials(credentials.reason)] : []),
  ];
  if (region.status === "rejected" || problems.length > 0) return { problems };
  return { region: region.value };
}

/** The SDK says it itself where it is more than that there are none. */
function noCredentials(error: unknown): string {
  const [why = ""] = errorMessage(error).split("\n");
  const reason = /could not load credentials/i.test(why) ? "" : ` (${why.replace(/\.$/, "")})`;
  return `there are no AWS credentials${reason}: sign in with \`aws sso login\` or \`aws configure\`, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`;
}
