import { readFileSync } from 'node:fs';
import { GuildhallError } from '@guildhall/rpc';
import { parse as parseYaml } from 'yaml';
import type { z } from 'zod';
import { nearest } from './nearest.ts';
import { envPrefix, keysOf, shapeOf, type ConfigKey } from './schema.ts';

/** One thing wrong with the configuration. */
export interface ConfigProblem {
  /** Key as written by the person (`portt`, `GUILDHALL_CLOUD_PORTT`). */
  readonly key: string;
  /** Sentence which names the key, the rule and, unless it is a secret, the value. */
  readonly message: string;
}

/** The configuration is refused; `problems` holds all that is wrong, `message` all of it on lines of its own. */
export class ConfigError extends GuildhallError {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super('config.invalid', problems.map(({ message }) => message).join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

export interface LoadConfigOptions<T extends z.ZodObject> {
  /** `cloud`, `zctrl`, `mmr`, `console`: the prefix of the variables is `GUILDHALL_<ROLE>_`. */
  role: string;
  schema: T;
  env: Readonly<Record<string, string | undefined>>;
  /** YAML file; a `--config <file>` in `argv` wins. */
  file?: string;
  /** Arguments after the script's name. Only `--config <file>` is known. */
  argv?: readonly string[];
  /** Variables with the role's prefix which are somebody else's. */
  sharedEnv?: readonly string[];
  /** For tests. Default: reads the file system. */
  readFile?: (path: string) => string;
}

type Layer = Record<string, unknown>;

/**
 * The configuration of one process: environment over file over defaults, all of it checked. An empty variable counts
 * as not given. A secret may come from a file: `<VARIABLE>_FILE` names it, one trailing line break is cut.
 *
 * @throws ConfigError
 */
export function loadConfig<T extends z.ZodObject>(options: LoadConfigOptions<T>): z.output<T> {
  const problems: ConfigProblem[] = [];
  const readFile = options.readFile ?? ((path: string) => readFileSync(path, 'utf8'));
  const keys = keysOf(options.role, options.schema);
  const file = configFile(options, problems);
  const fromFile = file === undefined ? {} : readYaml(file, readFile, problems);
  findUnknown(fromFile, options.schema, file ?? '', problems);
  const sources = new Map<string, string>();
  const fromEnv = readEnv(options, keys, readFile, sources, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  const parsed = options.schema.safeParse(mergeLayers(fromFile, fromEnv));
  if (parsed.success) return parsed.data;
  throw new ConfigError(
    parsed.error.issues.map((issue) =>
      describeIssue(issue, keys, sources, file, mergeLayers(fromFile, fromEnv)),
    ),
  );
}

function configFile(
  options: { file?: string; argv?: readonly string[] },
  problems: ConfigProblem[],
): string | undefined {
  const argv = options.argv ?? [];
  let { file } = options;
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at] ?? '';
    const value = argument.startsWith('--config=') ? argument.slice('--config='.length) : undefined;
    if (value !== undefined) file = value;
    else if (argument === '--config' && argv[at + 1] !== undefined) file = argv[++at];
    else {
      const message = `The argument ${argument} is not known; give a file as --config <file>, all else as variables.`;
      problems.push({ key: argument, message });
    }
  }
  return file;
}

function readYaml(path: string, readFile: (path: string) => string, problems: ConfigProblem[]): Layer {
  try {
    const value: unknown = parseYaml(readFile(path), { uniqueKeys: true, maxAliasCount: 0 });
    if (value === null) return {};
    if (isLayer(value)) return value;
    problems.push({ key: path, message: `${path} must hold keys and values.` });
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
    problems.push({ key: path, message: `${path} cannot be read: ${why}` });
  }
  return {};
}

function findUnknown(
  layer: Layer,
  schema: z.core.$ZodType,
  file: string,
  problems: ConfigProblem[],
  prefix = '',
): void {
  const shape = shapeOf(schema);
  if (!shape) return;
  for (const [name, value] of Object.entries(layer)) {
    const field = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (field && isLayer(value)) findUnknown(value, field, file, problems, `${prefix}${name}.`);
    else if (!field)
      problems.push(
        unknownKey(
          `${prefix}${name}`,
          Object.keys(shape).map((key) => prefix + key),
          file,
        ),
      );
  }
}

function unknownKey(key: string, valid: readonly string[], source: string): ConfigProblem {
  const closest = nearest(key, valid);
  const hint = closest === undefined ? '' : ` Did you mean ${closest}?`;
  return { key, message: `${key} (in ${source}) is not a known key.${hint}` };
}

function readEnv<T extends z.ZodObject>(
  options: LoadConfigOptions<T>,
  keys: readonly ConfigKey[],
  readFile: (path: string) => string,
  sources: Map<string, string>,
  problems: ConfigProblem[],
): Layer {
  const layer: Layer = {};
  const known = new Set(options.sharedEnv);
  for (const key of keys) {
    for (const name of key.envNames) {
      known.add(name);
      const given = givenValue(key, name, options.env, known, readFile, problems);
      if (given === undefined || sources.has(key.path)) continue;
      sources.set(key.path, name);
      setPath(layer, key.path, fromText(key, given));
    }
  }
  const prefix = envPrefix(options.role);
  const valid = keys.flatMap(({ envNames }) => envNames);
  for (const [name, value] of Object.entries(options.env)) {
    if (!name.startsWith(prefix) || known.has(name) || value === undefined || value === '') continue;
    problems.push(unknownKey(name, valid, 'the environment'));
  }
  return layer;
}

function givenValue(
  key: ConfigKey,
  name: string,
  env: Readonly<Record<string, string | undefined>>,
  known: Set<string>,
  readFile: (path: string) => string,
  problems: ConfigProblem[],
): string | undefined {
  const direct = env[name] === '' ? undefined : env[name];
  if (!key.isSecret) return direct;
  const fileVariable = `${name}_FILE`;
  known.add(fileVariable);
  const path = env[fileVariable];
  if (direct !== undefined || path === undefined || path === '') return direct;
  try {
    return readFile(path).replace(/\r?\n$/, '');
  } catch {
    problems.push({ key: fileVariable, message: `${fileVariable} names ${path}, which cannot be read.` });
    return undefined;
  }
}

/** Strictly: what is not clearly a number or a boolean stays text, which the schema then refuses with its own rule. */
function fromText(key: ConfigKey, text: string): unknown {
  switch (key.kind) {
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'list':
      return text.split(',').map((item) => item.trim());
    case 'string':
    case 'other':
      break;
  }
  return text;
}

function describeIssue(
  issue: z.core.$ZodIssue,
  keys: readonly ConfigKey[],
  sources: ReadonlyMap<string, string>,
  file: string | undefined,
  given: Layer,
): ConfigProblem {
  const path = issue.path.map(String).join('.');
  const key = keys.find((candidate) => path === candidate.path || path.startsWith(`${candidate.path}.`));
  const source = (key && sources.get(key.path)) ?? (getPath(given, path) === undefined ? undefined : file);
  const value = getPath(given, path);
  const name =
    source !== undefined && source !== file
      ? `${path} (${source})`
      : path === ''
        ? 'The configuration'
        : path;
  const rule = issue.message.replace(/^Invalid input: /, '');
  if (value === undefined) {
    const how = key ? `; set ${key.envNames.join(' or ')}` : '';
    return { key: path, message: `${name} is missing or wrong: ${rule}${how}.` };
  }
  const shown = key?.isSecret === true ? 'a secret value' : JSON.stringify(value);
  return { key: path, message: `${name} is ${shown}, which is refused: ${rule}.` };
}

function mergeLayers(below: Layer, above: Layer): Layer {
  const merged: Layer = { ...below };
  for (const [name, value] of Object.entries(above)) {
    const under = merged[name];
    merged[name] = isLayer(value) && isLayer(under) ? { ...under, ...value } : value;
  }
  return merged;
}

function setPath(layer: Layer, path: string, value: unknown): void {
  const [outer = '', inner] = path.split('.');
  if (inner === undefined) layer[outer] = value;
  else layer[outer] = { ...(isLayer(layer[outer]) ? layer[outer] : {}), [inner]: value };
}

function getPath(layer: Layer, path: string): unknown {
  let value: unknown = layer;
  for (const name of path.split('.'))
    value = isLayer(value) || Array.isArray(value) ? Reflect.get(value, name) : undefined;
  return value;
}

function isLayer(value: unknown): value is Layer {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
