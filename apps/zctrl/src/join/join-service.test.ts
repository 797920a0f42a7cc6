import { generateSigningKey, publicKeyOf, signToken } from '@guildhall/kit';
import { defaultLimits, rejoinLifetimeMs, zoneAudience } from '@guildhall/protocol';
import { decodeJwt, SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { createTestZone, failureOf, linkRouter, newNodeId, specOf } from '../testing.ts';

describe('a ticket', () => {
  test('lets its person in: a seat for the router that has the meeting, and a token to come back', async () => {
    const zone = await createTestZone();
    const router = await linkRouter(zone);
    const meeting = specOf();
    const answer = await zone.service.join({ ticket: await zone.ticket(meeting) });
    expect(answer).toMatchObject({
      meetingId: meeting.meetingId,
      routerId: router.routerId,
      routerUrls: ['ws://localhost:8443/v1/signalling'],
    });
    expect(router.meetings.has(meeting.meetingId)).toBe(true);
    expect(decodeJwt(answer.seat)).toMatchObject({
      aud: `router:${router.routerId}`,
      iss: zone.identity.nodeId,
      typ: 'seat',
      participantId: answer.participantId,
      meetingId: meeting.meetingId,
    });
    const again = await zone.service.join({ rejoin: answer.rejoin });
    expect(again).toMatchObject({ participantId: answer.participantId, routerId: router.routerId });
  });

  test('two at once open the meeting once', async () => {
    const zone = await createTestZone();
    const routers = [await linkRouter(zone), await linkRouter(zone)];
    const meeting = specOf();
    const tickets = await Promise.all(Array.from({ length: 20 }, () => zone.ticket(meeting)));
    const answers = await Promise.all(tickets.map((ticket) => zone.service.join({ ticket })));
    expect(new Set(answers.map((answer) => answer.routerId)).size).toBe(1);
    expect(routers.reduce((sum, router) => sum + router.opens, 0)).toBe(1);
  });

  test('is refused when expired, forged, foreign, of another kind or with another algorithm', async () => {
    const zone = await createTestZone();
    await linkRouter(zone);
    const meeting = specOf();
    const good = await zone.ticket(meeting);
    const claims = decodeJwt(good);
    const refuse = async (ticket: string, code: string) => {
      await expect(zone.service.join({ ticket })).rejects.toMatchObject({ code });
    };
    await refuse(await zone.ticket(meeting, {}, await generateSigningKey()), 'ticket.invalid');
    await refuse(await zone.ticket(meeting, { zoneId: 'zon_0000000000' }), 'ticket.invalid');
    await refuse(await zone.ticket(meeting, { accountId: 'acc_0000000000' }), 'ticket.invalid');
    await refuse(await zone.ticket(meeting, { role: 'owner' }), 'ticket.invalid');
    await refuse(await zone.ticket(meeting, { admitted: true }), 'ticket.invalid');
    await refuse(`${good.slice(0, -6)}AAAAAA`, 'ticket.invalid');
    await refuse(new UnsecuredJWT(claims).encode(), 'ticket.invalid');
    // The public key as the secret of an HMAC: the classic confusion of algorithms.
    const secret = new TextEncoder().encode(publicKeyOf(zone.cloudKey).x);
    const confused = new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: zone.cloudKey.kid });
    await refuse(await confused.sign(secret), 'ticket.invalid');
    const joined = await zone.service.join({ ticket: good });
    await refuse(joined.rejoin, 'ticket.invalid');
    await refuse(joined.seat, 'ticket.invalid');
    await zone.clock.advance(5 * 60_000 + 50_000);
    await zone.service.join({ ticket: good });
    await zone.clock.advance(20_000);
    await refuse(good, 'ticket.expired');
  });
});

describe('a rejoin token', () => {
  test('of the other controller of the zone is good, of a router or a stranger is not', async () => {
    const zone = await createTestZone();
    await linkRouter(zone);
    const [other, mmr, stranger] = await Promise.all([
      generateSigningKey(),
      generateSigningKey(),
      generateSigningKey(),
    ]);
    const [otherId, mmrId] = [newNodeId(), newNodeId()];
    const nodes = [
      ...zone.policyOfZone.nodes,
      { nodeId: otherId, role: 'controller' as const, publicKey: publicKeyOf(other) },
      { nodeId: mmrId, role: 'mmr' as const, publicKey: publicKeyOf(mmr) },
    ];
    zone.policy.accept({ ...zone.policyOfZone, rev: 2, nodes }, { isCurrent: false });
    // Routers of these nodes never come: until the zone has settled they are waited for.
    await zone.clock.advance(3_000);
    const { rejoin } = await zone.service.join({ ticket: await zone.ticket(specOf()) });
    const { iss: _iss, aud: _aud, iat: _iat, exp: _exp, jti: _jti, typ: _typ, ...claims } = decodeJwt(rejoin);
    const tokenOf = (key: typeof other, issuer: string, lifetimeMs: number = rejoinLifetimeMs) =>
      signToken({
        key,
        issuer,
        audience: zoneAudience(zone.identity.zoneId),
        typ: 'rejoin',
        lifetimeMs,
        claims,
        clock: zone.clock,
      });
    await expect(zone.service.join({ rejoin: await tokenOf(other, otherId) })).resolves.toBeDefined();
    const invalid = { code: 'rejoin.invalid' };
    await expect(zone.service.join({ rejoin: await tokenOf(mmr, mmrId) })).rejects.toMatchObject(invalid);
    await expect(zone.service.join({ rejoin: await tokenOf(stranger, otherId) })).rejects.toMatchObject(
      invalid,
    );
    const endless = await tokenOf(other, otherId, 365 * rejoinLifetimeMs);
    await expect(zone.service.join({ rejoin: endless })).rejects.toMatchObject(invalid);
  });

  test('does not bring back a meeting that was ended for all, while a new ticket does', async () => {
    const zone = await createTestZone();
    const router = await linkRouter(zone);
    const meeting = specOf();
    const { rejoin } = await zone.service.join({ ticket: await zone.ticket(meeting) });
    await zone.clock.advance(1_000);
    const epoch = router.meetings.get(meeting.meetingId)?.epoch ?? 0;
    const atMs = zone.clock.now();
    const end = { meetingId: meeting.meetingId, epoch, reason: 'ended-by-host' as const, atMs };
    await router.peer.request('meeting.ended', end);
    router.meetings.delete(meeting.meetingId);
    await expect(zone.service.join({ rejoin })).rejects.toMatchObject({ code: 'meeting.ended' });
    await zone.service.join({ ticket: await zone.ticket(meeting) });
    expect(router.meetings.get(meeting.meetingId)?.epoch).toBeGreaterThan(epoch);
    // Those of the first meeting were not invited to the second.
    await expect(zone.service.join({ rejoin })).rejects.toMatchObject({ code: 'meeting.ended' });
  });
});

describe('when it cannot be', () => {
  test('no policy yet: says so', async () => {
    const zone = await createTestZone({ withPolicy: false });
    const join = zone.service.join({ ticket: await zone.ticket(specOf()) });
    await expect(join).rejects.toMatchObject({ code: 'zone.no-policy', retryAfterMs: 1_000 });
  });

  test('no router: waits two seconds for one that starts, then says so', async () => {
    const zone = await createTestZone();
    const lucky = zone.service.join({ ticket: await zone.ticket(specOf()) });
    await zone.clock.advance(1_500);
    const router = await linkRouter(zone);
    expect((await lucky).routerId).toBe(router.routerId);
    router.peer.close();
    await zone.clock.advance(10);
    const unlucky = zone.service.join({ ticket: await zone.ticket(specOf()) });
    const startMs = zone.clock.now();
    const failure = await failureOf(zone, unlucky);
    expect(failure).toMatchObject({ code: 'zone.no-router', retryAfterMs: 1_000 });
    expect(zone.clock.now() - startMs).toBeGreaterThanOrEqual(2_000);
  });

  test('a full router: refuses newcomers, takes back those who were in', async () => {
    const zone = await createTestZone();
    const router = await linkRouter(zone);
    const meeting = specOf();
    const { rejoin } = await zone.service.join({ ticket: await zone.ticket(meeting) });
    router.participants = defaultLimits.participantsPerRouter;
    router.report();
    await zone.clock.advance(0);
    const newcomer = zone.service.join({ ticket: await zone.ticket(meeting) });
    await expect(newcomer).rejects.toMatchObject({ code: 'zone.full' });
    await expect(zone.service.join({ ticket: await zone.ticket(specOf()) })).rejects.toMatchObject({
      code: 'zone.full',
    });
    await expect(zone.service.join({ rejoin })).resolves.toMatchObject({ routerId: router.routerId });
  });

  test('a router that measures too much load: refuses newcomers and says so, the host hears of it, others come back', async () => {
    const zone = await createTestZone();
    const router = await linkRouter(zone);
    const meeting = specOf();
    const { rejoin } = await zone.service.join({ ticket: await zone.ticket(meeting) });
    const told: unknown[] = [];
    router.peer.on('meeting.turnedAway', (data) => told.push(data));
    router.overload = 'worker-cpu';
    router.report();
    await zone.clock.advance(0);
    const newcomer = zone.service.join({ ticket: await zone.ticket(meeting) });
    await expect(newcomer).rejects.toMatchObject({
      code: 'zone.full',
      message: expect.stringContaining('router of this meeting'),
    });
    await zone.clock.advance(0);
    expect(told).toEqual([{ meetingId: meeting.meetingId, why: 'load' }]);
    await expect(zone.service.join({ ticket: await zone.ticket(specOf()) })).rejects.toMatchObject({
      code: 'zone.full',
      message: expect.stringContaining('load'),
    });
    await expect(zone.service.join({ rejoin })).resolves.toMatchObject({ routerId: router.routerId });
    const calm = await linkRouter(zone);
    const elsewhere = await zone.service.join({ ticket: await zone.ticket(specOf()) });
    expect(elsewhere.routerId).toBe(calm.routerId);
  });
});
