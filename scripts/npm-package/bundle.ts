import { join } from "node:path";
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild";
import { bundleAssets } from "../../simulation/report/assets.ts";

const PROJECT = join(import.meta.dirname, "../..");

/** Some dependencies are CommonJS and call `require`, which an ES module does not have. */
const REQUIRE = `import { createRequire } from "node:module";
const require = createRequire(import.meta.url);`;

/** The clients in the bundle work on Node 20. Their warning is about later versions, which are not in it. */
const DEFINE = { "process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED": '"true"' };

const OPTIONS = {
  absWorkingDir: PROJECT,
  bundle: true,
  splitting: true,
  platform: "node",
  format: "esm",
  target: "node20.19",
  mainFields: ["module", "main"],
  inject: [join(import.meta.dirname, "node20.ts")],
  define: DEFINE,
  banner: { js: REQUIRE },
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
} satisfies BuildOptions;

/**
 * Bundles an entry point with all that it imports into a folder, as JavaScript for Node 20. Nothing
 * is minified, so that a stack trace and a reviewer find names. Returns the files that are in it.
 */
export async function bundle(entryPoint: string, folder: string): Promise<Metafile> {
  const plugins = [createReportPlugin()];
  const options = { ...OPTIONS, plugins, entryPoints: [entryPoint], outdir: folder };
  return (await build(options)).metafile;
}

/** Puts the report's client into the bundle. In a clone, esbuild builds it when a report is written. */
function createReportPlugin(): Plugin {
  return {
    name: "report-client",
    setup: ({ onLoad }) => {
      onLoad({ filter: /[/\\]simulation[/\\]report[/\\]assets\.ts$/ }, async () => {
        const assets = JSON.stringify(await bundleAssets());
        return { contents: `export const bundleAssets = async () => (${assets});`, loader: "js" };
      });
    },
  };
}
