import { GROUP_PLACEHOLDER } from "../../config/placeholders.ts";
import type { DraftSetting } from "./draft.ts";
import type { Source } from "./source.ts";

/** What a shell reads as it is, also between quotes. */
const PLAIN = /^[\w.:/@+=-]+$/;

/**
 * Returns the command that stops the old scaler; `delete-function-concurrency` takes it back. Without the
 * name of its function, the function is found by the group that it scales. Undefined if neither is known,
 * or if a shell would not read it as it is.
 */
export function disableCommand(
  { functionName }: Source,
  settings: readonly DraftSetting[],
): string | undefined {
  const group = settings.find(({ target }) => target === "scaler.group")?.value;
  const stop = "aws lambda put-function-concurrency --reserved-concurrent-executions 0";
  if (functionName !== undefined && PLAIN.test(functionName))
    return `${stop} --function-name ${functionName}`;
  if (typeof group !== "string" || group === GROUP_PLACEHOLDER || !PLAIN.test(group))
    return undefined;
  const find = `aws lambda list-functions --output text --query "Functions[?Environment.Variables.ASG_NAME=='${group}'].FunctionName"`;
  return `${stop} --function-name $(${find})`;
}
