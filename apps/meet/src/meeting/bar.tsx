import {
  Hand,
  MessageSquare,
  Mic,
  MicOff,
  PhoneOff,
  ScreenShare,
  ScreenShareOff,
  Users,
  Video,
  VideoOff,
} from 'lucide-react';
import { useWords } from '../words/words.ts';
import { BarButton } from './bar-button.tsx';
import classes from './bar.module.css';
import { useDevices, useHandUp, useMeeting, useMeetingContext } from './context.ts';
import { MoreMenu } from './more-menu.tsx';
import { useActions, useRights } from './use-actions.ts';
import { useUnread } from './use-unread.ts';
import { ViewMenu } from './view-menu.tsx';

/** Everything one does in a meeting, always in the same place. */
export const Bar = () => {
  const t = useWords();
  const { panel } = useMeetingContext();
  const actions = useActions();
  const { mayShare } = useRights();
  const micOn = useDevices((state) => state.mic.on);
  const cameraOn = useDevices((state) => state.camera.on);
  const sharing = useDevices((state) => state.screen !== null);
  const handUp = useHandUp();
  const waiting = useMeeting((state) => state.view?.lobby.length ?? 0);
  const unread = useUnread();
  return (
    <footer className={classes.bar} aria-label={t('bar.label')}>
      <div className={classes.group}>
        <BarButton
          icon={micOn ? Mic : MicOff}
          label={t(micOn ? 'bar.mute' : 'bar.unmute')}
          shortcut="M"
          off={!micOn}
          onClick={actions.toggleMic}
        />
        <BarButton
          icon={cameraOn ? Video : VideoOff}
          label={t(cameraOn ? 'bar.stopVideo' : 'bar.startVideo')}
          shortcut="V"
          off={!cameraOn}
          onClick={actions.toggleCamera}
        />
        {mayShare || sharing ? (
          <BarButton
            icon={sharing ? ScreenShareOff : ScreenShare}
            label={t(sharing ? 'bar.stopShare' : 'bar.share')}
            shortcut="S"
            pressed={sharing}
            wideOnly={!sharing}
            onClick={actions.toggleShare}
          />
        ) : null}
      </div>
      <div className={classes.group}>
        <BarButton
          icon={Users}
          label={t('bar.participants')}
          shortcut="P"
          pressed={panel === 'participants'}
          {...(waiting > 0 ? { badge: waiting, note: t('bar.waiting', { count: waiting }) } : {})}
          onClick={() => actions.togglePanel('participants')}
        />
        <BarButton
          icon={MessageSquare}
          label={t('bar.chat')}
          shortcut="C"
          pressed={panel === 'chat'}
          {...(unread > 0 ? { badge: unread, note: t('bar.unread', { count: unread }) } : {})}
          onClick={() => actions.togglePanel('chat')}
        />
        <BarButton
          icon={Hand}
          label={t(handUp ? 'bar.lower' : 'bar.raise')}
          shortcut="H"
          pressed={handUp}
          wideOnly
          onClick={actions.toggleHand}
        />
        <ViewMenu />
        <MoreMenu />
      </div>
      <div className={classes.group} data-end>
        <BarButton icon={PhoneOff} label={t('bar.leave')} danger onClick={actions.leave} />
      </div>
    </footer>
  );
};
