import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { checkAwsAccess } from "../../../cli/run/aws-access.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "run-aws-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A machine without AWS settings. */
beforeEach(() => {
  for (const name of [
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_PROFILE",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
  ])
    vi.stubEnv(name, undefined);
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  vi.stubEnv("AWS_CONFIG_FILE", join(folder, "config"));
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", join(folder, "credentials"));
});

const NO_CREDENTIALS = expect.stringMatching(
  /^no AWS credentials were found: sign in with `aws sso login` or `aws configure`/,
);
const NO_REGION =
  "no AWS region is set: name the region of your Auto Scaling groups with --region or AWS_REGION";

function withKeys() {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
}

describe("access to AWS", () => {
  test("is there with a region and credentials", async () => {
    vi.stubEnv("AWS_REGION", "eu-west-1");
    withKeys();
    expect(await checkAwsAccess()).toEqual({ region: "eu-west-1" });
  });

  test("is missing without credentials", async () => {
    vi.stubEnv("AWS_REGION", "eu-west-1");
    expect(await checkAwsAccess()).toEqual({ problems: [NO_CREDENTIALS] });
  });

  test("is missing without a region", async () => {
    withKeys();
    expect(await checkAwsAccess()).toEqual({ problems: [NO_REGION] });
  });

  test("is missing without both, and reports both", async () => {
    expect(await checkAwsAccess()).toEqual({ problems: [NO_REGION, NO_CREDENTIALS] });
  });

  test("is missing with a profile that does not exist", async () => {
    vi.stubEnv("AWS_REGION", "eu-west-1");
    vi.stubEnv("AWS_PROFILE", "nobodys");
    expect(await checkAwsAccess()).toEqual({
      problems: [expect.stringMatching(/^no AWS credentials were found.*: sign in with/)],
    });
  });
});
