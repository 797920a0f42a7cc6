import { isAbsolute } from 'node:path';
import { Refused } from './refused.ts';

export const verbs = ['status', 'apply', 'confirm', 'rollback', 'recover', 'watch'] as const;
export type Verb = (typeof verbs)[number];

/** What the helper was asked. Every word has its fixed place or name; there is no other way to tell it anything. */
export interface HelperOptions {
  readonly verb: Verb;
  /** Directory of the journal and of the settings in force. */
  readonly stateDir: string;
  /** Below it lie the files of `networkFiles`; `/` on a server. */
  readonly root: string;
  /** `eth0` */
  readonly interfaceName: string;
  /** How long new settings stay without a confirmation, ms. */
  readonly confirmWithinMs: number;
  /** A file that names this start of the machine. */
  readonly bootIdFile: string;
  /** The one argument of `apply` (file of the settings) and of `watch`, `confirm` and `rollback` (id of the change). */
  readonly subject: string | undefined;
}

const defaults = { '--confirm-within': '120000', '--boot-id-file': '/proc/sys/kernel/random/boot_id' };
const names = new Set(['--state', '--root', '--interface', '--confirm-within', '--boot-id-file']);
const needsSubject: ReadonlySet<Verb> = new Set(['apply', 'watch', 'confirm', 'rollback']);

/** @throws Refused `usage` naming the wrong word */
export function readOptions(words: readonly string[]): HelperOptions {
  const verb = verbs.find((one) => one === words[0]);
  if (!verb) throw usage(`the first word must be one of ${verbs.join(', ')}`);
  const values = new Map<string, string>(Object.entries(defaults));
  const rest = words.slice(1);
  let subject: string | undefined;
  while (rest.length > 0) {
    const word = rest.shift() ?? '';
    if (!word.startsWith('--')) {
      if (subject !== undefined || !needsSubject.has(verb)) throw usage('there is a word too many');
      subject = word;
      continue;
    }
    const value = rest.shift();
    if (!names.has(word) || value === undefined)
      throw usage('there is an unknown option, or one without its value');
    values.set(word, value);
  }
  if (needsSubject.has(verb) && subject === undefined) throw usage(`${verb} needs an argument`);
  const path = (name: string): string => {
    const value = values.get(name) ?? '';
    if (!isAbsolute(value) || value.includes('\0')) throw usage(`${name} must be an absolute path`);
    return value;
  };
  const interfaceName = values.get('--interface') ?? '';
  // Twelve characters: the label of the second address, `name:0`, must fit into the 15 of the kernel.
  if (!/^[a-z][a-z0-9_-]{0,11}$/u.test(interfaceName))
    throw usage('--interface must be the name of an interface');
  const within = values.get('--confirm-within') ?? '';
  if (!/^[1-9][0-9]{0,6}$/u.test(within)) throw usage('--confirm-within must be milliseconds');
  return {
    verb,
    stateDir: path('--state'),
    root: path('--root'),
    interfaceName,
    confirmWithinMs: Number(within),
    bootIdFile: path('--boot-id-file'),
    subject,
  };
}

const usage = (rule: string): Refused => new Refused('usage', `The helper was called wrongly: ${rule}.`);
