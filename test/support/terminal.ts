import { fileURLToPath } from "node:url";
import { spawn } from "@lydell/node-pty";
import headless from "@xterm/headless";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The size of a terminal, in characters. */
export interface TerminalSize {
  columns: number;
  rows: number;
}

/** A terminal emulator. It shows what a user would see. */
export interface Emulator {
  /** Resolves when the text is on the screen. */
  write(text: string): Promise<void>;
  resize(size: TerminalSize): void;
  /** The lines of the screen, without blanks at their ends. */
  screen(): string[];
  /** The lines that were scrolled out of the screen, then those of the screen. */
  allLines(): string[];
}

/** Creates an emulator. `convertEol` is what the terminal driver of a real terminal does with `\n`. */
export function createEmulator({ columns, rows }: TerminalSize, convertEol = true): Emulator {
  const size = { cols: columns, rows };
  const terminal = new headless.Terminal({ ...size, convertEol, allowProposedApi: true });
  const readLines = (from: number) => {
    const buffer = terminal.buffer.active;
    return Array.from({ length: buffer.baseY + terminal.rows - from }, (_, index) =>
      (buffer.getLine(from + index)?.translateToString(true) ?? "").trimEnd(),
    );
  };
  return {
    write: (text) => new Promise((resolve) => terminal.write(text, resolve)),
    resize: (to) => terminal.resize(to.columns, to.rows),
    screen: () => readLines(terminal.buffer.active.baseY),
    allLines: () => readLines(0),
  };
}

/** A command in a pseudo-terminal. */
export interface TerminalSession {
  /** Resolves when the command has written a text. */
  says(text: string): Promise<void>;
  /** Types a text, such as {@link CTRL_C}. */
  type(text: string): void;
  /** Resolves with the lines of the terminal when the command has ended. */
  ended: Promise<{ exitCode: number; lines: string[]; written: string }>;
}

/** What Ctrl-C types. The terminal sends SIGINT to all processes in its foreground. */
export const CTRL_C = "\u0003";

/** Starts a command in a pseudo-terminal, as a user does. */
export function startInTerminal(
  [file = "", ...args]: readonly string[],
  { columns, rows }: TerminalSize = { columns: 80, rows: 24 },
  env: NodeJS.ProcessEnv = process.env,
): TerminalSession {
  const child = spawn(file, args, { cols: columns, rows, cwd: ROOT, env });
  const emulator = createEmulator({ columns, rows }, false);
  const listeners = new Set<() => void>();
  let written = "";
  child.onData((text) => {
    written += text;
    void emulator.write(text);
    for (const look of listeners) look();
  });
  const ended = new Promise<{ exitCode: number; lines: string[]; written: string }>((resolve) => {
    child.onExit(async ({ exitCode, signal }) => {
      await emulator.write("");
      const code = signal === undefined || signal === 0 ? exitCode : 128 + signal; // As a shell.
      resolve({ exitCode: code, lines: emulator.allLines(), written });
    });
  });
  const says = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (written.includes(text)) resolve();
      };
      listeners.add(look);
      look();
      ended.then(() => reject(new Error(`ended without writing ${text}: ${written}`)), reject);
    });
  return { says, type: (text) => child.write(text), ended };
}
