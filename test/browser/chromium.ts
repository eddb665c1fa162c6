import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium } from "playwright-core";

/** A package that ships a Chromium for Linux on x64 with the libraries it needs. */
const PACKAGE = "@sparticuz/chromium";
const VERSION = "153.0.0";
/** Not a dependency: 65 MB for everybody who installs would be too much for one kind of test. */
const FOLDER = join(import.meta.dirname, "../../.browser");

const INSTALLED = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** A browser: the one CHROME_PATH names, else one that is installed, else one from a package. */
export async function launchBrowser(): Promise<Browser> {
  const named = process.env.CHROME_PATH;
  const found = named ?? INSTALLED.find((path) => existsSync(path));
  const executablePath = found ?? (await packagedChromium());
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

interface Packaged {
  default: { executablePath(): Promise<string> };
}

/** Unpacks the package's browser, and installs the package before where it is not there yet. */
async function packagedChromium(): Promise<string> {
  if (process.platform !== "linux" || process.arch !== "x64") throw new Error(HOW_TO_GET_ONE);
  const entry = join(FOLDER, "node_modules", PACKAGE, "build/index.js");
  if (!existsSync(entry)) install();
  // The package unpacks into the folder for temporary files, and brings its libraries only where it
  // believes itself on Lambda.
  process.env.TMPDIR = FOLDER;
  process.env.AWS_LAMBDA_JS_RUNTIME = "nodejs22.x";
  const packaged: Packaged = await import(pathToFileURL(entry).href);
  return packaged.default.executablePath();
}

const HOW_TO_GET_ONE = "No Chromium was found: install one, or name its executable in CHROME_PATH.";

function install(): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, "package.json"), JSON.stringify({ private: true }));
  const wanted = [
    "install",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    `${PACKAGE}@${VERSION}`,
  ];
  const { status, stderr } = spawnSync("npm", wanted, { cwd: FOLDER, encoding: "utf8" });
  if (status !== 0) throw new Error(`${HOW_TO_GET_ONE}\n${stderr}`);
}
