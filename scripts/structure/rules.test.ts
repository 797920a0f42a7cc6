import { describe, expect, test } from 'vitest';
import { checkStructure, type Workspace } from './rules.ts';

const workspaces: Workspace[] = [
  ...['domain', 'protocol', 'kit', 'testkit', 'bots', 'ui', 'meeting-client'].map((name) => ({
    directory: `packages/${name}`,
    name: `@guildhall/${name}`,
    hasReadme: true,
    exports: ['.'],
  })),
  { directory: 'packages/rpc', name: '@guildhall/rpc', hasReadme: true, exports: ['.', './ws-server'] },
  ...['mmr', 'cloud', 'zctrl', 'meet'].map((name) => ({
    directory: `apps/${name}`,
    name: `@guildhall/${name}`,
    hasReadme: true,
    exports: [],
  })),
];

/** The messages about one file. */
function check(path: string, text: string): string[] {
  return checkStructure(new Map([[path, text]]), workspaces).map(({ line, message }) => `${line} ${message}`);
}

describe('what is refused', () => {
  test.each<[rule: string, path: string, text: string, message: RegExp]>([
    ['domain imports zod', 'packages/domain/src/a.ts', `import { z } from 'zod';`, /may import nothing/],
    ['domain imports node', 'packages/domain/src/a.ts', `import 'node:fs';`, /may import nothing/],
    [
      'domain reaches protocol by path',
      'packages/domain/src/a.ts',
      `import type { A } from '../../protocol/src/a.ts';`,
      /may import nothing/,
    ],
    [
      'protocol imports rpc',
      'packages/protocol/src/a.ts',
      `import '@guildhall/rpc';`,
      /only @guildhall\/domain/,
    ],
    ['rpc knows a contract', 'packages/rpc/src/a.ts', `import '@guildhall/protocol';`, /any contract/],
    [
      'mediasoup outside of its engine',
      'apps/mmr/src/meeting/a.ts',
      `import type { types } from 'mediasoup';`,
      /engine port/,
    ],
    [
      'SQL outside of a store',
      'apps/cloud/src/web/a.ts',
      `import { sql } from 'kysely';`,
      /folder named store/,
    ],
    [
      'SQLite outside of a store',
      'apps/zctrl/src/join/a.ts',
      `await import('node:sqlite');`,
      /folder named store/,
    ],
    ['an app imports an app by name', 'apps/zctrl/src/main.ts', `import '@guildhall/mmr';`, /no app imports/],
    [
      'an app imports an app by path',
      'apps/zctrl/src/main.ts',
      `import '../../mmr/src/a.ts';`,
      /no app imports/,
    ],
    [
      'a package imports an app',
      'packages/kit/src/a.ts',
      `export * from '@guildhall/mmr';`,
      /no package imports/,
    ],
    [
      'a deep import',
      'apps/mmr/src/main.ts',
      `import '@guildhall/rpc/src/peer.ts';`,
      /not among the exports/,
    ],
    ['a package by path', 'apps/mmr/src/main.ts', `import '../../../packages/rpc/src/a.ts';`, /by its name/],
    ['a require', 'apps/mmr/src/media/a.ts', `const a = require('mediasoup');`, /engine port/],
    [
      'SQL text outside of a store',
      'apps/cloud/src/web/a.ts',
      `run('SELECT id FROM users');`,
      /folder named store/,
    ],
    [
      'SQL in a template outside of a store',
      'apps/zctrl/src/join/a.ts',
      'run(`\n  DELETE FROM meetings WHERE id = ${id}`);',
      /^1 SQL belongs/,
    ],
    ['an import without its extension', 'apps/meet/src/a.tsx', `import './panels/b';`, /write its extension/],
    ['a folder instead of its index', 'apps/meet/src/a.tsx', `import '../src';`, /write its extension/],
    ['what is for tests', 'apps/zctrl/src/join/a.ts', `import '../testing.ts';`, /is for tests/],
    ['a test', 'packages/domain/src/a.ts', `import './a.test.ts';`, /is for tests/],
    ['a folder for tests', 'packages/domain/src/a.ts', `import './testing/b.ts';`, /is for tests/],
    ['bots in a server', 'apps/zctrl/src/main.ts', `import '@guildhall/bots';`, /bots are for load tests/],
    ['Node in a page', 'apps/meet/src/a.ts', `import { join } from 'node:path';`, /runs in a browser/],
    ['Node by its short name', 'packages/meeting-client/src/a.ts', `import 'fs';`, /runs in a browser/],
    ['the kit in a page', 'apps/meet/src/a.ts', `import '@guildhall/kit';`, /runs in a browser/],
    [
      'a component that asks a server',
      'packages/ui/src/a.tsx',
      `import '@guildhall/rpc';`,
      /talks to nobody/,
    ],
    ['a long style sheet', 'apps/meet/src/a.module.css', '\n'.repeat(401), /401 lines/],
    ['the testkit in production', 'apps/mmr/src/main.ts', `import '@guildhall/testkit';`, /testkit/],
    [
      'a folder imports its neighbour',
      'apps/mmr/src/media/a.ts',
      `type A = import('../meeting/a.ts').A;`,
      /media may import only port.ts/,
    ],
    ['a shared file imports a folder', 'apps/mmr/src/a.ts', `import './media/a.ts';`, /src may import only/],
    ['somebody imports main', 'apps/mmr/src/media/a.ts', `import '../main.ts';`, /nothing imports main/],
    ['a file that is not TypeScript', 'apps/mmr/src/a.ts', 'import {', /cannot be parsed/],
    ['a long file', 'apps/mmr/src/a.ts', '\n'.repeat(401), /401 lines/],
    [
      'environment in a package',
      'packages/rpc/src/a.ts',
      `\n\nconst a = process.env['A'];`,
      /^3 process\.env/,
    ],
    ['environment in an app', 'apps/mmr/src/load/a.ts', `const { env } = process;`, /process\.env/],
    [
      'environment by import',
      'apps/mmr/src/load/a.ts',
      `import { env as e } from 'node:process';`,
      /process\.env/,
    ],
    ['environment by the global', 'apps/mmr/src/load/a.ts', `globalThis.process.env.A;`, /process\.env/],
    [
      'environment by another name',
      'apps/mmr/src/load/a.ts',
      `import * as p from 'node:process';`,
      /process\.env/,
    ],
  ])('%s', (_rule, path, text, message) => {
    const messages = check(path, text);
    expect(messages.join('\n')).toMatch(message);
  });
});

test('a workspace without a README is refused', () => {
  const cli = { directory: 'apps/cli', name: '@guildhall/cli', hasReadme: false, exports: [] };
  expect(checkStructure(new Map(), [cli])).toMatchObject([{ path: 'apps/cli/README.md' }]);
});

describe('what is allowed', () => {
  test.each<[what: string, path: string, text: string]>([
    ['tests of domain use vitest', 'packages/domain/src/a.test.ts', `import 'vitest'; import './a.ts';`],
    [
      'protocol uses domain and zod',
      'packages/protocol/src/a.ts',
      `import '@guildhall/domain'; import 'zod';`,
    ],
    [
      'the engine uses mediasoup',
      'apps/mmr/src/engine/mediasoup/a.ts',
      `import 'mediasoup'; import '../port.ts';`,
    ],
    ['mediasoup-client is another package', 'apps/meet/src/a.ts', `import 'mediasoup-client';`],
    ['a store uses SQL', 'apps/cloud/src/store/a.ts', `import 'kysely'; import 'node:sqlite';`],
    ['an exported subpath', 'apps/mmr/src/main.ts', `import '@guildhall/rpc/ws-server';`],
    ['the testkit in a test', 'apps/mmr/src/media/a.test.ts', `import '@guildhall/testkit';`],
    ['tests drive an app', 'tests/contract/a.test.ts', `import '../../apps/mmr/src/engine/port.ts';`],
    ['main puts folders together', 'apps/mmr/src/main.ts', `import './media/a.ts'; import './meeting/b.ts';`],
    [
      'a neighbour through its port',
      'apps/mmr/src/media/a.ts',
      `import type { A } from '../engine/port.ts';`,
    ],
    ['a shared file', 'apps/mmr/src/media/a.ts', `import type { Config } from '../config.ts';`],
    ['environment in config', 'apps/mmr/src/config.ts', `export const e = process.env;`],
    [
      'words that look like imports',
      'apps/mmr/src/a.ts',
      `const a = "import '@guildhall/testkit'"; // process.env`,
    ],
    ['words that look like SQL', 'apps/meet/src/a.tsx', `export const a = 'Select a place from the list';`],
    ['what is for tests in a test', 'apps/mmr/src/a.test.ts', `import './testing.ts';`],
    [
      'what is for tests among itself',
      'packages/domain/src/testing/a.ts',
      `import 'fast-check'; import './b.ts';`,
    ],
    ['Node in the build of a page', 'apps/meet/vite.config.ts', `import 'node:path';`],
    ['the text of a file', 'apps/meet/src/a.ts', `import text from './b.ts?raw';`],
    ['a style sheet', 'apps/meet/src/a.module.css', `.a { color: red; }`],
    [
      'process under its own name',
      'apps/mmr/src/a.ts',
      `import process from 'node:process'; process.exit();`,
    ],
    ['text of a page', 'apps/meet/src/a.tsx', `export const A = () => <p>Don't import 'pg' // here</p>;`],
  ])('%s', (_what, path, text) => {
    expect(check(path, text)).toEqual([]);
  });
});
