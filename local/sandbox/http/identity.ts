import { xmlAnswer, xmlErrorAnswer } from "./auto-scaling.ts";
import type { Answer, Call, IncomingRequest } from "./exchange.ts";

/** Who calls the sandbox's AWS, and what IAM says that they may not do. May change while it runs. */
export interface Identity {
  arn: string;
  deniedActions: ReadonlySet<string>;
}

/** By default, a user who may do everything. */
export const SANDBOX_USER: Identity = {
  arn: "arn:aws:iam::000000000000:user/sandbox",
  deniedActions: new Set(),
};

const ACTIONS: Readonly<Record<string, Call["service"]>> = {
  GetCallerIdentity: "STS",
  GetRole: "IAM",
  SimulatePrincipalPolicy: "IAM",
};

/** Parses a request of the Query protocol to STS or IAM; undefined if it is another one. */
export function parseIdentityCall({ body, headers }: IncomingRequest): Call | undefined {
  if (!headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) return undefined;
  const form = new URLSearchParams(body);
  const action = form.get("Action") ?? "";
  const service = ACTIONS[action];
  return service === undefined
    ? undefined
    : { service, action, subject: form.get("RoleName") ?? form.get("PolicySourceArn") ?? "" };
}

/** Answers GetCallerIdentity, GetRole and SimulatePrincipalPolicy. */
export function answerIdentity(
  { body }: IncomingRequest,
  { action }: Call,
  { arn, deniedActions }: Identity,
): Answer {
  const form = new URLSearchParams(body);
  const account = arn.split(":")[4] ?? "";
  if (action === "GetCallerIdentity")
    return xmlAnswer(action, { Arn: arn, Account: account, UserId: "AIDAEXAMPLE" });
  if (action === "GetRole") {
    const name = form.get("RoleName") ?? "";
    const Arn = `arn:aws:iam::${account}:role/team/${name}`;
    return xmlAnswer(action, { Role: { Path: "/team/", RoleName: name, Arn } });
  }
  if (!/:(user|role)\//.test(form.get("PolicySourceArn") ?? ""))
    return xmlErrorAnswer("InvalidInput", "Invalid Entity Arn: must be a user, group or role");
  const actions = [...form].filter(([key]) => key.startsWith("ActionNames.member."));
  const member = actions.map(([, EvalActionName]) => ({
    EvalActionName,
    EvalDecision: deniedActions.has(EvalActionName) ? "implicitDeny" : "allowed",
  }));
  return xmlAnswer(action, { EvaluationResults: { member } });
}
