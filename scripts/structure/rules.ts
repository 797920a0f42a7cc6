// The layout and allowed imports of the architecture, as code. Paths are relative to the repository's root.

import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { countLines, factsOf, type Facts } from './parse.ts';

/** A workspace as its package.json describes it. */
export interface Workspace {
  /** `packages/kit` */
  readonly directory: string;
  /** `@guildhall/kit` */
  readonly name: string;
  /** Has a README.md, which says what it owns. */
  readonly hasReadme: boolean;
  /** Subpaths that others may import: `.`, `./ws-server` … */
  readonly exports: readonly string[];
}

export interface Problem {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** An import, resolved as far as the rules need. */
interface Target {
  readonly specifier: string;
  /** For a relative import: the path it leads to. */
  readonly path?: string;
  /** For an import of one of our workspaces, by name or by path: that workspace. */
  readonly workspace?: Workspace;
  /** For everything else: the package's name; `node:` for a built-in module. */
  readonly external?: string;
}

interface Source {
  readonly path: string;
  readonly workspace: Workspace | undefined;
  /** A test, or `testing.ts` or a file of a folder `testing`, which only tests may use. */
  readonly isTest: boolean;
}

type Rule = (source: Source, target: Target) => string | undefined;

const MAX_LINES = 400;
const TEST_TOOLS = new Set(['vitest', 'fast-check', 'node:']);
const SQL = new Set(['kysely', 'pg', 'node:sqlite']);
/** Files of a folder through which the folders beside it may know it. */
const PORT_FILES = /^(port|ports|types)\.ts$/;
/** Apps whose folders are parts of one page; there the words of a page replace ports. */
const PAGE_APPS = new Set(['apps/portal', 'apps/meet', 'apps/console-ui']);

/** What runs in a browser, where there is no Node and nothing of a server. */
const BROWSER = new Set([...PAGE_APPS, 'packages/ui', 'packages/rest-client', 'packages/meeting-client']);
const TEST_FILE = /\.test\.(tsx?|mjs)$|\/testing(\.tsx?$|\/)/;

const isWithin = (path: string, directory: string): boolean => path.startsWith(`${directory}/`);
const isApp = (workspace: Workspace | undefined): boolean =>
  workspace?.directory.startsWith('apps/') === true;
const isPackage = (workspace: Workspace | undefined): boolean =>
  workspace?.directory.startsWith('packages/') === true;
const isIn = (source: Source, directory: string): boolean => source.workspace?.directory === directory;

/** `src/join/port.ts` of an app → `join`; a file directly in `src` → ``. */
function folderOf(path: string, workspace: Workspace): string {
  const inside = path.slice(`${workspace.directory}/src/`.length);
  return inside.includes('/') ? inside.slice(0, inside.indexOf('/')) : '';
}

/** May only be as small as it is, since everything stands on it. */
function importsOnly(directory: string, allowed: readonly string[]): Rule {
  return (source, target) => {
    if (!isIn(source, directory) || target.workspace === source.workspace) return undefined;
    const name = target.external ?? target.workspace?.name ?? '';
    if (allowed.includes(name) || (source.isTest && TEST_TOOLS.has(name))) return undefined;
    return `${directory} may import ${allowed.length > 0 ? `only ${allowed.join(' and ')}` : 'nothing'}`;
  };
}

const rules: readonly Rule[] = [
  importsOnly('packages/domain', []),
  importsOnly('packages/protocol', ['@guildhall/domain', 'zod']),

  function extensionIsWritten(_source, target) {
    if (target.path === undefined || /\.[a-z0-9]+(\?[a-z]+)?$/.test(posix.basename(target.path)))
      return undefined;
    return `${target.specifier} names no file: write its extension`;
  },

  function rpcKnowsNoContract(source, target) {
    if (!isIn(source, 'packages/rpc') || source.isTest || !target.workspace) return undefined;
    if (target.workspace === source.workspace) return undefined;
    return 'packages/rpc serves any contract and so imports no other workspace';
  },

  function mediasoupBehindItsPort(source, target) {
    if (target.external !== 'mediasoup') return undefined;
    const allowed = ['apps/mmr/src/engine/mediasoup', 'scripts/worker', 'bench', 'tests'];
    if (allowed.some((directory) => isWithin(source.path, directory))) return undefined;
    return 'only apps/mmr/src/engine/mediasoup imports mediasoup; use the engine port';
  },

  function sqlInStores(source, target) {
    if (!source.workspace || isIn(source, 'packages/testkit')) return undefined;
    if (!SQL.has(target.external ?? '') && !SQL.has(target.specifier)) return undefined;
    if (source.path.split('/').includes('store')) return undefined;
    return `${target.specifier} belongs into a folder named store`;
  },

  function appsStandAlone(source, target) {
    if (!isApp(target.workspace) || target.workspace === source.workspace) return undefined;
    if (isApp(source.workspace)) return 'no app imports another app';
    if (isPackage(source.workspace)) return 'no package imports an app';
    return undefined; // Tests, benchmarks and scripts drive the apps' parts.
  },

  function packagesByName(source, target) {
    if (!isPackage(target.workspace) || target.workspace === source.workspace) return undefined;
    const { name, exports } = target.workspace!;
    if (target.path !== undefined) return `import ${name} by its name, not by path`;
    if (exports.includes(`.${target.specifier.slice(name.length)}`)) return undefined;
    return `${target.specifier} is not among the exports of ${name}`;
  },

  function testkitForTestsOnly(source, target) {
    if (target.workspace?.directory !== 'packages/testkit') return undefined;
    if (!source.workspace || source.isTest || source.workspace === target.workspace) return undefined;
    return 'production code does not import the testkit';
  },

  function testingForTestsOnly(source, target) {
    if (target.path === undefined || !source.workspace || source.isTest || !TEST_FILE.test(target.path))
      return undefined;
    return isIn(source, 'packages/testkit') ? undefined : 'production code does not import what is for tests';
  },

  function browserCodeStaysThere(source, target) {
    const { workspace } = source;
    if (!workspace || !BROWSER.has(workspace.directory) || source.isTest) return undefined;
    if (!isWithin(source.path, `${workspace.directory}/src`)) return undefined;
    const isServers = target.external === 'node:' || target.workspace?.directory === 'packages/kit';
    return isServers
      ? `${workspace.directory} runs in a browser: ${target.specifier} is not there`
      : undefined;
  },

  function uiTalksToNobody(source, target) {
    if (!isIn(source, 'packages/ui') || source.isTest || !target.workspace) return undefined;
    if (['packages/ui', 'packages/domain', 'packages/protocol'].includes(target.workspace.directory))
      return undefined;
    return 'packages/ui draws and talks to nobody; it may know the words of domain and protocol';
  },

  function botsForLoadsOnly(source, target) {
    if (target.workspace?.directory !== 'packages/bots' || source.workspace === target.workspace)
      return undefined;
    // They compile a native program: nothing that serves people may need one.
    if (
      !source.workspace ||
      source.isTest ||
      ['apps/cli', 'packages/testkit'].includes(source.workspace.directory)
    )
      return undefined;
    return 'bots are for load tests, tests and benchmarks only';
  },

  function foldersMeetInMain(source, target) {
    const { workspace, path } = source;
    if (!workspace || !isApp(workspace) || PAGE_APPS.has(workspace.directory)) return undefined;
    if (source.isTest || target.path === undefined || target.workspace !== workspace) return undefined;
    if (!isWithin(path, `${workspace.directory}/src`) || /\/src\/(main|compose)\.tsx?$/.test(path))
      return undefined;
    const [from, to] = [folderOf(path, workspace), folderOf(target.path, workspace)];
    if (from === to || PORT_FILES.test(posix.basename(target.path))) return undefined;
    // A file directly in src is shared by all folders (config.ts), except the one that puts them together.
    if (to === '') return posix.basename(target.path) === 'main.ts' ? 'nothing imports main.ts' : undefined;
    return `the folders of an app meet in main.ts: ${from || 'src'} may import only port.ts, ports.ts or types.ts of ${to}`;
  },
];

/** Where the environment of the process may be read. */
function mayReadEnvironment(source: Source): boolean {
  if (!source.workspace || source.isTest || isIn(source, 'packages/testkit')) return true;
  if (isApp(source.workspace))
    return /^apps\/[^/]+\/(src\/(main|config)\.ts|vite\.config\.ts)$/.test(source.path);
  return source.path.startsWith('packages/kit/src/config');
}

function workspaceOf(path: string, workspaces: readonly Workspace[]): Workspace | undefined {
  return workspaces.find(({ directory }) => isWithin(path, directory));
}

function targetOf(specifier: string, from: string, workspaces: readonly Workspace[]): Target {
  if (specifier.startsWith('.')) {
    const path = posix.join(posix.dirname(from), specifier);
    const workspace = workspaceOf(path, workspaces);
    return workspace ? { specifier, path, workspace } : { specifier, path };
  }
  const workspace = workspaces.find(({ name }) => specifier === name || specifier.startsWith(`${name}/`));
  if (workspace) return { specifier, workspace };
  if (specifier.startsWith('node:') || builtinModules.includes(specifier)) {
    return { specifier, external: 'node:' };
  }
  const parts = specifier.split('/');
  return { specifier, external: parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/') };
}

/**
 * Checks source files against the rules.
 * @param files path (with `/`, relative to the root) → text
 */
export function checkStructure(
  files: ReadonlyMap<string, string>,
  workspaces: readonly Workspace[],
): readonly Problem[] {
  const problems: Problem[] = [];
  for (const { directory, hasReadme } of workspaces) {
    if (hasReadme) continue;
    problems.push({ path: `${directory}/README.md`, line: 1, message: 'missing: it says what this owns' });
  }
  for (const [path, text] of files) {
    const source: Source = {
      path,
      workspace: workspaceOf(path, workspaces),
      isTest: TEST_FILE.test(path),
    };
    const lines = countLines(text);
    if (lines > MAX_LINES) {
      problems.push({
        path,
        line: MAX_LINES,
        message: `${lines} lines; split it, ${MAX_LINES} is the limit`,
      });
    }
    if (path.endsWith('.css')) continue;
    let facts: Facts;
    try {
      facts = factsOf(path, text);
    } catch (error) {
      problems.push({ path, line: 1, message: `cannot be parsed: ${String(error)}` });
      continue;
    }
    const { imports, environmentLines, sqlLines } = facts;
    for (const { specifier, line } of imports) {
      const target = targetOf(specifier, path, workspaces);
      for (const rule of rules) {
        const message = rule(source, target);
        if (message) problems.push({ path, line, message });
      }
    }
    if (source.workspace && !source.isTest && !path.split('/').includes('store')) {
      for (const line of sqlLines) {
        problems.push({ path, line, message: 'SQL belongs into a folder named store' });
      }
    }
    if (!mayReadEnvironment(source)) {
      for (const line of environmentLines) {
        problems.push({
          path,
          line,
          message: 'process.env is read only in src/config.ts and src/main.ts of an app',
        });
      }
    }
  }
  return problems;
}
