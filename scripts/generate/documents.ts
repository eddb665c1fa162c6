import { readDefinition } from "../../config/definition.ts";
import { formatMigrationTables } from "./migration-tables.ts";
import { formatPollTable, readRecordedPoll } from "./poll-table.ts";
import { formatSettingsReference } from "./settings-reference.ts";
import { formatStateDiagram } from "./state-diagram.ts";

/** A part of a document that is generated from the code. */
export interface GeneratedPart {
  /** Path of the document, from the top folder of the repository. */
  file: string;
  /** Name in the document's markers. */
  part: string;
  /** Returns the part as Markdown. */
  format(): string;
}

const formatWholeDiagram = () => formatStateDiagram(readDefinition());

/** Without errors and without what the loop does with events. */
const formatShortDiagram = () =>
  formatStateDiagram(readDefinition(), ({ kind, to }) => kind !== "catch" && !/listen/i.test(to));

/** All generated parts of all documents. */
export const GENERATED_PARTS: readonly GeneratedPart[] = [
  { file: "README.md", part: "state machine", format: formatShortDiagram },
  { file: "docs/architecture.md", part: "state machine", format: formatWholeDiagram },
  {
    file: "docs/architecture.md",
    part: "one poll",
    format: () => formatPollTable(readRecordedPoll()),
  },
  { file: "docs/configuration.md", part: "settings", format: formatSettingsReference },
  { file: "docs/migrating.md", part: "comparison", format: formatMigrationTables },
];
