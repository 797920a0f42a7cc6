// Refuses imports and files that break the architecture's rules. Run: node scripts/check-structure.ts

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkStructure, type Workspace } from './structure/rules.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = ['packages', 'apps', 'tests', 'bench', 'scripts'];
const LEFT_OUT = new Set(['node_modules', 'dist', 'coverage', 'results']);

/** Paths of all source files below, relative to the root. */
function sourcesBelow(directory: string): string[] {
  return readdirSync(join(root, directory), { withFileTypes: true }).flatMap((entry) => {
    if (LEFT_OUT.has(entry.name)) return [];
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory()) return sourcesBelow(path);
    return /\.([cm]?[jt]sx?|css)$/.test(entry.name) ? [path] : [];
  });
}

function readWorkspaces(): Workspace[] {
  return ['packages', 'apps'].flatMap((parent) =>
    readdirSync(join(root, parent))
      .filter((name) => existsSync(join(root, parent, name, 'package.json')))
      .map((name) => {
        const directory = `${parent}/${name}`;
        const manifest: { name: string; exports?: Record<string, unknown> } = JSON.parse(
          readFileSync(join(root, directory, 'package.json'), 'utf8'),
        );
        const hasReadme = existsSync(join(root, directory, 'README.md'));
        return { directory, name: manifest.name, hasReadme, exports: Object.keys(manifest.exports ?? {}) };
      }),
  );
}

const paths = SOURCES.filter((directory) => existsSync(join(root, directory))).flatMap(sourcesBelow);
const files = new Map(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
const problems = checkStructure(files, readWorkspaces());
for (const { path, line, message } of problems) console.error(`${path}:${line} ${message}`);
console.log(`${files.size} files checked, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
