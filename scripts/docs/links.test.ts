import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..', '..');

const pages = [
  join(root, 'README.md'),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(root, 'docs', name)),
];

/** Code is not prose: what looks like a link in it is none. */
const prose = (page: string): string =>
  readFileSync(page, 'utf8')
    .replaceAll(/^```[\s\S]*?^```/gmu, '')
    .replaceAll(/`[^`\n]*`/gu, '');

/** As GitHub makes an anchor of a heading: lower case, spaces to dashes, without punctuation. */
const anchors = (page: string): Set<string> =>
  new Set(
    [...readFileSync(page, 'utf8').matchAll(/^#{1,6} +(.+)$/gmu)].map(([, heading]) =>
      (heading ?? '')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(/\s/gu, '-'),
    ),
  );

const isBroken = (page: string, target: string): boolean => {
  const [path = '', anchor] = target.split('#', 2);
  const file = path === '' ? page : resolve(dirname(page), decodeURI(path));
  if (!existsSync(file)) return true;
  return anchor !== undefined && file.endsWith('.md') && !anchors(file).has(anchor);
};

test('every relative link and picture of the documentation leads somewhere', () => {
  const broken = pages.flatMap((page) =>
    [...prose(page).matchAll(/\]\(([^)\s]+)\)/gu)]
      .map(([, target]) => target ?? '')
      .filter((target) => !/^[a-z]+:/u.test(target) && isBroken(page, target))
      .map((target) => `${relative(root, page)}: ${target}`),
  );
  expect(pages.length).toBeGreaterThan(10);
  expect(broken).toEqual([]);
});

test('no picture of the guide is without a page that shows it', () => {
  const shown = pages.map(prose).join('\n');
  const forgotten = readdirSync(join(root, 'docs', 'images'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => /\.(?:png|jpg)$/u.test(name) && !shown.includes(`images/${name}`),
  );
  expect(forgotten).toEqual([]);
});
