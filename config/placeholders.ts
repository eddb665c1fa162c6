import type { ScalersFile, SettingProblem } from "./scalers-file.ts";
import { getList, getValue, type Path } from "./setting-path.ts";

/** What `migrate` writes for a group whose name its input does not contain. */
export const GROUP_PLACEHOLDER = "NAME-OF-THE-GROUP";

const ENTRY_TEXTS = ["name", "group", "queue"];

/**
 * Finds texts that somebody meant to replace, and agent tags in place of the names of queues. `allowed`
 * are texts that may stay.
 */
export function findPlaceholders(
  { entries }: ScalersFile,
  allowed: readonly string[] = [],
): SettingProblem[] {
  const texts = entries.flatMap(({ path, raw }) => [
    ...ENTRY_TEXTS.map((key) => ({ path, raw, key: [key] })),
    ...getList(raw, ["queues"]).map((_, index) => ({ path, raw, key: ["queues", index] })),
  ]);
  return texts.flatMap(({ path, raw, key }) => {
    const text = getValue(raw, key);
    if (typeof text !== "string" || allowed.includes(text)) return [];
    const what = explainPlaceholder(key, text) ?? explainTag(key, text);
    return what === undefined ? [] : [{ path: [...path, ...key], what }];
  });
}

/** `${ASG_NAME}`, `{{ group }}`, `<group>`: a scalers file is read as it is, without any substitution. */
const PLACEHOLDER = /^(\$\{[\w.:-]+\}|\{\{ *[\w.:-]+ *\}\}|<[\w. :-]+>)$/;
/** AWS allows it in the name of a group, but nobody writes it there. */
const PART_OF_A_GROUP = /\$\{[\w.:-]+\}/;

function explainPlaceholder([setting]: Path, text: string): string | undefined {
  if (text === GROUP_PLACEHOLDER)
    return `${text} is the placeholder that migrate wrote; replace it with the name of the Auto Scaling group`;
  const isPlaceholder =
    PLACEHOLDER.test(text) || (setting === "group" && PART_OF_A_GROUP.test(text));
  return isPlaceholder
    ? `${JSON.stringify(text)} is a placeholder, and nothing fills it in; allowed: the text itself`
    : undefined;
}

function explainTag([setting]: Path, text: string): string | undefined {
  const isQueue = setting === "queue" || setting === "queues";
  if (!isQueue || !text.startsWith("queue=")) return undefined;
  return `${JSON.stringify(text)} is an agent tag; allowed: the name of the queue alone, ${JSON.stringify(text.slice("queue=".length))}`;
}
