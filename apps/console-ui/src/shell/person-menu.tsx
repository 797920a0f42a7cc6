import { Button, Menu } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ConsoleMe } from '@guildhall/protocol';
import { Dialog, showToast } from '@guildhall/ui';
import { CircleUserRound, KeyRound, LogOut } from 'lucide-react';
import { useSignOut } from '../api/queries.ts';
import { useErrorWords } from '../lib/errors.ts';
import { PasswordForm } from '../pages/password-form.tsx';
import { useText } from '../words/words.ts';

/** Who is signed in, with what concerns only them. */
export function PersonMenu({ me }: { readonly me: ConsoleMe }) {
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
