import { anything, array, constant, constantFrom, nat, oneof, record, type Arbitrary } from 'fast-check';

// What a hostile client can put in place of anything: the table of bad inputs, and then whatever fast-check thinks of.
const nasty = oneof(
  {
    weight: 4,
    arbitrary: constantFrom<unknown>(
      null,
      true,
      false,
      0,
      -1,
      1,
      1.5,
      72,
      255,
      256,
      300,
      65_536,
      2 ** 31,
      2 ** 32 - 1,
      2 ** 32,
      2 ** 53,
      -(2 ** 31),
      1e308,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      '',
      'x',
      '0',
      '$(id)',
      'a\nb',
      '\0',
      '\u202e',
      'a'.repeat(65_536),
      [],
      {},
      [null],
      { ssrc: 1 },
      'audio/opus',
      'video/VP8',
      'video/rtx',
      'video/H264',
      'video/AV1',
      'audio/rtx',
      'video/red',
      'L99T99',
      'S3T3',
      'L2T2',
      'urn:ietf:params:rtp-hdrext:toffset',
      'md5',
      'sha-1',
      'sha-512',
      'server',
      'r0',
      96,
      97,
      111,
      90_000,
      48_000,
      '42e01f',
      '640032',
    ),
  },
  { weight: 1, arbitrary: anything({ maxDepth: 2, withBigInt: true, withNullPrototype: true }) },
);

type Path = readonly (string | number)[];

const isContainer = (value: unknown): value is Record<string | number, unknown> =>
  typeof value === 'object' && value !== null;

const pathsOf = (value: unknown, path: Path = []): Path[] =>
  isContainer(value)
    ? [
        path,
        ...Object.keys(value).flatMap((key) =>
          pathsOf(value[key], [...path, Array.isArray(value) ? Number(key) : key]),
        ),
      ]
    : [path];

type Change =
  | { readonly op: 'set'; readonly where: number; readonly value: unknown }
  | { readonly op: 'delete' | 'double'; readonly where: number }
  | { readonly op: 'copy'; readonly where: number; readonly from: number };

const where = nat({ max: 10_000 });
export const changes: Arbitrary<Change[]> = array(
  oneof(
    { weight: 4, arbitrary: record({ op: constant('set' as const), where, value: nasty }) },
    { weight: 1, arbitrary: record({ op: constantFrom('delete' as const, 'double' as const), where }) },
    { weight: 2, arbitrary: record({ op: constant('copy' as const), where, from: where }) },
  ),
  { minLength: 1, maxLength: 3 },
);

const at = (root: unknown, path: Path): unknown =>
  path.reduce<unknown>((value, key) => (isContainer(value) ? value[key] : undefined), root);

/** A valid value with a few places changed for the worse. */
export const mutate = (valid: unknown, list: readonly Change[]): unknown => {
  const box: Record<string, unknown> = { value: structuredClone(valid) };
  for (const change of list) {
    const paths = pathsOf(box).slice(1);
    const path = paths[change.where % paths.length] ?? ['value'];
    const parent = at(box, path.slice(0, -1));
    const key = path.at(-1);
    if (!isContainer(parent) || key === undefined) continue;
    if (change.op === 'delete') delete parent[key];
    else if (change.op === 'set') parent[key] = structuredClone(change.value);
    else if (change.op === 'copy')
      parent[key] = structuredClone(at(box, paths[change.from % paths.length] ?? path));
    else if (Array.isArray(parent)) parent.push(structuredClone(parent[Number(key)]));
  }
  return box['value'];
};

/** A hostile value where the types ask for an honest one, as it would arrive if nobody had checked it. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a lie on purpose, and the only one
export const hostile = (value: unknown): never => value as never;
