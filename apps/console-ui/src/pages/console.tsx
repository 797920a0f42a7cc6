import { Alert, Button, Menu } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ConsoleMe, ConsoleStatus } from '@guildhall/protocol';
import {
  AppearanceMenu,
  Dialog,
  ErrorState,
  LanguageMenu,
  LoadingState,
  Logo,
  showToast,
  useLanguage,
} from '@guildhall/ui';
import { useQuery } from '@tanstack/react-query';
import { CircleUserRound, Eye, KeyRound, LogOut, TriangleAlert } from 'lucide-react';
import { statusQuery, useSignOut } from '../api/queries.ts';
import { useErrorWords } from '../lib/errors.ts';
import { momentText } from '../lib/format.ts';
import { useText } from '../words/words.ts';
import { Headline } from './headline.tsx';
import classes from './pages.module.css';
import { PairingCard } from './pairing.tsx';
import { PasswordForm } from './password-form.tsx';
import { ServicesCard } from './services.tsx';

export function ConsolePage({ me }: { readonly me: ConsoleMe }) {
  const toWords = useErrorWords();
  const query = useQuery(statusQuery);
  return (
    <>
      <header className={classes.top}>
        <div className={classes.bar}>
          <Logo size={22} />
          <div className={classes.menus}>
            <LanguageMenu />
            <AppearanceMenu />
            <PersonMenu me={me} />
          </div>
        </div>
      </header>
      <main className={classes.page}>
        {query.isPending ? <LoadingState rows={3} rowHeight={120} /> : null}
        {query.isError && !query.data ? (
          <ErrorState {...toWords(query.error).words} onRetry={() => void query.refetch()} />
        ) : null}
        {query.data ? <Shown me={me} status={query.data} stale={query.isError} /> : null}
      </main>
    </>
  );
}

function Shown(props: { readonly me: ConsoleMe; readonly status: ConsoleStatus; readonly stale: boolean }) {
  const { me, status, stale } = props;
  const t = useText('app');
  const { language } = useLanguage();
  const mayOperate = me.authority === 'operate';
  const pairing = <PairingCard pairing={status.pairing} mayOperate={mayOperate} />;
  return (
    <>
      <Headline status={status} />
      {stale ? (
        <Alert color="amber" variant="light" icon={<TriangleAlert size={18} aria-hidden />}>
          {t('stale', { time: momentText(status.timeMs, language) })}
        </Alert>
      ) : null}
      {mayOperate ? null : (
        <Alert color="brand" variant="light" icon={<Eye size={18} aria-hidden />}>
          {t('viewOnly')}
        </Alert>
      )}
      {/* What has to be done first stands first. */}
      {status.pairing.paired ? null : pairing}
      <ServicesCard status={status} mayOperate={mayOperate} />
      {status.pairing.paired ? pairing : null}
    </>
  );
}

function PersonMenu({ me }: { readonly me: ConsoleMe }) {
  const t = useText('app');
  const words = useText('password');
  const toWords = useErrorWords();
  const signOut = useSignOut();
  const [changing, dialog] = useDisclosure(false);
  const leave = async (): Promise<void> => {
    try {
      await signOut.mutateAsync();
    } catch (error) {
      showToast({ tone: 'bad', message: toWords(error).words.message });
    }
  };
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button
            variant="subtle"
            color="gray"
            leftSection={<CircleUserRound size={18} aria-hidden />}
            aria-label={t('signedInAs', { username: me.username })}
          >
            {me.username}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<KeyRound size={16} aria-hidden />} onClick={dialog.open}>
            {t('changePassword')}
          </Menu.Item>
          <Menu.Item leftSection={<LogOut size={16} aria-hidden />} onClick={() => void leave()}>
            {t('signOut')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Dialog opened={changing} onClose={dialog.close} title={words('title')}>
        <PasswordForm username={me.username} onDone={dialog.close} />
      </Dialog>
    </>
  );
}
