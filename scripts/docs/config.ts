import { join } from 'node:path';
import { describeConfig } from '@guildhall/kit';
import type { z } from 'zod';
import { configSchema as cloud } from '../../apps/cloud/src/config.ts';
import { configSchema as console } from '../../apps/console/src/config.ts';
import { configSchema as mmr } from '../../apps/mmr/src/config.ts';
import { configSchema as zctrl } from '../../apps/zctrl/src/config.ts';

const schemas: Readonly<Record<string, z.ZodObject>> = { cloud, zctrl, mmr, console };

const root = join(import.meta.dirname, '..', '..');

/** Where the product is installed differs from machine to machine; the page must not. */
const cell = (text: string): string =>
  text.replaceAll(`${root}/`, '<installation>/').replaceAll('|', '\\|').replaceAll('\n', ' ');

export const configPage = (): string => {
  const lines = [
    '# Configuration',
    '',
    'Generated from `apps/*/src/config.ts`; do not edit. Every process reads an optional YAML file (`--config <file>`) and, over it, the',
    'environment. An unknown key or a wrong value is refused with its name and the nearest valid one. A secret may come from a file: `<VARIABLE>_FILE`.',
    'Evaluation mode (`npm start`) sets all of this by itself; its own few variables are in the README.',
    '',
  ];
  for (const [role, schema] of Object.entries(schemas)) {
    lines.push(
      `## ${role}`,
      '',
      '| key | variable | type | default | what it does |',
      '|---|---|---|---|---|',
    );
    for (const row of describeConfig(role, schema)) {
      const byDefault = row.isSecret ? 'secret' : (row.default ?? (row.isRequired ? 'required' : ''));
      const env = row.env.map((name) => `\`${name}\``).join(' ');
      lines.push(
        `| \`${row.key}\` | ${env} | ${cell(row.type)} | ${byDefault === '' ? '' : `\`${cell(byDefault)}\``} | ${cell(row.description)} |`,
      );
    }
    lines.push('');
  }
  return lines.join('\n');
};
