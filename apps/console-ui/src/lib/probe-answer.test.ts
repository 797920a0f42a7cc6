import type { MediaProbePlace } from '@guildhall/protocol';
import { expect, test } from 'vitest';
import { probeAnswer, reachOf } from './probe-answer.ts';

const place = {
  candidate: {
    foundation: 'udpcandidate',
    priority: 1_076_302_079,
    address: '203.0.113.5',
    ip: '203.0.113.5',
    protocol: 'udp',
    port: 8801,
    type: 'host',
  },
  iceParameters: { usernameFragment: 'abcd', password: 'p'.repeat(22), iceLite: true },
} as const;

const answerTo = (candidate: Partial<MediaProbePlace['candidate']>): string =>
  probeAnswer({
    ...place,
    candidate: { ...place.candidate, ...candidate },
    dtlsParameters: { fingerprints: [{ algorithm: 'sha-256', value: 'AB:CD' }] },
  });

test('the answer names one candidate only, and who begins the handshake', () => {
  const answer = answerTo({});
  expect(answer.match(/a=candidate:.*/gu)).toEqual([
    'a=candidate:udpcandidate 1 udp 1076302079 203.0.113.5 8801 typ host',
  ]);
  expect(answer).toContain('a=ice-lite\r\n');
  expect(answer).toContain('a=fingerprint:sha-256 AB:CD\r\n');
  expect(answer).toContain('a=setup:passive\r\n');
});

test('over TCP the browser is the one that dials', () => {
  expect(answerTo({ protocol: 'tcp', tcpType: 'passive' })).toContain('typ host tcptype passive\r\n');
});

test('packets that pass without a handshake are told apart from none', () => {
  expect(reachOf('connected', 'connecting')).toBe('no-handshake');
  expect(reachOf('completed', 'connected')).toBe('reached');
  expect(reachOf('checking', 'connecting')).toBe('not-reached');
  expect(reachOf('failed', 'failed')).toBe('not-reached');
});
