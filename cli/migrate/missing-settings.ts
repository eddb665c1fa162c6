import type { Target } from "../../config/settings-table.ts";
import type { Problem } from "../../functions/core/problems.ts";
import type { DraftSetting } from "./draft.ts";
import type { MatchedSetting } from "./match-settings.ts";
import type { Source } from "./source.ts";

/** How a setting that no variable and no parameter gives is come by. */
export interface CompletedSettings {
  settings: DraftSetting[];
  /** What a person has yet to do about it. */
  toDo: string[];
  problems: Problem[];
}

const GROUP: Target = "scaler.group";
const TOKEN: Target = "cluster.agentTokenParameter";

/** The group and the token parameter, where the settings do not name them. */
export function addMissingSettings(
  source: Source,
  picked: readonly MatchedSetting[],
): CompletedSettings {
  const isSilent = (target: Target) =>
    picked.every(({ setting, given }) => setting.target !== target || given === undefined);
  const filled = [
    ...(source.kind === "stack" && isSilent(GROUP) ? [completeGroup(source)] : []),
    ...(isSilent(TOKEN) ? [completeToken(source)] : []),
  ];
  return {
    settings: filled.flatMap(({ settings }) => settings),
    toDo: filled.flatMap(({ toDo }) => toDo),
    problems: filled.flatMap(({ problems }) => problems),
  };
}

/** An Elastic CI Stack makes its group itself: only its outputs know the name. */
function completeGroup({ groupName }: Source): CompletedSettings {
  return groupName === undefined
    ? usePlaceholder(
        GROUP,
        "NAME-OF-THE-GROUP",
        "replace NAME-OF-THE-GROUP by the stack's output AutoScalingGroupName",
      )
    : useValue(GROUP, groupName, "the stack's output AutoScalingGroupName");
}

const A_PARAMETER = "/buildkite/agent-token";

/** A token that is not in SSM has to be put there by a person: it is not carried on. */
function completeToken({ kind, given, stackName }: Source): CompletedSettings {
  if (stackName !== undefined) {
    const path = `/${stackName}/buildkite/agent-token`;
    return useValue(
      TOKEN,
      path,
      "the parameter that an Elastic CI Stack makes of BuildkiteAgentToken",
    );
  }
  const name = kind === "stack" ? "BuildkiteAgentToken" : "BUILDKITE_AGENT_TOKEN";
  if (given.some((each) => each.name === name && each.value !== "")) {
    const what = `put the agent token into the SSM parameter ${A_PARAMETER}, as a SecureString: it stood in ${name}`;
    return usePlaceholder(TOKEN, A_PARAMETER, what);
  }
  if (kind === "stack") {
    const what = `name the SSM parameter that holds the agent token in place of ${A_PARAMETER}`;
    return usePlaceholder(TOKEN, A_PARAMETER, what);
  }
  const what = "is missing, and BUILDKITE_AGENT_TOKEN too; the reference needs one of them";
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
