import { formatMigrationTables } from "./migration-tables.ts";
import { formatSettingsReference } from "./settings-reference.ts";

/** A part of a document that is generated from the settings. */
export interface SettingsTables {
  /** Path of the document, from the top folder of the repository. */
  file: string;
  /** Name in the document's markers. */
  part: string;
  /** Returns the part as Markdown. */
  format(): string;
}

/** All parts that are generated from the settings. */
export const SETTINGS_TABLES: readonly SettingsTables[] = [
  { file: "docs/configuration.md", part: "settings", format: formatSettingsReference },
  { file: "docs/migrating.md", part: "comparison", format: formatMigrationTables },
];
