import { posix } from 'node:path';
import { expect, test } from 'vitest';
import { filesBelow, textOf } from './sources.ts';

const folders = ['packages/ui/src', 'apps/portal/src', 'apps/meet/src', 'apps/console-ui/src'];
const code = folders
  .flatMap((folder) => filesBelow(folder, /\.tsx?$/u))
  .map((path) => ({ path, text: textOf(path) }));

/** Classes which a style sheet declares, without those of the libraries it changes. */
const classesOf = (css: string): Set<string> =>
  new Set(
    [
      ...css
        .replaceAll(/\/\*[\s\S]*?\*\//gu, '')
        .replaceAll(/:global\([^)]*\)/gu, '')
        // A block without another inside holds declarations only.
        .replaceAll(/\{[^{}]*\}/gu, '{}')
        .matchAll(/\.([a-zA-Z][\w-]*)/gu),
    ].flatMap(([, name]) => (name === undefined || /^(?:mantine|gh|u)-/u.test(name) ? [] : [name])),
  );

/** Classes which somebody who imports the sheet takes from it; undefined when one does so by a computed name. */
function takenFrom(sheet: string): Set<string> | undefined {
  const taken = new Set<string>();
  for (const { path, text } of code) {
    for (const [, name = '', from = ''] of text.matchAll(/import (\w+) from '([^']+\.module\.css)'/gu)) {
      if (posix.join(posix.dirname(path), from) !== sheet) continue;
      if (new RegExp(`\\b${name}\\[(?!')`, 'u').test(text)) return undefined;
      for (const [, plain, quoted] of text.matchAll(
        new RegExp(`\\b${name}(?:\\??\\.(\\w+)|\\['([\\w-]+)'\\])`, 'gu'),
      ))
        taken.add(plain ?? quoted ?? '');
    }
  }
  return taken;
}

test('every class of a style sheet is used by a page that imports it', () => {
  const sheets = folders.flatMap((folder) => filesBelow(folder, /\.module\.css$/u));
  expect(sheets.length).toBeGreaterThan(10);
  const unused = sheets.flatMap((sheet) => {
    const taken = takenFrom(sheet);
    if (taken === undefined) return [];
    return [...classesOf(textOf(sheet))]
      .filter((name) => !taken.has(name))
      .map((name) => `${sheet} .${name}`);
  });
  expect(unused).toEqual([]);
});
