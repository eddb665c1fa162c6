import { GROUP_PLACEHOLDER } from "../../config/placeholders.ts";
import type { Target } from "../../config/settings-table.ts";
import type { Problem } from "../../functions/core/problems.ts";
import type { DraftSetting } from "./draft.ts";
import type { MatchedSetting } from "./match-settings.ts";
import type { Source } from "./source.ts";

/** Settings that neither a variable nor a parameter provides. */
export interface CompletedSettings {
  settings: DraftSetting[];
  /** What the user has to do before the file works, a sentence each. */
  toDo: string[];
  problems: Problem[];
}

const GROUP: Target = "scaler.group";
const TOKEN: Target = "cluster.agentTokenParameter";

/** Returns the group and the token parameter, each only if the source does not contain it. */
export function addMissingSettings(
  source: Source,
  matched: readonly MatchedSetting[],
): CompletedSettings {
  const isMissing = (target: Target) =>
    matched.every(({ setting, given }) => setting.target !== target || given === undefined);
  const completed = [
    ...(source.kind === "stack" && isMissing(GROUP) ? [completeGroup(source)] : []),
    ...(isMissing(TOKEN) ? [completeToken(source)] : []),
  ];
  return {
    settings: completed.flatMap(({ settings }) => settings),
    toDo: completed.flatMap(({ toDo }) => toDo),
    problems: completed.flatMap(({ problems }) => problems),
  };
}

/** An Elastic CI Stack creates its group, so only its outputs contain the name. */
function completeGroup({ groupName }: Source): CompletedSettings {
  return groupName === undefined
    ? usePlaceholder(
        GROUP,
        GROUP_PLACEHOLDER,
        `replace ${GROUP_PLACEHOLDER} with the stack's output AutoScalingGroupName`,
      )
    : useValue(GROUP, groupName, "the stack's output AutoScalingGroupName");
}

const DEFAULT_PARAMETER = "/buildkite/agent-token";

/** A token outside of SSM is never copied: the user has to store it in SSM. */
function completeToken({ kind, given, stackName }: Source): CompletedSettings {
  if (stackName !== undefined) {
    const path = `/${stackName}/buildkite/agent-token`;
    const comment = "the parameter in which an Elastic CI Stack stores BuildkiteAgentToken";
    return useValue(TOKEN, path, comment);
  }
  const name = kind === "stack" ? "BuildkiteAgentToken" : "BUILDKITE_AGENT_TOKEN";
  if (given.some((each) => each.name === name && each.value !== "")) {
    const what = `store the agent token of ${name} in the SSM parameter ${DEFAULT_PARAMETER}, as a SecureString`;
    return usePlaceholder(TOKEN, DEFAULT_PARAMETER, what);
  }
  if (kind === "stack") {
    const what = `replace ${DEFAULT_PARAMETER} with the SSM parameter that contains the agent token`;
    return usePlaceholder(TOKEN, DEFAULT_PARAMETER, what);
  }
  const what =
    "is missing, and so is BUILDKITE_AGENT_TOKEN; buildkite-agent-scaler needs one of them";
  const problem = { where: "BUILDKITE_AGENT_TOKEN_SSM_KEY", what };
  return { settings: [], toDo: [], problems: [problem] };
}

function useValue(target: Target, value: string, comment: string): CompletedSettings {
  return { settings: [{ target, value, comments: [comment] }], toDo: [], problems: [] };
}

function usePlaceholder(target: Target, value: string, what: string): CompletedSettings {
  const settings = [{ target, value, comments: [`to do: ${what}`] }];
  return { settings, toDo: [what], problems: [] };
}
