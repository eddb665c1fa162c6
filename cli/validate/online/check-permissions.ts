import {
  type ContextEntry,
  GetRoleCommand,
  IAMClient,
  SimulatePrincipalPolicyCommand,
} from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { CLIENT_LIMITS } from "../../../functions/clients/aws-faults.ts";
import { errorMessage } from "../../../functions/core/faults.ts";
import { PRODUCT } from "../../../functions/core/version.ts";
import { DEPLOY_ACTIONS, type DeployPlace } from "./deploy-actions.ts";
import type { Finding } from "./finding.ts";

const WHERE = "deploy";

/**
 * Asks IAM whether these credentials may create what the stack needs. IAM simulates: service control
 * policies and conditions may lead to another answer. Somebody else may deploy, so nothing here is an error.
 */
export async function checkPermissions(region: string, stage: string): Promise<Finding> {
  try {
    const arn = await readCallerArn();
    const [, partition = "aws", , , account = ""] = arn.split(":");
    if (arn.endsWith(":root"))
      return { level: "ok", where: WHERE, what: "the root user may do everything; prefer a role" };
    const place = { partition, region, account, prefix: `${PRODUCT}-${stage}` };
    return describe(arn, await listRefusedActions(arn, place));
  } catch (error) {
    const what = `whether your credentials may deploy is not known: ${describeFailure(error)}; allow iam:SimulatePrincipalPolicy and iam:GetRole to find out, or compare with docs/deploy-policy.json`;
    return { level: "warning", where: WHERE, what };
  }
}

function describeFailure(error: unknown): string {
  const name = error instanceof Error ? `${error.name}: ` : "";
  return `${name}${errorMessage(error)}`;
}

function describe(arn: string, refused: readonly string[]): Finding {
  if (refused.length === 0)
    return { level: "ok", where: WHERE, what: `${arn} may create what the stack needs` };
  const what = `${arn} may not ${refused.join(", ")}; docs/deploy-policy.json has all that a deploy needs`;
  return { level: "warning", where: WHERE, what };
}

/** The user or role whose policies count. Credentials of a role are those of a session. */
async function readCallerArn(): Promise<string> {
  const { Arn = "" } = await new STSClient(CLIENT_LIMITS).send(new GetCallerIdentityCommand());
  const [, RoleName] = /:assumed-role\/([^/]+)\//.exec(Arn) ?? [];
  if (RoleName === undefined) return Arn;
  const { Role } = await new IAMClient(CLIENT_LIMITS).send(new GetRoleCommand({ RoleName }));
  return Role?.Arn ?? Arn;
}

async function listRefusedActions(arn: string, place: DeployPlace): Promise<string[]> {
  const client = new IAMClient(CLIENT_LIMITS);
  const refused: string[] = [];
  for (const { actions, resource } of DEPLOY_ACTIONS) {
    const { EvaluationResults = [] } = await client.send(
      new SimulatePrincipalPolicyCommand({
        PolicySourceArn: arn,
        ActionNames: actions,
        ResourceArns: [resource(place)],
        ContextEntries: [PASSED_TO_LAMBDA],
      }),
    );
    for (const { EvalActionName = "", EvalDecision } of EvaluationResults)
      if (EvalDecision !== "allowed") refused.push(EvalActionName);
  }
  return refused;
}

/** Policies may allow iam:PassRole for some services only. */
const PASSED_TO_LAMBDA: ContextEntry = {
  ContextKeyName: "iam:PassedToService",
  ContextKeyType: "string",
  ContextKeyValues: ["lambda.amazonaws.com"],
};
