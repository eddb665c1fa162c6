import * as v from "valibot";
import { toProblems } from "../functions/core/schema-helpers.ts";

/** What CloudWatch Logs takes; given by `--param` it is a text. */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
];

const LEVELS = ["ALL", "ERROR", "FATAL", "OFF"];

function oneOf(values: readonly (string | number)[]) {
  const allowed = `one of ${values.join(", ")}`;
  const texts = values.map(String);
  return v.pipe(
    v.union([v.string(), v.number()], allowed),
    v.check((value) => texts.includes(String(value)), allowed),
  );
}

function textLike(pattern: RegExp, allowed: string) {
  return v.pipe(v.string(allowed), v.regex(pattern, allowed));
}

/** Given by `--param` it is a text. */
const yesOrNo = v.pipe(
  v.union([v.picklist(["true", "false"]), v.boolean()], "true or false"),
  v.transform((value) => value === true || value === "true"),
);

/** `custom.deployment` of serverless.yml: the parameters of a deployment, as `--param` gives them. */
export const deploymentParametersSchema = v.object({
  /** `<service>-<stage>`, with which every name in the account begins. */
  prefix: textLike(
    /^[A-Za-z][A-Za-z0-9-]{0,45}$/,
    "a stage that makes at most 46 letters, digits and hyphens with the service's name",
  ),
  scalers: v.string("the path of a scalers file"),
  alarmTopicArn: textLike(/^(arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]+)?$/, "the ARN of an SNS topic"),
  logLevel: oneOf(LEVELS),
  logRetentionDays: oneOf(RETENTION_DAYS),
  tracing: yesOrNo,
  dashboard: yesOrNo,
  tokenKmsKeyArn: textLike(
    /^(arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+)?$/,
    "the ARN of a KMS key (arn:aws:kms:...:key/...), not of an alias",
  ),
});

/** {@link deploymentParametersSchema} */
export type DeploymentParameters = v.InferOutput<typeof deploymentParametersSchema>;

/** The parameters, or everything that is wrong with them, a line each. */
export function readParameters(written: unknown): DeploymentParameters | { problems: string[] } {
  const { success, output, issues = [] } = v.safeParse(deploymentParametersSchema, written);
  if (success) return output;
  const problems = toProblems(issues, (path) =>
    path === "prefix" ? "--stage" : `--param ${path}`,
  );
  return { problems: problems.map(({ where, what }) => `${where}: ${what}`) };
}
