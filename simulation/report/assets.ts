import { join } from "node:path";
import { build } from "esbuild";

/** What the page runs and how it looks, each as one text. */
export interface Assets {
  script: string;
  style: string;
}

/**
 * uPlot writes numbers in the browser's language, and throws where that is no language (`en-US@posix`, as
 * Chromium says under LANG=C). The page is in English anyway.
 */
const ENGLISH = JSON.stringify({ language: "en-US" });

const CLIENT = join(import.meta.dirname, "client");

/** The page's own code with the chart library in it. */
export async function bundleAssets(): Promise<Assets> {
  const { outputFiles } = await build({
    entryPoints: [join(CLIENT, "main.ts"), join(CLIENT, "report.css")],
    outdir: CLIENT,
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    target: "es2022",
    charset: "utf8",
    define: { navigator: ENGLISH },
    legalComments: "inline",
    logLevel: "silent",
  });
  const textOf = (ending: string) =>
    outputFiles.find(({ path }) => path.endsWith(ending))?.text.trim() ?? "";
  return { script: textOf(".js"), style: textOf(".css") };
}
