import { join, relative } from "node:path";
import type { Node, SourceFile } from "typescript/unstable/ast";
import {
  isArrowFunction,
  isCallExpression,
  isExportDeclaration,
  isFunctionDeclaration,
  isFunctionExpression,
  isIdentifier,
  isImportDeclaration,
  isMethodDeclaration,
  isStringLiteral,
  isVariableDeclaration,
} from "typescript/unstable/ast/is";
import { API } from "typescript/unstable/sync";
import { isBareParticiple } from "./bare-participle.ts";

/** What a source file contains. Paths are relative to the project's folder. */
export interface SourceFacts {
  path: string;
  /** The files that it imports; packages are left out. */
  imports: string[];
  functions: FunctionFact[];
}

/** A function, or a method of a class or an object. */
export interface FunctionFact {
  /** `local/engine/tasks.ts:12` */
  place: string;
  /** Undefined for a callback. */
  name: string | undefined;
  lines: number;
  isBareParticiple: boolean;
}

/** The browser's part of the report has a configuration of its own. */
const CONFIGURATIONS = ["tsconfig.json", "simulation/report/client/tsconfig.json"];

/** Parses every source file of the project. */
export function readSourceFacts(root: string): SourceFacts[] {
  const api = new API({ cwd: root });
  try {
    const snapshot = api.updateSnapshot({
      openProjects: CONFIGURATIONS.map((file) => join(root, file)),
    });
    const facts = snapshot.getProjects().flatMap(({ program }) =>
      program.getSourceFileNames().flatMap((name) => {
        const path = relative(root, name);
        if (path.startsWith("..") || path.includes("node_modules/")) return [];
        const file = program.getSourceFile(name);
        return file === undefined ? [] : [toSourceFacts(path, file)];
      }),
    );
    return [...new Map(facts.map((each) => [each.path, each])).values()];
  } finally {
    api.close();
  }
}

function toSourceFacts(path: string, file: SourceFile): SourceFacts {
  const facts: SourceFacts = { path, imports: [], functions: [] };
  const visit = (node: Node): void => {
    const specifier = importSpecifier(node);
    if (specifier?.startsWith(".")) facts.imports.push(join(path, "..", specifier));
    if (isFunction(node)) facts.functions.push(toFunctionFact(path, file, node));
    node.forEachChild(visit);
  };
  file.forEachChild(visit);
  return facts;
}

/** Returns what a node imports; undefined if it imports nothing. */
function importSpecifier(node: Node): string | undefined {
  const specifier =
    isImportDeclaration(node) || isExportDeclaration(node)
      ? node.moduleSpecifier
      : isCallExpression(node) && node.expression.getText() === "import"
        ? node.arguments[0]
        : undefined;
  return specifier && isStringLiteral(specifier) ? specifier.text : undefined;
}

function isFunction(node: Node): boolean {
  return (
    isFunctionDeclaration(node) ||
    isMethodDeclaration(node) ||
    isArrowFunction(node) ||
    isFunctionExpression(node)
  );
}

function toFunctionFact(path: string, file: SourceFile, node: Node): FunctionFact {
  const first = file.getLineAndCharacterOfPosition(node.getStart()).line;
  const last = file.getLineAndCharacterOfPosition(node.end).line;
  const name = functionName(node);
  return {
    place: `${path}:${first + 1}`,
    name,
    lines: last - first + 1,
    isBareParticiple: name !== undefined && isBareParticiple(name),
  };
}

function functionName(node: Node): string | undefined {
  const { parent } = node;
  const named = isFunctionDeclaration(node) || isMethodDeclaration(node) ? node : parent;
  if (
    !isFunctionDeclaration(named) &&
    !isMethodDeclaration(named) &&
    !isVariableDeclaration(named)
  ) {
    return undefined;
  }
  return named.name !== undefined && isIdentifier(named.name) ? named.name.text : undefined;
}
