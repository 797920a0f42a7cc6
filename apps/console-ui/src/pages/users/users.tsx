import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ConsoleUser } from '@guildhall/protocol';
import { ConfirmDialog, ErrorState, LoadingState, PageHeader, showToast } from '@guildhall/ui';
import { useQuery } from '@tanstack/react-query';
import { UserPlus } from 'lucide-react';
import { useState } from 'react';
import { useDeleteUser, usersQuery, useSetAuthority } from '../../api/users.ts';
import { useErrorWords } from '../../lib/errors.ts';
import { useConfirmed } from '../../lib/use-confirmed.ts';
import type { PageProps } from '../../shell/pages.ts';
import { useText } from '../../words/words.ts';
import { AddUserDialog } from './add-user.tsx';
import { ResetPasswordDialog } from './reset-password.tsx';
import { UserTable, type UserAct } from './user-table.tsx';

/** User → Manage: who may sign in to this console and what they may do. */
export function UsersPage({ me }: PageProps) {
  const t = useText('users');
  const toWords = useErrorWords();
  const query = useQuery(usersQuery);
  const setAuthority = useSetAuthority();
  const [adding, addDialog] = useDisclosure(false);
  const [asked, setAsked] = useState<{ readonly user: ConsoleUser; readonly act: 'delete' | 'password' }>();
  const mayOperate = me.authority === 'operate';
  const change = async ({ username }: ConsoleUser, authority: ConsoleUser['authority']): Promise<void> => {
    try {
      await setAuthority.mutateAsync({ username, authority });
      showToast({ tone: 'good', message: t('changed', { username }) });
    } catch (error) {
      showToast({ tone: 'bad', message: toWords(error).words.message });
    }
  };
  const press = (user: ConsoleUser, act: UserAct): void => {
    if (act === 'delete' || act === 'password') setAsked({ user, act });
    else void change(user, act);
  };
  return (
    <>
      <PageHeader
        title={t('title')}
        subtitle={t('subtitle')}
        actions={
          mayOperate ? (
            <Button leftSection={<UserPlus size={18} aria-hidden />} onClick={addDialog.open}>
              {t('add')}
            </Button>
          ) : undefined
        }
      />
      {query.isPending ? <LoadingState rows={3} /> : null}
      {query.isError ? (
        <ErrorState {...toWords(query.error).words} onRetry={() => void query.refetch()} />
      ) : null}
      {query.data ? (
        <UserTable
          users={query.data.users}
          me={me}
          busy={setAuthority.isPending ? setAuthority.variables.username : undefined}
          onPress={mayOperate ? press : undefined}
        />
      ) : null}
      {adding ? <AddUserDialog onClose={addDialog.close} /> : null}
      {asked?.act === 'password' ? (
        <ResetPasswordDialog username={asked.user.username} onClose={() => setAsked(undefined)} />
      ) : null}
      {asked?.act === 'delete' ? (
        <DeleteDialog username={asked.user.username} onClose={() => setAsked(undefined)} />
      ) : null}
    </>
  );
}

function DeleteDialog({ username, onClose }: { readonly username: string; readonly onClose: () => void }) {
  const t = useText('users');
  const remove = useDeleteUser();
  const confirmed = useConfirmed(async () => {
    await remove.mutateAsync(username);
    showToast({ tone: 'good', message: t('deleted', { username }) });
  }, onClose);
  return (
    <ConfirmDialog
      opened
      danger
      title={t('deleteTitle', { username })}
      confirmLabel={t('delete')}
      {...confirmed}
    >
      {t('deleteText', { username })}
    </ConfirmDialog>
  );
}
