import { networkForm as form } from '@guildhall/testkit/network-form';
import { describe, expect, test } from 'vitest';
import { firstPassword, ready } from '../testing.ts';

async function signedIn() {
  const made = await ready();
  await made.signIn(firstPassword);
  return made;
}

describe('a console that may not change the network', () => {
  test('shows what is and what it would do, and does nothing', async () => {
    const { call } = await signedIn();
    const status = (await call('GET', '/network')).json();
    expect(status).toMatchObject({ interfaceName: 'eth0', dns: [] });
    expect(JSON.stringify(status.interfaces)).toContain('127.0.0.1');
    const view = (await call('GET', '/network/settings')).json();
    expect(view).toMatchObject({ obstacle: 'not-managed', pending: null });
    const plan = (await call('POST', '/network/plan', { form })).json();
    expect(plan.steps).toContainEqual({
      kind: 'run',
      command: 'ip -4 addr add 10.20.0.6/24 brd + dev eth0 label eth0:0'.split(' '),
    });
    expect(plan.steps).toContainEqual({ kind: 'write', path: '/etc/hostname', content: 'hall\n' });
    const refused = await call('PUT', '/network/settings', { rev: view.rev, form });
    expect([refused.statusCode, refused.json().error.code]).toEqual([409, 'network.not-permitted']);
  });

  test('names the field and the rule of what is wrong', async () => {
    const { call } = await signedIn();
    for (const [change, status, code, field] of [
      [{ address: '10.0.0.5; reboot' }, 422, 'network.invalid', 'address'],
      [{ address: '10.20.0.5/24' }, 422, 'network.invalid', 'address'],
      [{ mask: '255.0.255.0' }, 422, 'network.invalid', 'mask'],
      [{ gateway: '10.99.0.1' }, 422, 'network.invalid', 'gateway'],
      [{ mmrPort: 65_536 }, 422, 'network.invalid', 'mmrPort'],
      [{ hostName: 'x'.repeat(1_900) }, 422, 'network.invalid', 'hostName'],
      [{ shell: 'x' }, 400, 'request.invalid', 'form.shell'],
    ] as const) {
      const answer = await call('POST', '/network/plan', { form: { ...form, ...change } });
      expect([answer.statusCode, answer.json().error.code, answer.json().error.field]).toEqual([
        status,
        code,
        field,
      ]);
    }
    const two = await call('POST', '/network/plan', { form: { ...form, mask: '33', dns: ['0x7f.1'] } });
    expect(two.json().error.details.refusals).toEqual([
      { field: 'mask', rule: 'maskRange' },
      { field: 'dns.0', rule: 'ipv4' },
    ]);
  });
});

describe('Configure', () => {
  test('is filled in, refuses addresses that cannot work, and keeps nothing of what failed', async () => {
    const { call, posted } = await signedIn();
    const view = (await call('GET', '/configure')).json();
    expect(view).toMatchObject({
      role: 'controller',
      zcAddress: '127.0.0.1',
      mmrAddress: '127.0.0.1',
      allowLoopback: true,
    });
    const wanted = {
      role: 'controller',
      zcAddress: '127.0.0.1',
      mmrAddress: '127.0.0.1',
      otherZcAddress: '',
      token: `ght_${'a'.repeat(40)}`,
      controlUrl: 'http://localhost:1',
    };
    for (const [change, field] of [
      [{ zcAddress: '10.255.255.9' }, 'zcAddress'],
      [{ mmrAddress: '127.0.0.1$(id)' }, 'mmrAddress'],
      [{ otherZcAddress: '127.0.0.1' }, 'otherZcAddress'],
    ] as const) {
      const answer = await call('POST', '/configure', { ...wanted, ...change });
      expect([answer.statusCode, answer.json().error.field]).toEqual([422, field]);
    }
    expect(posted).toEqual([]);
    // The cloud answers nonsense here.
    const failed = await call('POST', '/configure', { ...wanted, role: 'mmr', otherZcAddress: '10.1.1.1' });
    expect(failed.json().error).toMatchObject({ code: 'service.cloud-unreachable', field: 'controlUrl' });
    expect(posted).toHaveLength(1);
    expect((await call('GET', '/configure')).json()).toMatchObject({
      role: 'controller',
      otherZcAddress: '',
    });
  });
});
