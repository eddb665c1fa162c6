import { join } from "node:path";
import { build } from "esbuild";

/** The page's script and style sheet, each as one text. */
export interface PageAssets {
  script: string;
  style: string;
}

/**
 * uPlot formats numbers in the browser's language. It throws if that is not a language tag: under LANG=C,
 * Chromium reports `en-US@posix`. The page is in English, so the script is built with a fixed language.
 */
const NAVIGATOR = JSON.stringify({ language: "en-US" });

const CLIENT_FOLDER = join(import.meta.dirname, "client");

/** Bundles and minifies the client together with the chart library. */
export async function bundleAssets(): Promise<PageAssets> {
  const { outputFiles } = await build({
    entryPoints: [join(CLIENT_FOLDER, "main.ts"), join(CLIENT_FOLDER, "report.css")],
    outdir: CLIENT_FOLDER,
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    target: "es2022",
    charset: "utf8",
    define: { navigator: NAVIGATOR },
    legalComments: "inline",
    logLevel: "silent",
  });
  const findOutput = (extension: string) =>
    outputFiles.find(({ path }) => path.endsWith(extension))?.text.trim() ?? "";
  return { script: findOutput(".js"), style: findOutput(".css") };
}
