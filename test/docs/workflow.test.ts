import { readFileSync } from "node:fs";
import * as v from "valibot";
import { expect, test } from "vitest";
import { parse } from "yaml";

const PAGE = readFileSync("docs/deploying.md", "utf8");

const workflowSchema = v.object({
  on: v.object({ push: v.object({ branches: v.array(v.string()) }) }),
  permissions: v.record(v.string(), v.string()),
  jobs: v.object({
    deploy: v.object({
      environment: v.string(),
      steps: v.array(v.looseObject({ uses: v.optional(v.string()), run: v.optional(v.string()) })),
    }),
  }),
});

const [, WORKFLOW = ""] = /```yaml\n(name: Deploy the scaling loop.*?)```/s.exec(PAGE) ?? [];
const [, TRUST = ""] = /trust policy:\n\n```json\n(.*?)```/s.exec(PAGE) ?? [];
const { permissions, jobs } = v.parse(workflowSchema, parse(WORKFLOW));

test("the workflow in docs/deploying.md may ask for a token of the job, and nothing else", () => {
  expect(permissions).toEqual({ contents: "read", "id-token": "write" });
});

test("it checks the file before it has credentials, and deploys last", () => {
  const steps = jobs.deploy.steps.map(({ uses, run }) => run ?? uses?.split("@")[0]);
  expect(steps).toEqual([
    "actions/checkout",
    "actions/setup-node",
    "npm ci",
    "npm run validate",
    "aws-actions/configure-aws-credentials",
    "npx serverless deploy --stage prod --region eu-west-1",
  ]);
});

test("the trust policy is JSON, and names the workflow's environment only", () => {
  const text = JSON.stringify(JSON.parse(TRUST));
  expect(text).toContain(`:environment:${jobs.deploy.environment}"`);
  expect(text).not.toContain("*");
});
