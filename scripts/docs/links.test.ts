import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..', '..');

/** The READMEs of apps and packages too. */
const pages = [
  join(root, 'README.md'),
  ...['apps', 'packages'].flatMap((parent) =>
    readdirSync(join(root, parent))
      .map((name) => join(root, parent, name, 'README.md'))
      .filter((page) => existsSync(page)),
  ),
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

/** Where the links of a page lead, without their anchors: paths of files. */
const linkedFrom = (page: string): string[] =>
  [...prose(page).matchAll(/\]\(([^)\s#]+)/gu)]
    .map(([, target]) => target ?? '')
    .filter((target) => !/^[a-z]+:/u.test(target))
    .map((target) => resolve(dirname(page), decodeURI(target)));

test('every page is reached from the README at the root', () => {
  const reached = new Set<string>();
  const ahead = [join(root, 'README.md')];
  for (let page = ahead.pop(); page !== undefined; page = ahead.pop()) {
    if (reached.has(page) || !pages.includes(page)) continue;
    reached.add(page);
    // A link to a folder leads to its README, as it does on the page that shows it.
    ahead.push(...linkedFrom(page).map((path) => (path.endsWith('.md') ? path : join(path, 'README.md'))));
  }
  expect(pages.filter((page) => !reached.has(page)).map((page) => relative(root, page))).toEqual([]);
});

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
