import { isModerator, may, maySend } from '@guildhall/domain';
import { GuildhallError } from '@guildhall/meeting-client';
import { copyText, showToast, useErrorSentence } from '@guildhall/ui';
import { spacedNumber } from '../lib/address.ts';
import { useWords } from '../words/words.ts';
import { useMeeting, useMeetingContext, type Panel } from './context.ts';

/** What a person can do with a button or a key, each in one place. */
export interface Actions {
  readonly toggleMic: () => void;
  readonly toggleCamera: () => void;
  readonly toggleShare: () => void;
  readonly toggleHand: () => void;
  readonly togglePanel: (panel: Panel) => void;
  /** Leaves, or asks first when leaving is not the only choice. */
  readonly leave: () => void;
  readonly copyInvitation: () => void;
  /** Does something only the router can do and says when it did not work; true when it did. */
  readonly attempt: (work: Promise<void>) => Promise<boolean>;
}

export const useActions = (): Actions => {
  const { client, devices, passcode, panel, setPanel, setDialog } = useMeetingContext();
  const t = useWords();
  const sentence = useErrorSentence();

  const attempt = async (work: Promise<void>): Promise<boolean> => {
    try {
      await work;
      return true;
    } catch (error) {
      const message =
        error instanceof GuildhallError ? sentence(error.code, error.message) : t('toast.notSent');
      showToast({ id: 'refused', tone: 'bad', message });
      return false;
    }
  };
  const share = async (): Promise<void> => {
    try {
      await devices.shareScreen();
    } catch {
      showToast({ id: 'share', tone: 'bad', message: t('toast.shareFailed') });
    }
  };
  const copyInvitation = async (): Promise<void> => {
    const { meeting } = client.store.getSnapshot();
    if (!meeting) return;
    const fragment = passcodeNow(passcode);
    const link = `${window.location.origin}/j/${meeting.number}${fragment}`;
    const invitation = t('invitation.text', {
      topic: meeting.topic,
      link,
      number: spacedNumber(meeting.number),
    });
    const copied = await copyText(invitation);
    showToast({
      id: 'invitation',
      tone: copied ? 'good' : 'amber',
      message: t(copied ? 'more.invited' : 'more.notCopied'),
    });
  };

  return {
    toggleMic: () => devices.setOn('mic', !devices.store.getSnapshot().mic.on),
    toggleCamera: () => devices.setOn('camera', !devices.store.getSnapshot().camera.on),
    toggleShare: () => {
      if (devices.store.getSnapshot().screen) devices.stopScreen();
      else void share();
    },
    toggleHand: () => {
      const { view, selfId } = client.store.getSnapshot();
      const self = view?.participants.find((one) => one.participantId === selfId);
      void attempt(client.setHand(self?.handRaisedAtMs === null));
    },
    togglePanel: (which) => setPanel(panel === which ? null : which),
    leave: () => {
      const { role } = client.store.getSnapshot();
      if (role !== null && may(role, 'end')) setDialog('leave');
      else client.leave();
    },
    copyInvitation: () => void copyInvitation(),
    attempt,
  };
};

/** The fragment of the address also holds a passcode that was typed on the pre-join page. */
const passcodeNow = (fromLink: string | null): string => {
  if (window.location.hash.startsWith('#pwd=')) return window.location.hash;
  return fromLink === null ? '' : `#pwd=${encodeURIComponent(fromLink)}`;
};

/** What the person's role allows now. */
export const useRights = () => {
  const role = useMeeting((state) => state.role) ?? 'guest';
  const settings = useMeeting((state) => state.view?.settings);
  const { devices } = useMeetingContext();
  return {
    role,
    isModerator: isModerator(role),
    mayEnd: may(role, 'end'),
    mayShare: devices.canShareScreen && settings !== undefined && maySend(role, 'screen', settings),
  };
};
