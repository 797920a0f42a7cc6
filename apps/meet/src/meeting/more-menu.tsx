import { Menu } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { showToast } from '@guildhall/ui';
import {
  Ellipsis,
  Hand,
  Keyboard,
  Link,
  Lock,
  LockOpen,
  Maximize,
  MicOff,
  Minimize,
  PhoneOff,
  ScreenShare,
  Settings,
} from 'lucide-react';
import { useWords } from '../words/words.ts';
import { BarButton } from './bar-button.tsx';
import { useHandUp, useMeeting, useMeetingContext } from './context.ts';
import { useActions, useRights } from './use-actions.ts';
import { ViewItems } from './view-menu.tsx';

const icon = { size: 16, 'aria-hidden': true } as const;

/** Where bar.module.css takes buttons out of the bar. */
const PHONE = '(max-width: 599px)';

/** What is needed seldom; on phones also what the bar has no room for. */
export const MoreMenu = () => {
  const t = useWords();
  const { setDialog } = useMeetingContext();
  const { copyInvitation } = useActions();
  const { isModerator } = useRights();
  // Left out, not only hidden: a menu opened by its button gives the keyboard to the first item there is.
  const isPhone = useMediaQuery(PHONE, false, { getInitialValueInEffect: false });
  return (
    <Menu position="top-end" offset={12}>
      <Menu.Target>
        <BarButton icon={Ellipsis} label={t('bar.more')} />
      </Menu.Target>
      <Menu.Dropdown>
        {isPhone ? <PhoneItems /> : null}
        <Menu.Item leftSection={<Link {...icon} />} onClick={copyInvitation}>
          {t('more.invite')}
        </Menu.Item>
        <Menu.Item leftSection={<Settings {...icon} />} onClick={() => setDialog('settings')}>
          {t('more.settings')}
        </Menu.Item>
        <FullScreenItem />
        {isPhone ? null : (
          <Menu.Item leftSection={<Keyboard {...icon} />} onClick={() => setDialog('keys')}>
            {t('more.keys')}
          </Menu.Item>
        )}
        {isModerator ? <HostItems /> : null}
      </Menu.Dropdown>
    </Menu>
  );
};

const PhoneItems = () => {
  const t = useWords();
  const { toggleHand, toggleShare } = useActions();
  const { mayShare } = useRights();
  const handUp = useHandUp();
  return (
    <>
      <Menu.Item leftSection={<Hand {...icon} />} onClick={toggleHand}>
        {t(handUp ? 'bar.lower' : 'bar.raise')}
      </Menu.Item>
      {mayShare ? (
        <Menu.Item leftSection={<ScreenShare {...icon} />} onClick={toggleShare}>
          {t('bar.share')}
        </Menu.Item>
      ) : null}
      <Menu.Divider />
      <Menu.Label>{t('bar.view')}</Menu.Label>
      <ViewItems />
      <Menu.Divider />
    </>
  );
};

const FullScreenItem = () => {
  const t = useWords();
  if (!document.fullscreenEnabled) return null;
  const isFull = document.fullscreenElement !== null;
  const toggle = (): void => {
    const change = isFull ? document.exitFullscreen() : document.documentElement.requestFullscreen();
    // The browser may refuse; the meeting stays as it is.
    change.catch(() => undefined);
  };
  return (
    <Menu.Item leftSection={isFull ? <Minimize {...icon} /> : <Maximize {...icon} />} onClick={toggle}>
      {t(isFull ? 'more.exitFullscreen' : 'more.fullscreen')}
    </Menu.Item>
  );
};

const HostItems = () => {
  const t = useWords();
  const { client, setDialog } = useMeetingContext();
  const { attempt } = useActions();
  const { mayEnd } = useRights();
  const locked = useMeeting((state) => state.view?.locked ?? false);
  const muteAll = async (): Promise<void> => {
    if (await attempt(client.muteAll())) showToast({ id: 'mute-all', message: t('more.allMuted') });
  };
  return (
    <>
      <Menu.Divider />
      <Menu.Item leftSection={<MicOff {...icon} />} onClick={() => void muteAll()}>
        {t('more.muteAll')}
      </Menu.Item>
      <Menu.Item
        leftSection={locked ? <LockOpen {...icon} /> : <Lock {...icon} />}
        onClick={() => void attempt(client.lock(!locked))}
      >
        {t(locked ? 'more.unlock' : 'more.lock')}
      </Menu.Item>
      {mayEnd ? (
        <Menu.Item color="bad" leftSection={<PhoneOff {...icon} />} onClick={() => setDialog('leave')}>
          {t('bar.endForAll')}
        </Menu.Item>
      ) : null}
    </>
  );
};
