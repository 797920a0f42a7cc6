import {
  closeCodes,
  type Contract,
  cascadeContract,
  controlContract,
  gatewayContract,
  type Half,
  meetingContract,
  pairContract,
  zoneContract,
} from '@guildhall/protocol';
import { z } from 'zod';

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly description?: string;
}

const unionOf = (options: readonly JsonSchema[], depth: number): string =>
  [...new Set(options.map((option) => shapeOf(option, depth)))].join(' \\| ');

/** A one-line picture of a schema; deep shapes are cut, for the table must stay readable. */
const shapeOf = (schema: JsonSchema, depth = 0): string => {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' \\| ');
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) return unionOf(options, depth);
  if (schema.type === 'array') return `${shapeOf(schema.items ?? {}, depth)}[]`;
  if (schema.properties !== undefined) {
    if (depth > 1) return '{…}';
    const required = new Set(schema.required ?? []);
    const fields = Object.entries(schema.properties).map(
      ([name, field]) => `${name}${required.has(name) ? '' : '?'}: ${shapeOf(field, depth + 1)}`,
    );
    return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
  }
  return typeof schema.type === 'string' ? schema.type : 'any';
};

const shape = (schema: z.ZodType): string =>
  `\`${shapeOf(z.toJSONSchema(schema, { unrepresentable: 'any' }) as JsonSchema)
    .replaceAll('\\|', '|')
    .replaceAll('|', '¦')}\``;

const halfRows = (half: Half): string[] => {
  const lines: string[] = [];
  const requests = Object.entries(half.requests);
  if (requests.length > 0) {
    lines.push('| request | input | answer | may also answer | repeat |', '|---|---|---|---|---|');
    for (const [name, request] of requests)
      lines.push(
        `| \`${name}\` | ${shape(request.input)} | ${shape(request.output)} | ${request.errors.map((code) => `\`${code}\``).join(' ')} | ${request.retry} |`,
      );
    lines.push('');
  }
  const events = Object.entries(half.events);
  if (events.length > 0) {
    lines.push('| event | data |', '|---|---|');
    for (const [name, event] of events) lines.push(`| \`${name}\` | ${shape(event.data)} |`);
    lines.push('');
  }
  return lines;
};

const links: readonly { contract: Contract; title: string; where: string; a: string; b: string }[] = [
  {
    contract: meetingContract,
    title: 'Browser ↔ router',
    where: 'WebSocket `/v1/meeting` of `mmr`',
    a: 'router',
    b: 'browser',
  },
  {
    contract: zoneContract,
    title: 'Router ↔ zone controller',
    where: 'WebSocket `/v1/router` of `zctrl`',
    a: 'zone controller',
    b: 'router',
  },
  {
    contract: cascadeContract,
    title: 'Router ↔ router, for one meeting',
    where: 'WebSocket `/v1/cascade` of the `mmr` that owns the meeting',
    a: 'top router',
    b: 'sub router',
  },
  {
    contract: pairContract,
    title: 'Zone controller ↔ zone controller',
    where: 'WebSocket `/v1/pair` of `zctrl`; both dial, and both serve the same requests but `hello`',
    a: 'controller that was dialled',
    b: 'controller that dialled',
  },
  {
    contract: controlContract,
    title: 'Zone controller ↔ cloud',
    where: 'WebSocket `/control` of the cloud',
    a: 'cloud',
    b: 'zone controller',
  },
  {
    contract: gatewayContract,
    title: 'Page ↔ gateway',
    where: 'WebSocket `/gateway` of the cloud',
    a: 'gateway',
    b: 'page',
  },
];

export const protocolPage = (): string => {
  const lines = [
    '# Protocol',
    '',
    'Generated from the contracts in `packages/protocol`; do not edit. Links are WebSockets that carry JSON-RPC 2.0 (one message per text frame, no batches).',
    'Requests have an id and are answered; events are notifications. Every message is checked by both sides. The REST API is described by the server itself at',
    '`/api/v1/openapi.json` and, readably, at `/api/docs`. In the shapes `¦` separates alternatives; deep parts are cut (`{…}`): the schemas are the truth.',
    '',
    '## Close codes',
    '',
    '| code | name | try again |',
    '|---|---|---|',
    ...Object.entries(closeCodes).map(
      ([code, entry]) => `| ${code} | ${entry.name} | ${entry.retry ? 'yes' : 'no'} |`,
    ),
    '',
  ];
  for (const link of links) {
    lines.push(
      `## ${link.title}`,
      '',
      `${link.where}; contract \`${link.contract.name}\`, version ${link.contract.version}.`,
      '',
    );
    for (const [side, name] of [
      ['a', link.a],
      ['b', link.b],
    ] as const) {
      const rows = halfRows(link.contract[side]);
      if (rows.length > 0) lines.push(`### Served and told by the ${name}`, '', ...rows);
    }
  }
  return lines.join('\n');
};
