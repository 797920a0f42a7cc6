import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { until } from '@guildhall/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Machine, wantedForm, type Seen } from './namespace.ts';

let machine: Machine;
let old: Seen;
beforeEach(() => {
  machine = new Machine();
  old = machine.seen();
});
afterEach(() => machine.close());

const newAddresses = ['10.20.0.5/24 eth0', '10.20.0.6/24 eth0:0'];

/** The id of a change that waits; fails with the helper's words when there is none. */
async function applied(form: unknown = wantedForm, confirmWithinMs?: number): Promise<string> {
  const answer = await machine.apply(form, confirmWithinMs);
  if (!answer.ok || !answer.answer.pending) throw new Error(JSON.stringify(answer));
  return answer.answer.pending.id;
}

describe('a change of addresses', () => {
  test('is in force at once, and for good when confirmed', async () => {
    const id = await applied();
    const seen = machine.seen();
    expect(seen.addresses).toEqual(newAddresses);
    expect(seen.gateway).toBe('10.20.0.1');
    expect(seen.files).toEqual({
      'etc/hostname': 'hall.example.org\n',
      'etc/hosts': expect.stringMatching(
        /^127\.0\.0\.1 localhost\n192\.0\.2\.9 written-by-hand\n# guildhall begin\n10\.20\.0\.5 hall\.example\.org hall\n# guildhall end\n$/u,
      ),
      'etc/resolv.conf': expect.stringContaining(
        'search example.org\nnameserver 10.20.0.2\nnameserver 10.20.0.3\n',
      ),
      'etc/systemd/timesyncd.conf.d/guildhall.conf': expect.stringContaining('NTP=time.example.org\n'),
      'etc/guildhall/proxy.env': expect.stringContaining('HTTPS_PROXY=http://proxy.example.org:3128\n'),
    });
    expect((await machine.run('confirm', id)).ok).toBe(true);
    expect((await machine.run('confirm', id)).ok, 'a double click').toBe(true);
    expect((await machine.run('rollback', id)).ok, 'too late').toBe(false);
    machine.powerCut();
    await machine.run('recover');
    expect(machine.seen()).toEqual(seen);
  });

  test('comes back by itself when nobody confirms it, with nothing left behind', async () => {
    const id = await applied(wantedForm, 1_200);
    expect(machine.seen().addresses).toEqual(newAddresses);
    await until('the watcher took it back', () => machine.pending() === undefined);
    expect(machine.seen()).toEqual(old);
    expect((await machine.run('confirm', id)).ok).toBe(false);
    expect(machine.seen()).toEqual(old);
  });

  test('is taken back when asked', async () => {
    const id = await applied();
    expect((await machine.run('rollback', id)).ok).toBe(true);
    expect((await machine.run('rollback', id)).ok, 'a double click').toBe(true);
    expect(machine.seen()).toEqual(old);
  });

  test('stands alone: the same again answers it, another is refused', async () => {
    const id = await applied();
    expect(await applied()).toBe(id);
    const other = await machine.apply({ ...wantedForm, address: '10.20.0.7' });
    expect(other).toMatchObject({ ok: false, code: 'pending' });
    expect(machine.seen().addresses).toEqual(newAddresses);
  });

  test('within one subnet keeps the second address, which the kernel drops with the first', async () => {
    await machine.run('confirm', await applied());
    await machine.run('confirm', await applied({ ...wantedForm, address: '10.20.0.7' }));
    expect(machine.seen().addresses).toEqual(['10.20.0.6/24 eth0:0', '10.20.0.7/24 eth0']);
    expect(machine.seen().gateway).toBe('10.20.0.1');
    const one = {
      mode: 'one-address',
      aliasAddress: '',
      aliasMask: '',
      mmrPort: 8443,
      proxy: '',
      ntp: [],
    } as const;
    await machine.run('confirm', await applied({ ...wantedForm, ...one, gateway: '' }));
    const seen = machine.seen();
    expect(seen.addresses).toEqual(['10.20.0.5/24 eth0']);
    expect(seen.gateway).toBeUndefined();
    expect(seen.files['etc/guildhall/proxy.env']).toBeNull();
  });
});

describe('the power is cut', () => {
  test('before the confirmation: the old settings are there again', async () => {
    await applied();
    machine.powerCut();
    await machine.run('recover');
    expect(machine.seen()).toEqual(old);
    expect(machine.pending()).toBeUndefined();
  });

  test('at any moment: old or new, never half', async () => {
    // Old settings of this console: those of the system itself would be brought back by the system.
    const oldForm = { ...wantedForm, address: '10.30.0.5', gateway: '10.30.0.1', aliasAddress: '10.30.0.6' };
    await machine.run('confirm', await applied({ ...oldForm, hostName: 'before', ntp: [], proxy: '' }));
    old = machine.seen();
    const tried = await applied();
    const newState = machine.seen();
    await machine.run('rollback', tried);
    const found = { old: 0, new: 0 };
    for (let round = 0; round < 20; round++) {
      // From before its first line to after its last: it takes some 200 ms here.
      const afterMs = 60 + round * 14;
      await machine.killAfter(afterMs, 'apply', machine.write(wantedForm));
      if (round % 2 === 0) machine.powerCut();
      await machine.run('recover');
      const seen = machine.seen();
      const isNew = JSON.stringify(seen) === JSON.stringify(newState);
      expect(isNew ? newState : old, `killed after ${afterMs} ms`).toEqual(seen);
      found[isNew ? 'new' : 'old']++;
      const id = machine.pending();
      // A whole change still waits for its confirmation, unless the power was away.
      expect(id !== undefined).toBe(isNew);
      if (id !== undefined) await machine.run('rollback', id);
      expect(machine.seen()).toEqual(old);
    }
    expect(found.old).toBeGreaterThan(0);
    expect(readdirSync(machine.stateDir)).toEqual(['settings.json']);
  });

  test('while it is confirmed: old or new, never half', async () => {
    for (let round = 0; round < 6; round++) {
      const id = await applied();
      const newState = machine.seen();
      await machine.killAfter(50 + round * 25, 'confirm', id);
      machine.powerCut();
      await machine.run('recover');
      const seen = machine.seen();
      expect([old, newState]).toContainEqual(seen);
      if (seen.gateway !== old.gateway) break;
    }
  });
});

describe('the helper', () => {
  test('checks what it gets itself and changes nothing when it is wrong', async () => {
    for (const [change, refusal] of [
      [{ address: '10.0.0.5; reboot' }, { field: 'address', rule: 'text' }],
      [{ gateway: '10.9.0.1' }, { field: 'gateway', rule: 'outsideSubnet' }],
      [{ hostName: '$(id)' }, { field: 'hostName', rule: 'hostName' }],
      [{ shell: '/bin/sh' }, { field: 'shell', rule: 'unknownField' }],
      [{ dns: ['10.0.0.1\nsearch evil'] }, { field: 'dns.0', rule: 'text' }],
    ] as const) {
      const answer = await machine.apply({ ...wantedForm, ...change });
      expect(answer).toMatchObject({ ok: false, code: 'invalid', refusals: [refusal] });
    }
    for (const text of ['', '{"mode":', 'null', '[]'])
      expect(await machine.apply(text)).toMatchObject({ ok: false, code: 'invalid' });
    expect(machine.seen()).toEqual(old);
  });

  test('knows its words and no others', async () => {
    expect(await machine.run('exec', 'reboot')).toMatchObject({ ok: false, code: 'usage' });
    const node = (words: string[]) => spawnSync('ip', words, { encoding: 'utf8' }).stdout;
    const words = machine.words('status');
    expect(node([...words, '--interface', 'eth0;id'])).toContain('"usage"');
    expect(node([...words, '--shell', 'x'])).toContain('"usage"');
    expect(node([...words, 'more'])).toContain('"usage"');
    expect(node([...words, '--root', 'relative'])).toContain('"usage"');
  });

  test('says when there is no DHCP client, before it changes anything', async () => {
    const dhcp = { method: 'dhcp', address: '', mask: '', gateway: '' } as const;
    const answer = await machine.apply({ ...wantedForm, ...dhcp }, 1_000);
    expect(answer).toMatchObject({ ok: false });
    expect(machine.seen()).toEqual(old);
  });
});
