// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders are what it is about
import { describe, expect, test } from "vitest";
import { formatFileProblem, validateText } from "../../config/validate-file.ts";

/** The problems of a file with one cluster of these scalers, one per line from line 6. */
function findProblems(scalers: readonly string[]): string[] {
  const text = [
    "defaults: {agentsPerInstance: 1, scaleIn: {graceful: true}}",
    "clusters:",
    "  - agentTokenParameter: /token",
    "    name: main",
    "    scalers:",
    ...scalers.map((scaler) => `      - {${scaler}}`),
  ].join("\n");
  return validateText(text, "f").problems.map(formatFileProblem);
}

describe("a scalers file is refused with", () => {
  test("a placeholder in a name, wherever it is", () => {
    const scalers = [
      "queue: a, group: '${ASG_NAME}'",
      "queue: '{{ queue }}', group: b",
      "queues: [c, <queue>], group: 'c-${STAGE}'",
    ];
    const why = "is a placeholder, and nothing fills it in; allowed: the text itself";
    expect(findProblems(scalers)).toEqual([
      `f:6: clusters[0] (main): scalers[0] (\${ASG_NAME}): group: "\${ASG_NAME}" ${why}`,
      `f:7: clusters[0] (main): scalers[1] (b): queue: "{{ queue }}" ${why}`,
      `f:8: clusters[0] (main): scalers[2] (c-\${STAGE}): group: "c-\${STAGE}" ${why}`,
      `f:8: clusters[0] (main): scalers[2] (c-\${STAGE}): queues[1]: "<queue>" ${why}`,
    ]);
  });

  test("the placeholder that migrate wrote", () => {
    expect(findProblems(["queue: a, group: NAME-OF-THE-GROUP"])).toEqual([
      "f:6: clusters[0] (main): scalers[0] (NAME-OF-THE-GROUP): group: NAME-OF-THE-GROUP is the placeholder that migrate wrote; replace it with the name of the Auto Scaling group",
    ]);
  });

  test("an agent tag in place of the name of a queue", () => {
    expect(
      findProblems(['queue: "queue=default", group: a', "queues: [queue=b], group: b"]),
    ).toEqual([
      'f:6: clusters[0] (main): scalers[0] (a): queue: "queue=default" is an agent tag; allowed: the name of the queue alone, "default"',
      'f:7: clusters[0] (main): scalers[1] (b): queues[0]: "queue=b" is an agent tag; allowed: the name of the queue alone, "b"',
    ]);
  });

  test("no problem for names that only look similar", () => {
    expect(
      findProblems(["queue: 'a<b> ${c}', group: 'a-{b}'", "queue: my-queue=x, group: c"]),
    ).toEqual([]);
  });
});
