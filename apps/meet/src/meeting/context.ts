import type { MeetingClient, MeetingState } from '@guildhall/meeting-client';
import { createContext, use } from 'react';
import { useStore } from '../app/use-store.ts';
import type { LocalDevices, LocalDevicesState } from '../devices/local-devices.ts';

export type Panel = 'chat' | 'participants';
export type ViewMode = 'auto' | 'grid' | 'speaker';
export type DialogName = 'settings' | 'keys' | 'leave';

/** What the parts of the meeting screen share: the meeting, the machine, and what is open. */
export interface MeetingContextValue {
  readonly client: MeetingClient;
  readonly devices: LocalDevices;
  readonly passcode: string | null;
  readonly panel: Panel | null;
  readonly setPanel: (panel: Panel | null) => void;
  readonly viewMode: ViewMode;
  readonly setViewMode: (mode: ViewMode) => void;
  readonly setDialog: (dialog: DialogName | null) => void;
}

export const MeetingContext = createContext<MeetingContextValue | null>(null);

export const useMeetingContext = (): MeetingContextValue => {
  const value = use(MeetingContext);
  if (!value) throw new Error('this part belongs inside the meeting screen');
  return value;
};

/** A part of the meeting's state; `select` must not make new objects. */
export const useMeeting = <S>(select: (state: MeetingState) => S): S =>
  useStore(useMeetingContext().client.store, select);

/** A part of what this machine gives. */
export const useDevices = <S>(select: (state: LocalDevicesState) => S): S =>
  useStore(useMeetingContext().devices.store, select);

/** Whether the own hand is up. */
export const useHandUp = (): boolean =>
  useMeeting(({ view, selfId }) => {
    const self = view?.participants.find((one) => one.participantId === selfId);
    return self !== undefined && self.handRaisedAtMs !== null;
  });
