import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigError, loadConfig, type LoadConfigOptions } from './config.ts';
import { editDistance, nearest } from './nearest.ts';
import { describeConfig } from './schema.ts';

const schema = z.object({
  port: z.int().min(0).max(65535).default(8802).describe('Port.'),
  host: z.string().default('127.0.0.1').describe('Address.'),
  publicUrls: z.array(z.url()).default([]).describe('Addresses given to browsers.'),
  verbose: z.boolean().default(false).describe('More lines.'),
  level: z.enum(['info', 'debug']).default('info').describe('Log level.'),
  password: z.string().min(8).meta({ sensitivity: 'secret' }).optional().describe('First password.'),
  database: z.string().optional().meta({ env: 'GUILDHALL_DATABASE_URL', description: 'Database.' }),
  peer: z
    .object({
      url: z.url().optional().describe('Its address.'),
      retryMs: z.int().default(500).describe('Pause.'),
    })
    .prefault({})
    .describe('The other controller.'),
});

type Given = Partial<Omit<LoadConfigOptions<typeof schema>, 'readFile'>> & { files?: Record<string, string> };

function load({ files = {}, ...given }: Given): z.output<typeof schema> {
  const readFile = (path: string): string => {
    const text = files[path];
    if (text === undefined) throw new Error('no such file');
    return text;
  };
  return loadConfig({ role: 'zctrl', schema, env: {}, readFile, ...given });
}

function problemsOf(given: Given): string[] {
  try {
    load(given);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ message }) => message);
    throw error;
  }
}

describe('loadConfig', () => {
  test('environment wins over file over default; nested keys are one level of the name', () => {
    const config = load({
      env: {
        GUILDHALL_ZCTRL_PORT: '9000',
        GUILDHALL_ZCTRL_PEER_URL: 'https://peer.example',
        GUILDHALL_ZCTRL_PUBLIC_URLS: 'https://a.example, https://b.example',
        GUILDHALL_ZCTRL_VERBOSE: 'true',
        GUILDHALL_ZCTRL_HOST: '',
        PATH: '/bin',
      },
      argv: ['--config', 'z.yaml'],
      files: { 'z.yaml': 'port: 1\nlevel: debug\npeer:\n  retryMs: 7\n' },
    });
    expect(config).toMatchObject({
      port: 9000,
      host: '127.0.0.1',
      level: 'debug',
      verbose: true,
      publicUrls: ['https://a.example', 'https://b.example'],
      peer: { url: 'https://peer.example', retryMs: 7 },
    });
  });

  test('a shared variable may set a key under its own name', () => {
    expect(load({ env: { GUILDHALL_DATABASE_URL: 'postgres://x' } }).database).toBe('postgres://x');
  });

  test('unknown keys are refused with the nearest valid one, all at once', () => {
    const problems = problemsOf({
      env: { GUILDHALL_ZCTRL_PROT: '1', GUILDHALL_ZCTRL_MINE: '1', GUILDHALL_MMR_PROT: '1' },
      sharedEnv: ['GUILDHALL_ZCTRL_MINE'],
      file: 'z.yaml',
      files: { 'z.yaml': 'hots: x\npeer:\n  ulr: https://a\n' },
    });
    expect(problems).toEqual([
      'hots (in z.yaml) is not a known key. Did you mean host?',
      'peer.ulr (in z.yaml) is not a known key. Did you mean peer.url?',
      'GUILDHALL_ZCTRL_PROT (in the environment) is not a known key. Did you mean GUILDHALL_ZCTRL_PORT?',
    ]);
  });

  test.each([
    ['PORT', 'abc', 'expected number'],
    ['PORT', '1e3', 'expected number'],
    ['PORT', '80.5', 'expected int'],
    ['PORT', '65536', '<=65535'],
    ['VERBOSE', 'yes', 'expected boolean'],
    ['LEVEL', 'loud', '"info"|"debug"'],
    ['PUBLIC_URLS', 'https://a,nonsense', 'URL'],
  ])('a wrong %s=%s names key, value and rule', (name, value, rule) => {
    const [problem = ''] = problemsOf({ env: { [`GUILDHALL_ZCTRL_${name}`]: value } });
    expect(problem).toContain(`GUILDHALL_ZCTRL_${name}`);
    expect(problem).toContain(value.split(',').at(-1));
    expect(problem).toContain(rule);
  });

  test('a wrong secret is never printed', () => {
    const [problem = ''] = problemsOf({ env: { GUILDHALL_ZCTRL_PASSWORD: 'hunter2' } });
    expect(problem).toContain('GUILDHALL_ZCTRL_PASSWORD');
    expect(problem).not.toContain('hunter2');
  });

  test('a secret may come from a file', () => {
    const env = { GUILDHALL_ZCTRL_PASSWORD_FILE: '/run/secrets/p' };
    expect(load({ env, files: { '/run/secrets/p': ' correct horse \n' } }).password).toBe(' correct horse ');
    expect(problemsOf({ env })).toEqual([
      'GUILDHALL_ZCTRL_PASSWORD_FILE names /run/secrets/p, which cannot be read.',
    ]);
    expect(problemsOf({ env: { GUILDHALL_ZCTRL_PORT_FILE: '/x' } })).toHaveLength(1);
  });

  test.each([
    ['is not there', {}],
    ['repeats a key', { 'z.yaml': 'port: 1\nport: 2\n' }],
    ['is no map', { 'z.yaml': '- port\n' }],
    ['is broken', { 'z.yaml': 'port: [1\n' }],
  ])('a file which %s is refused by its name', (_what, files) => {
    expect(problemsOf({ file: 'z.yaml', files })).toEqual([expect.stringContaining('z.yaml')]);
  });

  test('an empty file and an unknown argument', () => {
    expect(problemsOf({ file: 'z.yaml', files: { 'z.yaml': '' } })).toEqual([]);
    expect(problemsOf({ argv: ['--prot=1'] })).toEqual([expect.stringContaining('--prot=1')]);
  });
});

describe('nearest', () => {
  const word = fc.string({ minLength: 1, maxLength: 12 });

  test('the distance is a metric in what matters: zero for equal, symmetric, bounded by the longer', () => {
    fc.assert(
      fc.property(word, word, (left, right) => {
        const distance = editDistance(left, right);
        expect(distance).toBe(editDistance(right, left));
        expect(distance === 0).toBe(left === right);
        expect(distance).toBeLessThanOrEqual(Math.max(left.length, right.length));
        expect(distance).toBeGreaterThanOrEqual(Math.abs(left.length - right.length));
      }),
    );
  });

  test('one slip of any kind leads back to the key', () => {
    const keys = ['mediaPort', 'listenHost', 'controlUrl', 'dataDirectory'];
    const slip = fc.tuple(
      fc.constantFrom(...keys),
      fc.nat(),
      fc.constantFrom('drop', 'swap', 'double', 'replace'),
    );
    fc.assert(
      fc.property(slip, ([key, position, kind]) => {
        const at = position % (key.length - 1);
        const [head, one, two, tail] = [
          key.slice(0, at),
          key.charAt(at),
          key.charAt(at + 1),
          key.slice(at + 2),
        ];
        const typed = {
          drop: head + two + tail,
          swap: head + two + one + tail,
          double: head + one + one + two + tail,
          replace: `${head}_${two}${tail}`,
        }[kind];
        expect(nearest(typed ?? '', keys)).toBe(key);
      }),
    );
  });

  test('has nothing to say without candidates', () => expect(nearest('x', [])).toBeUndefined());
});

test('describeConfig lists every key with its variable, default and whether it is secret', () => {
  const rows = describeConfig('zctrl', schema);
  expect(rows.map(({ key }) => key)).toEqual([
    'port',
    'host',
    'publicUrls',
    'verbose',
    'level',
    'password',
    'database',
    'peer.url',
    'peer.retryMs',
  ]);
  expect(rows[0]).toEqual({
    key: 'port',
    env: ['GUILDHALL_ZCTRL_PORT'],
    type: 'number',
    default: '8802',
    isRequired: false,
    isSecret: false,
    description: 'Port.',
  });
  expect(rows.find(({ key }) => key === 'password')).toMatchObject({ isSecret: true, isRequired: false });
  expect(rows.find(({ key }) => key === 'level')?.type).toBe('info | debug');
  expect(rows.find(({ key }) => key === 'database')?.env).toContain('GUILDHALL_DATABASE_URL');
  expect(() => describeConfig('x', z.object({ bare: z.string() }))).toThrow('bare');
});
