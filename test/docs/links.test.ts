import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { describe, expect, test } from "vitest";

const PAGES = execFileSync("git", [
  "ls-files",
  "--cached",
  "--others",
  "--exclude-standard",
  "*.md",
])
  .toString()
  .trim()
  .split("\n");

/** The changelog names files and scripts of earlier versions. */
const CURRENT_PAGES = PAGES.filter((page) => page !== "CHANGELOG.md");

const FENCED_CODE = /^ *```.*?^ *```$/gms;

function readProse(page: string): string {
  return readFileSync(page, "utf8").replaceAll(FENCED_CODE, "");
}

/** The anchors that GitHub makes of a page's headings. */
function listAnchors(page: string): string[] {
  return [...readProse(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{Letter}\p{Number} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function isBroken(page: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? page : join(dirname(page), path);
  if (!existsSync(target)) return true;
  return anchor !== undefined && !listAnchors(target).includes(anchor);
}

describe.each(PAGES)("%s", (page) => {
  test("links only to files and headings that exist", () => {
    const links = [...readProse(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
    const local = links.filter((link) => !/^https?:/.test(link));
    expect(local.filter((link) => isBroken(page, link))).toEqual([]);
  });
});

const { scripts } = v.parse(
  v.object({ scripts: v.record(v.string(), v.string()) }),
  JSON.parse(readFileSync("package.json", "utf8")),
);

const SOURCE_PATH =
  /`((?:functions|statemachine|deploy|config|cli|local|simulation|scripts|test|docs|\.ci|\.github)\/[\w./-]*)`/g;

describe.each(CURRENT_PAGES)("%s", (page) => {
  test("names only source files and folders that exist", () => {
    const paths = [...readProse(page).matchAll(SOURCE_PATH)].map(([, path = ""]) => path);
    expect(paths.filter((path) => !existsSync(path))).toEqual([]);
  });

  test("names only npm scripts that exist", () => {
    const names = [...readFileSync(page, "utf8").matchAll(/npm run ([\w:-]+)/g)];
    expect(names.map(([, name = ""]) => name).filter((name) => !(name in scripts))).toEqual([]);
  });
});
