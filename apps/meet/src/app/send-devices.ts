import type { MeetingClient } from '@guildhall/meeting-client';
import type { MediaSource } from '@guildhall/domain';
import type { LocalDevices } from '../devices/local-devices.ts';

/**
 * What the machine gives is what the meeting gets, source by source. And back: what the host or the router took away is
 * switched off here too. Returns how to stop.
 */
export const sendDevices = (devices: LocalDevices, client: MeetingClient): (() => void) => {
  const sent = new Map<MediaSource, { readonly track: MediaStreamTrack; readonly muted: boolean }>();
  const send = (source: MediaSource, track: MediaStreamTrack | null, muted: boolean): void => {
    const before = sent.get(source);
    if (before?.track === track && before?.muted === muted) return;
    if (track) sent.set(source, { track, muted });
    else if (!sent.delete(source)) return;
    client.setSource(source, track ? { track, muted } : null);
  };
  const push = (): void => {
    const { camera, mic, screen } = devices.store.getSnapshot();
    send('mic', mic.track, !mic.on);
    send('camera', camera.on ? camera.track : null, false);
    send('screen', screen?.video ?? null, false);
    send('screen-audio', screen?.audio ?? null, false);
  };
  const withdraw = (source: MediaSource): void => {
    sent.delete(source);
    if (source === 'mic') devices.setOn('mic', false);
    else if (source === 'camera') devices.setOn('camera', false);
    else devices.stopScreen();
  };
  push();
  const stopDevices = devices.store.subscribe(push);
  const stopNotices = client.onNotice((notice) => {
    if (notice.kind !== 'turned-away') withdraw(notice.source);
  });
  return () => {
    stopDevices();
    stopNotices();
  };
};
