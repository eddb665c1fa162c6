import { escapeControls } from "../../config/escape-controls.ts";

/** The line for a change that AWS refused. */
export function refusalText(scaler: string, error: string, message: string): string {
  return escapeControls(`refused: ${scaler}: ${error}: ${message}`);
}

/** The line for a step that failed as a whole. */
export function failureText(state: string, error: string, message: string): string {
  return escapeControls(`failed: ${state}: ${error}: ${message}`);
}
