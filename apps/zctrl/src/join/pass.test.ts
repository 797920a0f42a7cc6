import { generateSigningKey, publicKeyOf } from '@guildhall/kit';
import { MeetingIdSchema, UserIdSchema, type Policy } from '@guildhall/protocol';
import { isGuildhallError } from '@guildhall/rpc';
import { decodeJwt, SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { createTestZone, linkRouter, specOf, type TestZone } from '../testing.ts';

const dayMs = 86_400_000;
const ada = UserIdSchema.parse('usr_0000000000');

const setPolicy = (zone: TestZone, change: Partial<Policy>): void => {
  const rev = (zone.policy.current?.rev ?? 0) + 1;
  zone.policy.accept({ ...zone.policyOfZone, ...change, rev }, { isCurrent: false });
};
const codeOf = (zone: TestZone, pass: string): Promise<unknown> =>
  zone.service.join({ pass }).then(
    () => 'ok',
    (error: unknown) => (isGuildhallError(error) ? error.code : error),
  );

describe('a pass', () => {
  test('starts its meeting for days without the cloud, as the same participant every time', async () => {
    const zone = await createTestZone();
    const router = await linkRouter(zone);
    const meeting = specOf();
    const pass = await zone.pass(meeting);
    const first = await zone.service.join({ pass });
    expect(router.meetings.has(meeting.meetingId)).toBe(true);
    expect(decodeJwt(first.seat)).toMatchObject({ role: 'host', subject: ada });
    await zone.clock.advance(6 * dayMs);
    await linkRouter(zone);
    const again = await zone.service.join({ pass });
    expect(again.participantId).toBe(first.participantId);
    const back = await zone.service.join({ rejoin: again.rejoin });
    expect(back.participantId).toBe(first.participantId);
    await zone.clock.advance(2 * dayMs);
    expect(await codeOf(zone, pass)).toBe('pass.expired');
  });

  test('is refused when forged, foreign, of another kind or with another algorithm', async () => {
    const zone = await createTestZone();
    await linkRouter(zone);
    const meeting = specOf();
    const good = await zone.pass(meeting);
    expect(await codeOf(zone, await zone.pass(meeting, {}, await generateSigningKey()))).toBe('pass.invalid');
    expect(await codeOf(zone, await zone.pass(meeting, { zoneId: 'zon_0000000000' }))).toBe('pass.invalid');
    expect(await codeOf(zone, await zone.pass(meeting, { accountId: 'acc_0000000000' }))).toBe(
      'pass.invalid',
    );
    expect(await codeOf(zone, await zone.pass(meeting, { subject: 'guest:prt_0000000000' }))).toBe(
      'pass.invalid',
    );
    expect(await codeOf(zone, await zone.pass(meeting, { role: 'guest' }))).toBe('pass.invalid');
    expect(await codeOf(zone, await zone.ticket(meeting))).toBe('pass.invalid');
    expect(await codeOf(zone, `${good.slice(0, -6)}AAAAAA`)).toBe('pass.invalid');
    const claims = decodeJwt(good);
    expect(await codeOf(zone, new UnsecuredJWT(claims).encode())).toBe('pass.invalid');
    const secret = new TextEncoder().encode(publicKeyOf(zone.cloudKey).x);
    const confused = new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: zone.cloudKey.kid });
    expect(await codeOf(zone, await confused.sign(secret))).toBe('pass.invalid');
    await expect(zone.service.join({ ticket: good })).rejects.toMatchObject({ code: 'ticket.invalid' });
    await expect(zone.service.join({ rejoin: good })).rejects.toMatchObject({ code: 'rejoin.invalid' });
  });

  test('is refused when the last policy withdrew it: the person, the meeting, or everything so far', async () => {
    const zone = await createTestZone();
    await linkRouter(zone);
    const meeting = specOf();
    const pass = await zone.pass(meeting);
    const nowMs = zone.clock.now();
    const rules = { maxAgeMs: 7 * dayMs, voidBeforeMs: 0, revoked: [] };
    const revoking = (id: typeof ada | typeof meeting.meetingId) => ({
      passes: { ...rules, revoked: [{ id, beforeMs: nowMs }] },
    });
    for (const change of [
      revoking(ada),
      revoking(meeting.meetingId),
      { passes: { ...rules, voidBeforeMs: nowMs } },
    ]) {
      setPolicy(zone, change);
      expect(await codeOf(zone, pass)).toBe('pass.revoked');
    }
    setPolicy(zone, revoking(MeetingIdSchema.parse('mtg_0000000000')));
    await zone.service.join({ pass });
    await zone.clock.advance(1);
    setPolicy(zone, revoking(ada));
    await zone.service.join({ pass: await zone.pass(meeting) });
  });

  test('is not taken where the policy knows none, and not by a controller that was removed', async () => {
    const zone = await createTestZone();
    await linkRouter(zone);
    const pass = await zone.pass(specOf());
    const { passes: _passes, ...without } = zone.policyOfZone;
    zone.policy.accept({ ...without, rev: 2 }, { isCurrent: false });
    expect(await codeOf(zone, pass)).toBe('pass.invalid');
    setPolicy(zone, { nodes: [] });
    expect(await codeOf(zone, pass)).toBe('pass.invalid');
    setPolicy(zone, {});
    await zone.service.join({ pass });
  });

  test('obeys the minimum version as a ticket does', async () => {
    const zone = await createTestZone();
    await linkRouter(zone);
    setPolicy(zone, { minimumVersion: { version: '99.0.0', fromMs: 1 } });
    expect(await codeOf(zone, await zone.pass(specOf()))).toBe('connector.outdated');
  });
});
