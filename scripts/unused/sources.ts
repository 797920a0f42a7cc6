import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** Paths, relative to the root, of the files below a folder whose name matches. */
export const filesBelow = (directory: string, name: RegExp): string[] =>
  readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' })
    .map((path) => `${directory}/${path.replaceAll('\\', '/')}`)
    .filter((path) => name.test(path) && !path.includes('/node_modules/'));

export const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');

/** The code of these folders as one text, without tests and without the paths that `except` matches. */
export const codeBelow = (directories: readonly string[], except?: RegExp): string =>
  directories
    .flatMap((directory) => filesBelow(directory, /\.tsx?$/u))
    .filter((path) => !/\.test\.tsx?$|\/testing(\.tsx?$|\/)/u.test(path) && !except?.test(path))
    .map(textOf)
    .join('\n');
