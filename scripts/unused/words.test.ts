import { describe, expect, test } from 'vitest';
import { en as consoleWords } from '../../apps/console-ui/src/words/en.ts';
import { en as meetWords } from '../../apps/meet/src/words/en.ts';
import { en as portalWords } from '../../apps/portal/src/words/en.ts';
import { codeBelow } from './sources.ts';

const pages = [
  { page: 'apps/meet', words: meetWords, folders: ['apps/meet/src'] },
  { page: 'apps/portal', words: portalWords, folders: ['apps/portal/src'] },
  { page: 'apps/console-ui', words: consoleWords, folders: ['apps/console-ui/src'] },
];

const keysOf = (words: object, path = ''): string[] =>
  Object.entries(words).flatMap(([key, value]: [string, unknown]) => {
    const name = path === '' ? key : `${path}.${key}`;
    return typeof value === 'object' && value !== null ? keysOf(value, name) : [name];
  });

/**
 * A key counts as used when its name after the namespace stands in the code as a text, or begins with the part of a
 * template before its first place (`state-${state}`). So one that is asked for under a computed name is never called unused.
 */
const unusedKeys = (words: object, code: string): string[] => {
  const texts = new Set([...code.matchAll(/(['"`])([\w.-]+)\1/gu)].map(([, , text]) => text ?? ''));
  const beginnings = new Set([...code.matchAll(/`([\w.-]+)\$\{/gu)].map(([, text]) => text ?? ''));
  return keysOf(words).filter((key) => {
    const whole = key.replace(/_(?:zero|one|two|few|many|other)$/u, '');
    const name = whole.slice(whole.indexOf('.') + 1);
    if (texts.has(name) || texts.has(whole)) return false;
    return ![...beginnings].some((beginning) => name.startsWith(beginning) || whole.startsWith(beginning));
  });
};

describe('words of the pages', () => {
  test.each(pages)('every one of $page is used', ({ words, folders }) => {
    const code = codeBelow(folders, /\/words\//u);
    expect(unusedKeys(words, code)).toEqual([]);
  });

  test('one that nobody asks for is found', () => {
    const words = {
      stage: { hand: 'Hand', gone: 'Gone', 'state-on': 'On', people_one: 'One', people_other: 'Many' },
    };
    expect(unusedKeys(words, "t('hand'); t(`state-${state}`); t('people', { count })")).toEqual([
      'stage.gone',
    ]);
  });
});
