import { NodeIdSchema, ZoneIdSchema, type AlertCondition, type MonitoredService } from '@guildhall/protocol';
import { describe, expect, test } from 'vitest';
import { findingsOf, follow, patienceMs, type Situation } from './conditions.ts';

const dayMs = 86_400_000;
const service = (change: Partial<MonitoredService>): MonitoredService => ({
  nodeId: NodeIdSchema.parse('nod_0000000001'),
  service: 'mmr',
  name: 'vm-1',
  zoneId: ZoneIdSchema.parse('zon_0000000001'),
  state: 'connected',
  why: null,
  version: '1.4.0',
  addresses: [],
  startedAtMs: null,
  lastSeenMs: null,
  meetings: 10,
  participants: 20,
  capacity: { meetings: 100, participants: 200 },
  cpu: 0.3,
  bitrateInBps: 0,
  bitrateOutBps: 0,
  mos: null,
  ...change,
});
const situation = (change: Partial<Situation>): Situation => ({
  services: [service({})],
  certificates: [],
  zones: [],
  nowMs: 100 * dayMs,
  ...change,
});
const labels = (condition: AlertCondition, change: Partial<Situation>) =>
  findingsOf(condition, situation(change)).map(({ label }) => label);

describe('what a rule finds', () => {
  test('a service that is away, but not one that never came', () => {
    const services = (['unreachable', 'refused', 'enrolled', 'draining'] as const).map((state) =>
      service({ state, name: state }),
    );
    services.push(service({ state: 'refused', why: 'version-refused', name: 'old' }));
    expect(labels({ kind: 'node-gone', minutes: 5 }, { services })).toEqual([
      'unreachable (mmr)',
      'refused (mmr)',
    ]);
  });

  test('an older version, by its numbers and not by its letters', () => {
    const services = [
      service({ version: '1.10.0', name: 'new' }),
      service({ version: '1.9.2', name: 'old' }),
    ];
    expect(labels({ kind: 'version-below', version: '1.10.0' }, { services })).toEqual(['old (mmr)']);
  });

  test('a router that is full of people, of meetings, or of work', () => {
    const services = [
      service({ participants: 170, name: 'people' }),
      service({ meetings: 81, name: 'meetings' }),
      service({ cpu: 0.9, name: 'work' }),
      service({ participants: 160, cpu: 0.8, name: 'enough' }),
      service({ service: 'zctrl', capacity: null, cpu: null, participants: 5_000 }),
    ];
    expect(labels({ kind: 'capacity-above', percent: 80 }, { services })).toEqual([
      'people (mmr)',
      'meetings (mmr)',
      'work (mmr)',
    ]);
  });

  test('a certificate that ends soon or has ended; bad calls, but not silence', () => {
    const certificates = [-1, 6, 8].map((days) => ({
      subject: String(days),
      label: String(days),
      endsAtMs: (100 + days) * dayMs,
    }));
    expect(labels({ kind: 'certificate-expires', days: 7 }, { certificates })).toEqual(['-1', '6']);
    const zones = [3.4, 3.6, null].map((mos) => ({ subject: String(mos), label: String(mos), mos }));
    expect(labels({ kind: 'quality-below', mos: 3.5 }, { zones })).toEqual(['3.4']);
  });
});

test('what is found is told once when it has lasted, and once when it is over; what was short is not told at all', () => {
  const lastsMs = patienceMs({ kind: 'node-gone', minutes: 5 });
  const found = [{ subject: 'a', label: 'A' }];
  let standing: ReturnType<typeof follow>['standing'] = [];
  const told: string[] = [];
  const look = (findings: typeof found, minute: number): void => {
    const next = follow(standing, findings, lastsMs, minute * 60_000);
    ({ standing } = next);
    for (const { subject } of next.raised) told.push(`${subject} raised at ${minute}`);
    for (const { subject } of next.cleared) told.push(`${subject} cleared at ${minute}`);
  };
  for (let minute = 0; minute < 4; minute++) look(found, minute);
  look([], 4);
  for (let minute = 5; minute < 15; minute++) look(found, minute);
  look([], 15);
  look([], 16);
  expect(told).toEqual(['a raised at 10', 'a cleared at 15']);
});
