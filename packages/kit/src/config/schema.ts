import { z } from 'zod';

/** One key which may be set, at the top level or one level down (`peer.url`). */
export interface ConfigKey {
  /** `port` or `peer.url`. */
  readonly path: string;
  readonly schema: z.core.$ZodType;
  /** `GUILDHALL_ZCTRL_PEER_URL`, then other names by which it goes (meta `env`). */
  readonly envNames: readonly string[];
  readonly isSecret: boolean;
  readonly kind: ValueKind;
}

type ValueKind = 'string' | 'number' | 'boolean' | 'list' | 'other';

const Meta = z.object({
  description: z.string().optional(),
  /** `secret`: never printed; the mark of packages/protocol. */
  sensitivity: z.string().optional(),
  /** Another environment variable for the same key. */
  env: z.string().optional(),
});
type SchemaMeta = z.output<typeof Meta>;

/** Meta of a schema or of what it wraps: `.default()` and `.optional()` do not carry it outwards by themselves. */
function metaOf(schema: z.core.$ZodType): SchemaMeta {
  const own = Meta.safeParse(z.globalRegistry.get(schema) ?? {}).data ?? {};
  const inner = innerOf(schema);
  return inner ? { ...metaOf(inner), ...own } : own;
}

/** Whether the schema, or what it wraps, is marked `sensitivity: 'secret'`. */
export function isSecretSchema(schema: z.core.$ZodType): boolean {
  return metaOf(schema).sensitivity === 'secret';
}

/** How zod itself describes a schema. */
export function defOf(schema: z.core.$ZodType): z.core.$ZodTypeDef {
  // oxlint-disable-next-line no-underscore-dangle -- zod's documented place for those who inspect schemas
  return schema._zod.def;
}

/** What a default, optional, nullable, readonly or pipe wraps. */
export function innerOf(schema: z.core.$ZodType): z.core.$ZodType | undefined {
  const def = defOf(schema);
  if ('innerType' in def && def.innerType instanceof z.core.$ZodType) return def.innerType;
  if (def.type === 'pipe' && 'in' in def && def.in instanceof z.core.$ZodType) return def.in;
  return undefined;
}

/** The schema without its wrappers. */
function coreOf(schema: z.core.$ZodType): z.core.$ZodType {
  const inner = innerOf(schema);
  return inner ? coreOf(inner) : schema;
}

/** Shape of an object schema, through its wrappers. */
export function shapeOf(schema: z.core.$ZodType): Readonly<Record<string, z.core.$ZodType>> | undefined {
  const core = coreOf(schema);
  return core instanceof z.ZodObject ? core.shape : undefined;
}

/** Every key of the schema; objects are opened one level. */
export function keysOf(role: string, schema: z.ZodObject): ConfigKey[] {
  return Object.entries(schema.shape).flatMap(([name, field]) => {
    const shape = shapeOf(field);
    if (!shape) return [keyOf(role, [name], field)];
    return Object.entries(shape).map(([inner, innerField]) => keyOf(role, [name, inner], innerField));
  });
}

function keyOf(role: string, names: string[], schema: z.core.$ZodType): ConfigKey {
  const { env } = metaOf(schema);
  const own = [envPrefix(role).slice(0, -1), ...names.map(upperSnake)].join('_');
  return {
    path: names.join('.'),
    schema,
    envNames: env === undefined ? [own] : [own, env],
    isSecret: isSecretSchema(schema),
    kind: kindOf(schema),
  };
}

/** `GUILDHALL_ZCTRL_` */
export function envPrefix(role: string): string {
  return `GUILDHALL_${upperSnake(role)}_`;
}

function upperSnake(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[^A-Za-z0-9]+/g, '_')
    .toUpperCase();
}

const kinds: Readonly<Record<string, ValueKind>> = {
  string: 'string',
  enum: 'string',
  literal: 'string',
  number: 'number',
  int: 'number',
  boolean: 'boolean',
  array: 'list',
};

function kindOf(schema: z.core.$ZodType): ValueKind {
  return kinds[defOf(coreOf(schema)).type] ?? 'other';
}

/** For the generated docs/config.md. */
export interface ConfigRow {
  readonly key: string;
  readonly env: readonly string[];
  readonly type: string;
  /** JSON; undefined when the key has none and must be given, or is optional. */
  readonly default: string | undefined;
  readonly isRequired: boolean;
  readonly isSecret: boolean;
  readonly description: string;
}

/** One row for each key. @throws Error for a key without a description: docs are part of the schema. */
export function describeConfig(role: string, schema: z.ZodObject): ConfigRow[] {
  return keysOf(role, schema).map((key) => {
    const { description } = metaOf(key.schema);
    if (description === undefined) throw new Error(`the key ${key.path} of ${role} has no description`);
    const byDefault = defaultOf(key.schema);
    return {
      key: key.path,
      env: key.envNames,
      type: typeWord(key.schema),
      default: byDefault === undefined || key.isSecret ? undefined : JSON.stringify(byDefault),
      isRequired: byDefault === undefined && !z.safeParse(key.schema, undefined).success,
      isSecret: key.isSecret,
      description,
    };
  });
}

function defaultOf(schema: z.core.$ZodType): unknown {
  const result = z.safeParse(schema, undefined);
  return result.success ? result.data : undefined;
}

function typeWord(schema: z.core.$ZodType): string {
  const def = defOf(coreOf(schema));
  if (def.type === 'enum' && 'entries' in def) return Object.values(def.entries ?? {}).join(' | ');
  if (def.type === 'array') return 'list, comma-separated';
  return def.type;
}
