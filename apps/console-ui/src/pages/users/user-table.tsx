import { Button, Table } from '@mantine/core';
import type { ConsoleMe, ConsoleUser } from '@guildhall/protocol';
import { Eye, KeyRound, Trash2, Wrench } from 'lucide-react';
import { useText } from '../../words/words.ts';
import classes from '../pages.module.css';

export type UserAct = 'operate' | 'view' | 'password' | 'delete';

interface UserTableProps {
  readonly users: readonly ConsoleUser[];
  readonly me: ConsoleMe;
  /** Name of the user whose change is under way. */
  readonly busy: string | undefined;
  /** None for those who may only look. */
  readonly onPress: ((user: ConsoleUser, act: UserAct) => void) | undefined;
}

export function UserTable({ users, me, busy, onPress }: UserTableProps) {
  const t = useText('users');
  return (
    <section className={classes.card}>
      <Table aria-label={t('tableLabel')} className={classes.table}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('name')}</Table.Th>
            <Table.Th>{t('authority')}</Table.Th>
            {onPress ? <Table.Th>{t('acts')}</Table.Th> : null}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {users.map((user) => (
            <Table.Tr key={user.username}>
              <Table.Td data-label={t('name')}>
                <div>
                  <span className={classes.service}>{user.username}</span>
                  {user.username === me.username ? <div className={classes.small}>{t('you')}</div> : null}
                </div>
              </Table.Td>
              <Table.Td data-label={t('authority')}>
                <div>
                  {t(`authorities.${user.authority}`)}
                  <div className={classes.small}>
                    {user.passwordChangeRequired ? t('mustChange') : t(`authorityHint.${user.authority}`)}
                  </div>
                </div>
              </Table.Td>
              {onPress ? (
                <Table.Td className={classes.actsCell}>
                  <Acts
                    user={user}
                    isMe={user.username === me.username}
                    busy={busy === user.username}
                    onPress={(act) => onPress(user, act)}
                  />
                </Table.Td>
              ) : null}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}

function Acts(props: {
  readonly user: ConsoleUser;
  readonly isMe: boolean;
  readonly busy: boolean;
  readonly onPress: (act: UserAct) => void;
}) {
  const t = useText('users');
  const { username, authority } = props.user;
  const other = authority === 'operate' ? 'view' : 'operate';
  const Icon = other === 'view' ? Eye : Wrench;
  return (
    <div className={classes.acts}>
      <Button
        size="xs"
        variant="default"
        leftSection={<Icon size={14} aria-hidden />}
        loading={props.busy}
        aria-label={t(`make.${other}Named`, { username })}
        onClick={() => props.onPress(other)}
      >
        {t(`make.${other}`)}
      </Button>
      {/* The own password changes in the menu of the person, where the current one is asked. */}
      {props.isMe ? null : (
        <Button
          size="xs"
          variant="default"
          leftSection={<KeyRound size={14} aria-hidden />}
          aria-label={t('resetNamed', { username })}
          onClick={() => props.onPress('password')}
        >
          {t('reset')}
        </Button>
      )}
      <Button
        size="xs"
        variant="outline"
        color="bad"
        leftSection={<Trash2 size={14} aria-hidden />}
        aria-label={t('deleteNamed', { username })}
        onClick={() => props.onPress('delete')}
      >
        {t('delete')}
      </Button>
    </div>
  );
}
