/** Languages every page offers. */
export const LANGUAGES = ['en', 'es'] as const;
export type Language = (typeof LANGUAGES)[number];

/** Each language in its own words, as a menu shows it. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { en: 'English', es: 'Español' };

/** Words of one namespace: a tree of strings. Plurals are the key twice, ending in `_one` and `_other`. */
export interface Messages {
  readonly [key: string]: string | Messages;
}

/** Words of one language: namespace → messages. */
export type Namespaces = Readonly<Record<string, Messages>>;

type WithoutPlural<K extends string> = K extends `${infer Base}_one` | `${infer Base}_other` ? Base : K;

/** Dotted paths to every string of `M`, plural forms folded into one key. */
export type MessageKey<M> = {
  [K in keyof M & string]: M[K] extends string ? WithoutPlural<K> : `${K}.${MessageKey<M[K]>}`;
}[keyof M & string];

/** The same tree as `M` with other words; a missing or extra key does not compile. */
export type Translated<M> = {
  readonly [K in keyof M]: M[K] extends string ? string : Translated<M[K]>;
};

/** Values for the `{{name}}` places of a text; `count` also picks the plural form. */
export type TextValues = Readonly<Record<string, string | number>>;

export type Translate<Key extends string> = (key: Key, values?: TextValues) => string;
