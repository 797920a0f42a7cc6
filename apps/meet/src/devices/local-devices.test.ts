import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LocalDevices } from './local-devices.ts';

class FakeTrack extends EventTarget {
  readonly kind: string;
  readyState = 'live';
  enabled = true;

  constructor(kind: string) {
    super();
    this.kind = kind;
  }

  stop(): void {
    this.readyState = 'ended';
  }
}

interface Asked {
  readonly audio?: unknown;
  readonly video?: unknown;
}

/** A machine: which kinds it refuses and how, and how long it takes to answer. */
const machine = {
  refuses: {} as Partial<Record<'audio' | 'video', string>>,
  asked: [] as Asked[],
  given: [] as FakeTrack[],
  holdBack: undefined as Promise<void> | undefined,
};

const getUserMedia = async (asked: Asked): Promise<unknown> => {
  machine.asked.push(asked);
  await machine.holdBack;
  const kinds = (['audio', 'video'] as const).filter((kind) => asked[kind] !== undefined);
  for (const kind of kinds) {
    const refusal = machine.refuses[kind];
    if (refusal) throw new DOMException('no', refusal);
  }
  const tracks = kinds.map((kind) => new FakeTrack(kind));
  machine.given.push(...tracks);
  return { getTracks: () => tracks };
};

beforeEach(() => {
  Object.assign(machine, { refuses: {}, asked: [], given: [], holdBack: undefined });
  const mediaDevices = Object.assign(new EventTarget(), {
    getUserMedia,
    enumerateDevices: () => Promise.resolve([]),
  });
  vi.stubGlobal('navigator', { mediaDevices });
});
afterEach(() => vi.unstubAllGlobals());

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
};

const started = async (): Promise<LocalDevices> => {
  const devices = new LocalDevices();
  devices.setOn('camera', true);
  devices.setOn('mic', true);
  await settle();
  devices.close();
  machine.asked = [];
  machine.given = [];
  const fresh = new LocalDevices();
  await fresh.start();
  return fresh;
};

test('asks once for both, so that there is one question', async () => {
  const devices = await started();
  expect(machine.asked).toHaveLength(1);
  const { camera, mic } = devices.store.getSnapshot();
  expect([camera.track?.kind, mic.track?.kind]).toEqual(['video', 'audio']);
});

test.each([
  ['NotAllowedError', 'denied'],
  ['NotFoundError', 'missing'],
  ['NotReadableError', 'busy'],
  ['TypeError', 'failed'],
])('a camera refused with %s is %s, and the microphone is there all the same', async (refusal, trouble) => {
  machine.refuses = {};
  const devices = await startedWith({ video: refusal });
  const { camera, mic } = devices.store.getSnapshot();
  expect(camera).toMatchObject({ on: false, track: null, trouble, starting: false });
  expect(mic).toMatchObject({ on: true, trouble: null });
  expect(mic.track?.kind).toBe('audio');
});

const startedWith = async (refuses: (typeof machine)['refuses']): Promise<LocalDevices> => {
  (await started()).close();
  machine.refuses = refuses;
  const devices = new LocalDevices();
  await devices.start();
  return devices;
};

test('a page without encryption is told so', async () => {
  (await started()).close();
  vi.stubGlobal('navigator', {});
  const devices = new LocalDevices();
  await devices.start();
  expect(devices.store.getSnapshot().mic.trouble).toBe('insecure');
});

test('stopping the camera puts its light out; muting keeps the microphone open but silent', async () => {
  const devices = await started();
  const { camera, mic } = devices.store.getSnapshot();
  devices.setOn('camera', false);
  devices.setOn('mic', false);
  expect(camera.track?.readyState).toBe('ended');
  expect(mic.track).toMatchObject({ readyState: 'live', enabled: false });
  devices.setOn('mic', true);
  expect(mic.track?.enabled).toBe(true);
  expect(machine.asked).toHaveLength(1);
});

test('a camera that comes after it was switched off again is let go', async () => {
  const devices = await started();
  devices.setOn('camera', false);
  const gate = Promise.withResolvers<void>();
  machine.holdBack = gate.promise;
  devices.setOn('camera', true);
  devices.setOn('camera', false);
  gate.resolve();
  await settle();
  expect(machine.given.at(-1)).toMatchObject({ kind: 'video', readyState: 'ended' });
  expect(devices.store.getSnapshot().camera.track).toBeNull();
});

test('an unplugged microphone is replaced by the default one', async () => {
  const devices = await started();
  const before = devices.store.getSnapshot().mic.track;
  before?.dispatchEvent(new Event('ended'));
  await settle();
  const { mic } = devices.store.getSnapshot();
  expect(mic.track).not.toBe(before);
  expect(mic).toMatchObject({ on: true, trouble: null });
});

test('closing puts every light out, also of what is still on its way', async () => {
  const devices = await started();
  const gate = Promise.withResolvers<void>();
  machine.holdBack = gate.promise;
  devices.choose('camera', 'other');
  devices.close();
  gate.resolve();
  await settle();
  expect(machine.given.every((track) => track.readyState === 'ended')).toBe(true);
});
