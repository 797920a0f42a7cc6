import { readOpen } from '@guildhall/rpc';
import { expect, test } from 'vitest';
import { z } from 'zod';
import * as protocol from '@guildhall/protocol';
import type { Contract, Half } from '@guildhall/protocol';

const contracts: readonly Contract[] = [
  protocol.controlContract,
  protocol.zoneContract,
  protocol.pairContract,
  protocol.cascadeContract,
  protocol.meetingContract,
  protocol.gatewayContract,
];

test('the links between our own processes drop what they do not know; those of pages refuse it', () => {
  const open = contracts.filter(({ dropsUnknownFields }) => dropsUnknownFields).map(({ name }) => name);
  expect(open).toEqual(['control', 'zone', 'pair', 'cascade']);
});

/** Everything that may travel on a link. */
const messagesOf = (half: Half): [string, z.ZodType][] => [
  ...Object.entries(half.requests).flatMap(([name, { input, output }]): [string, z.ZodType][] => [
    [`${name} asked`, input],
    [`${name} answered`, output],
  ]),
  ...Object.entries(half.events).map(([name, { data }]): [string, z.ZodType] => [name, data]),
];
const messages = contracts
  .filter(({ dropsUnknownFields }) => dropsUnknownFields)
  .flatMap((contract) =>
    [contract.a, contract.b].flatMap(messagesOf).map((one) => [contract.name, ...one] as const),
  );

test.each(messages)(
  '%s: %s has room for fields of a later version, at every depth',
  (_link, _name, schema) => {
    const known = schema.parse(sampleOf(schema, false));
    const later = sampleOf(schema, true);
    // As it is written: nothing unknown ever leaves.
    expect([undefined, known]).toContainEqual(schema.safeParse(later).data);
    expect(readOpen(schema, later)).toEqual({ success: true, data: known });
  },
);

const texts = [
  'Ada',
  ...['mtg', 'nod', 'prt', 'rtr', 'trk', 'cht', 'zon', 'acc', 'usr'].map((prefix) => `${prefix}_0000000000`),
  'guest:prt_0000000000',
  '0.1.0',
  '123456789',
  'wss://router/v1/meeting',
  'https://controller',
  'a'.repeat(20),
  'a'.repeat(43),
  'a.b.c',
  '10.0.0.1',
  'audio/opus',
  'L1T3',
  `${'a'.repeat(59)}=`,
];

const fromALaterVersion = { and: [{ more: 1 }] };

/** A value of this schema with everything optional in it. @param later adds an unknown field to every object */
function sampleOf(schema: unknown, later: boolean): unknown {
  if (schema instanceof z.ZodObject) {
    const entries = Object.entries(schema.shape).map(([key, one]) => [key, sampleOf(one, later)]);
    return { ...Object.fromEntries(entries), ...(later && { fromALaterVersion }) };
  }
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodExactOptional) {
    return sampleOf(schema.unwrap(), later);
  }
  if (schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    return sampleOf(schema.unwrap(), later);
  if (schema instanceof z.ZodPipe) return sampleOf(schema.out, later);
  if (schema instanceof z.ZodArray) return [sampleOf(schema.element, later)];
  if (schema instanceof z.ZodUnion) return sampleOf(schema.options[0], later);
  if (schema instanceof z.ZodRecord) return {};
  if (schema instanceof z.ZodLiteral) return [...schema.values][0];
  if (schema instanceof z.ZodEnum) return schema.options[0];
  if (!(schema instanceof z.ZodType)) throw new Error('not a schema');
  const found = [...texts, 1, true, 0.5, 96, 5_000, 48_000, 0].find((one) => schema.safeParse(one).success);
  if (found === undefined) throw new Error(`no sample of ${schema.type}`);
  return found;
}
