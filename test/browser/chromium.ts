import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium } from "playwright-core";

/** A package that ships a Chromium for Linux on x64 with the libraries that it needs. */
const PACKAGE = "@sparticuz/chromium";
const VERSION = "153.0.0";
/** The package is not a dependency: 65 MB are too much for everybody who does not run these tests. */
const FOLDER = join(import.meta.dirname, "../../.browser");

const USUAL_PATHS = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** Starts the browser that CHROME_PATH names, otherwise an installed one, otherwise the package's. */
export async function launchBrowser(): Promise<Browser> {
  const installed = process.env.CHROME_PATH ?? USUAL_PATHS.find((path) => existsSync(path));
  const executablePath = installed ?? (await unpackChromium());
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

interface ChromiumPackage {
  default: { executablePath(): Promise<string> };
}

/** Unpacks the package's browser and returns its path. Installs the package first if it is missing. */
async function unpackChromium(): Promise<string> {
  if (process.platform !== "linux" || process.arch !== "x64") throw new Error(HOW_TO_GET_ONE);
  const entry = join(FOLDER, "node_modules", PACKAGE, "build/index.js");
  if (!existsSync(entry)) installPackage();
  // The package unpacks into the folder for temporary files, and unpacks its libraries only on Lambda.
  process.env.TMPDIR = FOLDER;
  process.env.AWS_LAMBDA_JS_RUNTIME = "nodejs22.x";
  process.env.FONTCONFIG_FILE = writeFontConfig();
  const { default: packaged }: ChromiumPackage = await import(pathToFileURL(entry).href);
  return packaged.executablePath();
}

const HOW_TO_GET_ONE =
  "no Chromium found: install Chromium, or set CHROME_PATH to the path of its executable";

function installPackage(): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, "package.json"), JSON.stringify({ private: true }));
  const { status, stderr } = spawnSync(
    "npm",
    ["install", "--no-audit", "--no-fund", "--loglevel=error", `${PACKAGE}@${VERSION}`],
    { cwd: FOLDER, encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`${HOW_TO_GET_ONE}\n${stderr}`);
}

/**
 * Points to the package's font: its own configuration names folders of Lambda, and without any font Chromium
 * crashes at a select. The only font is the package's, so pictures look the same on every machine.
 */
function writeFontConfig(): string {
  const path = join(FOLDER, "fonts.conf");
  const config = `<?xml version="1.0"?>
<fontconfig>
<dir>${join(FOLDER, "fonts/fonts")}</dir>
<cachedir>${join(FOLDER, "fonts-cache")}</cachedir>
</fontconfig>
`;
  writeFileSync(path, config);
  return path;
}
