import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { errorMessage } from "../../functions/core/faults.ts";

/** The region of the calls, or the reasons why no call is possible: a sentence each, with what to do. */
export type AwsAccess = { region: string } | { problems: string[] };

const NO_REGION =
  "no AWS region is set: name the region of your Auto Scaling groups with --region or AWS_REGION";

/** Looks for a region and credentials as the SDK does before every call. Calls no service that scales. */
export async function checkAwsAccess(): Promise<AwsAccess> {
  const { config } = new AutoScalingClient();
  const [region, credentials] = await Promise.allSettled([config.region(), config.credentials()]);
  const problems = [
    ...(region.status === "rejected" ? [NO_REGION] : []),
    ...(credentials.status === "rejected" ? [explainNoCredentials(credentials.reason)] : []),
  ];
  if (region.status === "rejected" || problems.length > 0) return { problems };
  return { region: region.value };
}

/** Includes the SDK's message if it says more than that there are no credentials. */
function explainNoCredentials(error: unknown): string {
  const [message = ""] = errorMessage(error).split("\n");
  const isGeneric = /could not load credentials/i.test(message);
  const reason = isGeneric ? "" : ` (${message.replace(/\.$/, "")})`;
  return `no AWS credentials were found${reason}: sign in with \`aws sso login\` or \`aws configure\`, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`;
}
