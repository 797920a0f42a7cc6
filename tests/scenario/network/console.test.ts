import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NetworkHelper } from '../../../apps/console/src/network/helper.ts';
import { createConsole, firstPassword } from '../../../apps/console/src/testing.ts';
import { Machine, wantedForm } from './namespace.ts';

let machine: Machine;
beforeEach(() => {
  machine = new Machine();
});
afterEach(() => machine.close());

/** The console of the machine: the real helper, in the machine's own network. */
async function consoleOf({ command, stateDir, root }: Machine) {
  const made = await createConsole({
    initialPassword: firstPassword,
    initialPasswordFinal: true,
    network: new NetworkHelper({ command, stateDir, root, interfaceName: 'eth0' }),
  });
  await made.signIn(firstPassword);
  const view = async () => (await made.call('GET', '/network/settings')).json();
  const put = (rev: string, change: object = {}) =>
    made.call('PUT', '/network/settings', { rev, form: { ...wantedForm, ...change } });
  return { ...made, view, put };
}

describe('the console changes the network of its machine', () => {
  test('the form begins with what is in force; a change waits, a second click changes nothing', async () => {
    const { view, put, call } = await consoleOf(machine);
    const before = await view();
    expect(before).toMatchObject({
      obstacle: null,
      pending: null,
      form: {
        method: 'static',
        address: '192.0.2.5',
        mask: '24',
        gateway: '192.0.2.1',
        hostName: 'old-name',
      },
    });
    const [first, again] = [await put(before.rev), await put(before.rev)];
    expect(first.statusCode).toBe(200);
    const { pending, timeMs } = first.json();
    expect(again.json().pending.id).toBe(pending.id);
    expect(pending.deadlineMs).toBeGreaterThan(Date.now() + 100_000);
    expect(timeMs).toBeTypeOf('number');
    expect(machine.seen().addresses).toEqual(['10.20.0.5/24 eth0', '10.20.0.6/24 eth0:0']);
    const confirmed = await call('POST', '/network/confirm', { id: pending.id });
    expect(confirmed.json()).toMatchObject({ pending: null, form: wantedForm });
    expect((await call('POST', '/network/confirm', { id: pending.id })).statusCode).toBe(200);
    expect((await call('GET', '/network')).json().dns).toEqual(['10.20.0.2', '10.20.0.3']);
  });

  test('two administrators: the second is told what differs', async () => {
    const { view, put, call } = await consoleOf(machine);
    const { rev } = await view();
    const { pending } = (await put(rev)).json();
    const second = await put(rev, { gateway: '10.20.0.9', proxy: '' });
    expect([second.statusCode, second.json().error.code]).toEqual([409, 'request.conflict']);
    expect(second.json().error.details.fields).toEqual(['gateway', 'proxy']);
    // Also with the newest state at hand, one change has to be decided before the next.
    const third = await put((await view()).rev, { gateway: '10.20.0.9' });
    expect(third.json().error.code).toBe('network.pending');
    const back = await call('POST', '/network/rollback', { id: pending.id });
    expect(back.json()).toMatchObject({ pending: null, form: { address: '192.0.2.5' } });
    const late = await call('POST', '/network/confirm', { id: pending.id });
    expect([late.statusCode, late.json().error.code]).toEqual([409, 'network.nothing-pending']);
  });
});
