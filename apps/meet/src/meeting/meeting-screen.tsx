import type { MeetingClient } from '@guildhall/meeting-client';
import { useEffect, useMemo, useState } from 'react';
import type { LocalDevices } from '../devices/local-devices.ts';
import { ChatPanel } from '../panels/chat.tsx';
import { LeaveDialog } from '../panels/leave-dialog.tsx';
import { ParticipantsPanel } from '../panels/participants.tsx';
import { SettingsDialog } from '../panels/settings.tsx';
import { ShortcutsDialog } from '../panels/shortcuts.tsx';
import { Bar } from './bar.tsx';
import { MeetingContext, type DialogName, type Panel, type ViewMode } from './context.ts';
import { Header } from './header.tsx';
import classes from './meeting.module.css';
import { RemoteSound } from './remote-sound.tsx';
import { Stage } from './stage.tsx';
import { useNotices } from './use-notices.tsx';
import { useShortcuts, useShortcutsOn } from './use-shortcuts.ts';

/** The meeting itself. Dark in both themes, with everything that opens over it. */
export const MeetingScreen = ({
  client,
  devices,
  passcode,
}: {
  readonly client: MeetingClient;
  readonly devices: LocalDevices;
  readonly passcode: string | null;
}) => {
  const [panel, setPanel] = useState<Panel | null>(null);
  const [viewMode, setViewMode] = useState<ViewMode>('auto');
  const [dialog, setDialog] = useState<DialogName | null>(null);
  const value = useMemo(
    () => ({ client, devices, passcode, panel, setPanel, viewMode, setViewMode, setDialog }),
    [client, devices, passcode, panel, viewMode],
  );
  useEffect(() => {
    // On the body, because menus, dialogs and toasts open there.
    document.body.classList.add('gh-stage');
    return () => document.body.classList.remove('gh-stage');
  }, []);
  return (
    <MeetingContext value={value}>
      <Screen panel={panel} dialog={dialog} onCloseDialog={() => setDialog(null)} />
    </MeetingContext>
  );
};

const Screen = ({
  panel,
  dialog,
  onCloseDialog,
}: {
  readonly panel: Panel | null;
  readonly dialog: DialogName | null;
  readonly onCloseDialog: () => void;
}) => {
  const [shortcutsOn, setShortcutsOn] = useShortcutsOn();
  useShortcuts(shortcutsOn);
  useNotices();
  return (
    <div className={classes.screen}>
      <Header />
      <div className={classes.middle}>
        <Stage />
        {panel === 'chat' ? <ChatPanel /> : null}
        {panel === 'participants' ? <ParticipantsPanel /> : null}
      </div>
      <Bar />
      <RemoteSound />
      <LeaveDialog opened={dialog === 'leave'} onClose={onCloseDialog} />
      <SettingsDialog opened={dialog === 'settings'} onClose={onCloseDialog} />
      <ShortcutsDialog
        opened={dialog === 'keys'}
        onClose={onCloseDialog}
        on={shortcutsOn}
        onToggle={setShortcutsOn}
      />
    </div>
  );
};
