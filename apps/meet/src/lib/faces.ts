/** One or two letters that stand for a person without a picture. */
export const initialsOf = (name: string): string => {
  const words = name.trim().split(/\s+/u);
  const first = firstLetter(words[0]);
  const last = words.length > 1 ? firstLetter(words.at(-1)) : '';
  return `${first}${last}`.toLocaleUpperCase();
};

const letters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const firstLetter = (word = ''): string => letters.segment(word).containing(0)?.segment ?? '';

/** How many colours there are for people without a picture; `data-hue` picks one. */
export const hueCount = 8;

/** A colour that stays with an id: FNV-1a over its characters. */
export const hueOf = (id: string): number => {
  let hash = 0x811c9dc5;
  for (const character of id) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return (hash >>> 0) % hueCount;
};
