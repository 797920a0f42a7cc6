import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkNetwork, formatIpv4, networkRules, parseIpv4, parseMask, subnetOf } from './index.ts';
import { good } from './testing.ts';

describe('network settings, whatever is typed', () => {
  const anyIpv4 = fc.nat({ max: 0xff_ff_ff_ff });

  test('an address is what its strict text says', () => {
    fc.assert(
      fc.property(anyIpv4, (address) => {
        expect(parseIpv4(formatIpv4(address))).toEqual({ ok: true, value: address });
      }),
    );
  });

  test('dotted masks and prefix lengths agree, and subnets hold their members', () => {
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 30 }), anyIpv4, (length, address) => {
        const mask = formatIpv4(2 ** 32 - 2 ** (32 - length));
        expect(parseMask(mask)).toEqual(parseMask(String(length)));
        const first = subnetOf(address, length);
        expect(address - first).toBeGreaterThanOrEqual(0);
        expect(address - first).toBeLessThan(2 ** (32 - length));
        expect(subnetOf(first, length)).toBe(first);
      }),
    );
  });

  test('no text field lets anything through that a shell, a file or an option parser could read otherwise', () => {
    const field = fc.constantFrom(
      'address',
      'mask',
      'gateway',
      'aliasAddress',
      'aliasMask',
      'hostName',
      'proxy',
    );
    const bad = fc
      .tuple(
        fc.string({ maxLength: 20 }),
        fc.constantFrom(...Array.from(' ;|&$`<>()\\"\'\n\r\0*?[]{}~!#%^=+,é'), '\ud800'),
        fc.string(),
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(field, bad, (name, text) => {
        const verdict = checkNetwork({ ...good, [name]: text });
        const fields = verdict.ok ? [] : verdict.refusals.map((refusal) => refusal.field);
        expect(fields).toContain(name);
      }),
    );
  });

  test('a refusal names a field of the form and a rule that has words', () => {
    const text = fc.oneof(fc.string(), fc.ipV4(), fc.constantFrom('', '10.20.0.5', '24'));
    const list = fc.array(text, { maxLength: 6 });
    const port = fc.oneof(fc.integer(), fc.double());
    const form = fc.record({
      mode: fc.constantFrom('two-addresses' as const, 'one-address' as const),
      method: fc.constantFrom('dhcp' as const, 'static' as const),
      address: text,
      mask: text,
      gateway: text,
      aliasAddress: text,
      aliasMask: text,
      dns: list,
      hostName: text,
      ntp: list,
      proxy: text,
      zctrlPort: port,
      mmrPort: port,
      mediaPort: port,
      external: fc.array(
        fc.record({
          service: fc.constantFrom('zctrl' as const, 'mmr' as const, 'media' as const),
          address: text,
          port,
        }),
        { maxLength: 3 },
      ),
    });
    fc.assert(
      fc.property(form, (typed) => {
        const verdict = checkNetwork(typed);
        if (verdict.ok) return;
        for (const { field, rule } of verdict.refusals) {
          expect(Object.keys(typed)).toContain(field.split('.')[0]);
          expect(networkRules[rule]).toBeTruthy();
        }
        expect(new Set(verdict.refusals.map(({ field }) => field)).size).toBe(verdict.refusals.length);
      }),
    );
  });
});
