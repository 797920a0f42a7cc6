import { Button, Table } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { ErrorState, LoadingState, PageHeader } from '@guildhall/ui';
import type { Me } from '@guildhall/protocol';
import { useQuery } from '@tanstack/react-query';
import { UserPlus } from 'lucide-react';
import { usersQuery } from '../api/queries.ts';
import { useErrorWords } from '../lib/errors.ts';
import { usePageTitle } from '../lib/use-page-title.ts';
import { useTimeWriter } from '../lib/use-time.ts';
import { useText } from '../words/words.ts';
import { AddPersonDialog } from './add-person.tsx';
import classes from './pages.module.css';

export function PeoplePage({ me }: { readonly me: Me }) {
  const t = useText('people');
  const toWords = useErrorWords();
  const times = useTimeWriter();
  const query = useQuery(usersQuery);
  const [adding, dialog] = useDisclosure(false);
  usePageTitle(t('title'));
  const mayAdd = me.user.role !== 'member';
  return (
    <>
      <PageHeader
        title={t('title')}
        subtitle={
          query.data ? t('subtitle', { count: query.data.users.length, account: me.account.name }) : undefined
        }
        actions={
          mayAdd ? (
            <Button leftSection={<UserPlus size={18} aria-hidden />} onClick={dialog.open}>
              {t('add')}
            </Button>
          ) : undefined
        }
      />
      {query.isPending ? <LoadingState rows={4} /> : null}
      {query.isError ? (
        <ErrorState {...toWords(query.error).words} onRetry={() => void query.refetch()} />
      ) : null}
      {query.data ? (
        <div className={classes.tableCard}>
          <Table aria-label={t('tableLabel')} className={classes.table}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('name')}</Table.Th>
                <Table.Th>{t('email')}</Table.Th>
                <Table.Th>{t('role')}</Table.Th>
                <Table.Th>{t('since')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {query.data.users.map((user) => (
                <Table.Tr key={user.userId}>
                  <Table.Td data-label={t('name')}>
                    <div>
                      <span className={classes.strong}>{user.name}</span>
                      {user.userId === me.user.userId ? (
                        <span className={classes.tag}>{t('you')}</span>
                      ) : null}
                    </div>
                  </Table.Td>
                  <Table.Td data-label={t('email')} className={classes.breakable}>
                    {user.email}
                  </Table.Td>
                  <Table.Td data-label={t('role')}>{t(`roles.${user.role}`)}</Table.Td>
                  <Table.Td data-label={t('since')} className="gh-tabular">
                    {times.dayAndTime(user.createdAtMs)}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      ) : null}
      {mayAdd ? <AddPersonDialog me={me} opened={adding} onClose={dialog.close} /> : null}
    </>
  );
}
