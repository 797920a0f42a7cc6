import { createStore, type ReadableStore, type Store } from '@guildhall/meeting-client/store';
import { mediaProfile } from '@guildhall/protocol';
import { readChoice, writeChoice } from '@guildhall/ui';
import { troubleOf, type DeviceTrouble } from './trouble.ts';

export type DeviceKind = 'camera' | 'mic';

export interface DeviceState {
  /** What the person wants. */
  readonly on: boolean;
  readonly starting: boolean;
  /** Live while there is one; a muted microphone keeps its own, a stopped camera does not. */
  readonly track: MediaStreamTrack | null;
  readonly trouble: DeviceTrouble | null;
}

export interface LocalDevicesState {
  readonly camera: DeviceState;
  readonly mic: DeviceState;
  readonly screen: { readonly video: MediaStreamTrack; readonly audio: MediaStreamTrack | null } | null;
  /** Names are empty before the first permission. */
  readonly known: readonly MediaDeviceInfo[];
  /** Chosen device ids; empty means the system's default. */
  readonly chosen: Readonly<Record<DeviceKind | 'speaker', string>>;
}

const off: DeviceState = { on: false, starting: false, track: null, trouble: null };
const choiceKey = (kind: string): string => `guildhall.meet.${kind}`;
const onKey = (kind: DeviceKind): string => `guildhall.meet.${kind}.on`;
const chosen = (kind: string): string => readChoice(choiceKey(kind)) ?? '';
const wanted = (kind: DeviceKind): boolean => readChoice(onKey(kind)) !== 'no';

/** Camera, microphone, speaker and screen of this machine: the one place that asks for them and stops them. */
export class LocalDevices {
  readonly #store: Store<LocalDevicesState>;
  /** The newest request for each kind; an older one that comes late is let go. */
  readonly #turn: Record<DeviceKind, number> = { camera: 0, mic: 0 };
  #closed = false;

  constructor() {
    this.#store = createStore<LocalDevicesState>({
      camera: { ...off, on: wanted('camera') },
      mic: { ...off, on: wanted('mic') },
      screen: null,
      known: [],
      chosen: { camera: chosen('camera'), mic: chosen('mic'), speaker: chosen('speaker') },
    });
  }

  get store(): ReadableStore<LocalDevicesState> {
    return this.#store;
  }

  /** Asks once for everything that is wanted; what is refused is asked for again one by one, to know which it was. */
  async start(): Promise<void> {
    this.#media()?.addEventListener('devicechange', this.#refresh);
    const { camera, mic } = this.#store.getSnapshot();
    if (camera.on && mic.on && (await this.#acquireBoth())) return;
    const kinds = (['camera', 'mic'] as const).filter((kind) => this.#store.getSnapshot()[kind].on);
    await Promise.all(kinds.map((kind) => this.#acquire(kind)));
    await this.#refreshKnown();
  }

  /** Switches on or off. A microphone stays open while muted, so that it is back at once; a camera's light goes off. */
  setOn(kind: DeviceKind, on: boolean): void {
    writeChoice(onKey(kind), on ? 'yes' : 'no');
    const { track } = this.#store.getSnapshot()[kind];
    if (on) {
      if (track && track.readyState === 'live') {
        track.enabled = true;
        this.#patch(kind, { on, trouble: null });
      } else {
        this.#patch(kind, { on });
        void this.#acquire(kind);
      }
      return;
    }
    this.#turn[kind]++;
    if (kind === 'camera') {
      track?.stop();
      this.#patch(kind, { on, starting: false, track: null, trouble: null });
    } else {
      if (track) track.enabled = false;
      this.#patch(kind, { on, starting: false });
    }
  }

  /** Uses another device from now on; an empty id means the system's default. */
  choose(kind: DeviceKind | 'speaker', deviceId: string): void {
    writeChoice(choiceKey(kind), deviceId);
    this.#store.patch({ chosen: { ...this.#store.getSnapshot().chosen, [kind]: deviceId } });
    if (kind !== 'speaker' && (this.#store.getSnapshot()[kind].on || this.#store.getSnapshot()[kind].track))
      void this.#acquire(kind);
  }

  get canShareScreen(): boolean {
    return typeof this.#media()?.getDisplayMedia === 'function';
  }

  /** Asks for a screen. False when the person changed their mind. @throws DOMException when the browser cannot */
  async shareScreen(): Promise<boolean> {
    const { idealWidthPx, idealHeightPx, maxFramerateFps } = mediaProfile.screen;
    const video = {
      width: { max: idealWidthPx },
      height: { max: idealHeightPx },
      frameRate: { max: maxFramerateFps },
    };
    let stream: MediaStream | undefined;
    try {
      stream = await this.#media()?.getDisplayMedia({ video, audio: true });
    } catch (error) {
      if (error instanceof DOMException && error.name === 'NotAllowedError') return false;
      throw error;
    }
    const [picture] = stream?.getVideoTracks() ?? [];
    if (!stream || !picture || this.#closed) {
      for (const track of stream?.getTracks() ?? []) track.stop();
      return false;
    }
    this.stopScreen();
    picture.addEventListener('ended', () => {
      if (this.#store.getSnapshot().screen?.video === picture) this.stopScreen();
    });
    this.#store.patch({ screen: { video: picture, audio: stream.getAudioTracks()[0] ?? null } });
    return true;
  }

  stopScreen(): void {
    const { screen } = this.#store.getSnapshot();
    if (!screen) return;
    screen.video.stop();
    screen.audio?.stop();
    this.#store.patch({ screen: null });
  }

  /** Lets go of every device; every light goes off. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#media()?.removeEventListener('devicechange', this.#refresh);
    this.stopScreen();
    for (const kind of ['camera', 'mic'] as const) {
      this.#turn[kind]++;
      this.#store.getSnapshot()[kind].track?.stop();
      this.#patch(kind, { track: null, starting: false });
    }
  }

  #media(): MediaDevices | undefined {
    // Absent on pages without a secure context, whatever the type says.
    return 'mediaDevices' in navigator ? navigator.mediaDevices : undefined;
  }

  async #acquireBoth(): Promise<boolean> {
    const media = this.#media();
    if (!media) return false;
    const turns = { camera: ++this.#turn.camera, mic: ++this.#turn.mic };
    this.#patch('camera', { starting: true });
    this.#patch('mic', { starting: true });
    try {
      const stream = await media.getUserMedia({
        audio: this.#constraints('mic'),
        video: this.#constraints('camera'),
      });
      for (const track of stream.getTracks()) {
        const kind = track.kind === 'audio' ? 'mic' : 'camera';
        this.#take(kind, track, turns[kind]);
      }
      await this.#refreshKnown();
      return true;
    } catch {
      return false;
    }
  }

  async #acquire(kind: DeviceKind): Promise<void> {
    const media = this.#media();
    if (!media) return this.#patch(kind, { on: false, starting: false, trouble: 'insecure' });
    const turn = ++this.#turn[kind];
    this.#patch(kind, { starting: true, trouble: null });
    const constraints = this.#constraints(kind);
    try {
      const stream = await media.getUserMedia(
        kind === 'mic' ? { audio: constraints } : { video: constraints },
      );
      const [track] = stream.getTracks();
      if (track) this.#take(kind, track, turn);
    } catch (error) {
      if (turn !== this.#turn[kind]) return;
      this.#store.getSnapshot()[kind].track?.stop();
      this.#patch(kind, { on: false, starting: false, track: null, trouble: troubleOf(error) });
    }
    await this.#refreshKnown();
  }

  #take(kind: DeviceKind, track: MediaStreamTrack, turn: number): void {
    if (this.#closed || turn !== this.#turn[kind]) return track.stop();
    const before = this.#store.getSnapshot()[kind];
    before.track?.stop();
    track.enabled = kind === 'camera' || before.on;
    track.addEventListener('ended', () => {
      if (this.#store.getSnapshot()[kind].track === track) this.#lost(kind);
    });
    this.#patch(kind, { track, starting: false, trouble: null });
  }

  /** Unplugged, or taken away by the system: the default one may still be there. */
  #lost(kind: DeviceKind): void {
    const { on } = this.#store.getSnapshot()[kind];
    this.#patch(kind, { track: null });
    this.#store.patch({ chosen: { ...this.#store.getSnapshot().chosen, [kind]: '' } });
    if (on) void this.#acquire(kind);
  }

  #constraints(kind: DeviceKind): MediaTrackConstraints {
    const deviceId = this.#store.getSnapshot().chosen[kind];
    const which = deviceId === '' ? {} : { deviceId: { ideal: deviceId } };
    if (kind === 'mic')
      return { ...which, echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    const { idealWidthPx, idealHeightPx, maxFramerateFps } = mediaProfile.camera;
    return {
      ...which,
      width: { ideal: idealWidthPx },
      height: { ideal: idealHeightPx },
      frameRate: { ideal: maxFramerateFps, max: maxFramerateFps },
    };
  }

  readonly #refresh = (): void => void this.#refreshKnown();

  async #refreshKnown(): Promise<void> {
    try {
      this.#store.patch({ known: (await this.#media()?.enumerateDevices()) ?? [] });
    } catch {
      // The list is a comfort; without it the system's default is used.
    }
  }

  #patch(kind: DeviceKind, fields: Partial<DeviceState>): void {
    this.#store.patch({ [kind]: { ...this.#store.getSnapshot()[kind], ...fields } });
  }
}
