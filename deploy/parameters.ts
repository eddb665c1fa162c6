import { distance } from "fastest-levenshtein";
import * as v from "valibot";
import { findNearestName } from "../functions/core/problems.ts";
import { patternSchema, toProblems } from "../functions/core/schema-helpers.ts";

/** The retention times that CloudWatch Logs allows, in days. */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
];

const LEVELS = ["ALL", "ERROR", "FATAL", "OFF"];

/** With `--param`, a number is a text. */
function choiceSchema(values: readonly (string | number)[]) {
  const allowed = `one of ${values.join(", ")}`;
  const texts = values.map(String);
  return v.pipe(
    v.union([v.string(), v.number()], allowed),
    v.check((value) => texts.includes(String(value)), allowed),
  );
}

/** With `--param`, a boolean is a text. */
const booleanSchema = v.pipe(
  v.union([v.picklist(["true", "false"]), v.boolean()], "true or false"),
  v.transform((value) => value === true || value === "true"),
);

const SECONDS = "a whole number of seconds from 1 to 9999";

const TAGS = "tags such as team=ci,costCenter=42, at most 45, whose keys do not begin with aws:";

/** A tag's key and value may have these characters; a comma separates two tags. */
const TAG = /^(?!aws:)([\p{L}\p{N} .:/+\-@_]{1,128})=([\p{L}\p{N} .:/+\-@_=]{0,256})$/u;

/** CloudFormation allows 50 tags of a stack, and Serverless and CloudFormation add some. */
const MOST_TAGS = 45;

/** With `--param`, tags are a text. In serverless.yml they may be a map. */
const tagsSchema = v.pipe(
  v.union([v.string(), v.record(v.string(), v.union([v.string(), v.number()]))], TAGS),
  v.transform(listTags),
  v.check((tags) => tags.length <= MOST_TAGS && tags.every((tag) => TAG.test(tag)), TAGS),
  v.transform((tags) => Object.fromEntries(tags.map(splitTag))),
);

function listTags(written: string | Record<string, string | number>): string[] {
  if (typeof written !== "string")
    return Object.entries(written).map(([key, value]) => `${key}=${value}`);
  return written === "" ? [] : written.split(",").map((tag) => tag.trim());
}

function splitTag(tag: string): [key: string, value: string] {
  const [, key = "", value = ""] = TAG.exec(tag) ?? [];
  return [key, value];
}

/** `custom.deployment` of serverless.yml: the parameters of a deployment. */
export const deploymentParametersSchema = v.object({
  /** `<service>-<stage>`, the start of every name in the account. */
  prefix: patternSchema(
    /^[A-Za-z][A-Za-z0-9-]{0,45}$/,
    "a stage of letters, digits and hyphens that has at most 46 characters together with the service's name",
  ),
  scalers: v.string("the path of a scalers file"),
  alarmTopicArn: patternSchema(
    /^(arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]+)?$/,
    "the ARN of an SNS topic",
  ),
  logLevel: choiceSchema(LEVELS),
  logRetentionDays: v.pipe(choiceSchema(RETENTION_DAYS), v.transform(Number)),
  tracing: booleanSchema,
  dashboard: booleanSchema,
  tokenKmsKeyArn: patternSchema(
    /^(arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+)?$/,
    "the ARN of a KMS key (arn:aws:kms:...:key/...), not of an alias",
  ),
  ssmDocuments: patternSchema(
    /^([A-Za-z0-9_.-]{1,120})?$/,
    "what the names of two existing documents have before -look and -stop: up to 120 letters, digits and the characters _ . -",
  ),
  permissionsBoundary: patternSchema(
    /^(arn:[\w-]+:iam::(\d{12}|aws):policy\/[\w+=,.@/-]+)?$/,
    "the ARN of a managed policy (arn:aws:iam::...:policy/...)",
  ),
  rolePath: patternSchema(
    /^\/([!-.0-~]+\/)*$/,
    "a path that begins and ends with a slash, such as /scaling/",
  ),
  tags: tagsSchema,
  /** Undefined: the definition's. */
  pollIntervalSeconds: v.pipe(
    v.union([v.string(), v.number()], SECONDS),
    v.transform(String),
    v.regex(/^([1-9]\d{0,3})?$/, SECONDS),
    v.transform((text) => (text === "" ? undefined : Number(text))),
  ),
});

/** {@link deploymentParametersSchema} */
export type DeploymentParameters = v.InferOutput<typeof deploymentParametersSchema>;

/** The names of the parameters that a user gave, and of those that serverless.yml declares. */
const namesSchema = v.object({
  given: v.optional(v.array(v.string()), []),
  declared: v.optional(v.array(v.string()), []),
});

/** Reads the parameters. Returns all their problems, one line each, if there are any. */
export function readParameters(written: unknown): DeploymentParameters | { problems: string[] } {
  const { success, output, issues = [] } = v.safeParse(deploymentParametersSchema, written);
  const unknown = findUnknownParameters(v.parse(namesSchema, written));
  if (success && unknown.length === 0) return output;
  const problems = toProblems(issues, (path) =>
    path === "prefix" ? "--stage" : `--param ${path}`,
  );
  return { problems: [...unknown, ...problems.map(({ where, what }) => `${where}: ${what}`)] };
}

const NAMES = Object.keys(deploymentParametersSchema.entries).filter((name) => name !== "prefix");

/** Serverless ignores an unknown `--param`. A user may declare parameters of their own in serverless.yml. */
function findUnknownParameters({ given, declared }: v.InferOutput<typeof namesSchema>): string[] {
  return given
    .filter((name) => !NAMES.includes(name) && !declared.includes(name))
    .map((name) => `--param ${name}: there is no such parameter; ${adviseOnName(name)}`);
}

function adviseOnName(name: string): string {
  const nearest = findNearestName(name, NAMES);
  return nearest === undefined ? `allowed: ${NAMES.join(", ")}` : `did you mean ${nearest}?`;
}

/** Warns of declared parameters that look like a typing error. */
export function warnOfDeclaredParameters(written: unknown): string[] {
  return v.parse(namesSchema, written).declared.flatMap((name) => {
    const nearest = NAMES.find((known) => isTypo(name, known));
    const what = "is no parameter of the loop and changes nothing there";
    return nearest === undefined ? [] : [`params: ${name} ${what}; did you mean ${nearest}?`];
  });
}

const MOST_EDITS = 2;

function isTypo(name: string, known: string): boolean {
  return !NAMES.includes(name) && distance(name.toLowerCase(), known.toLowerCase()) <= MOST_EDITS;
}
