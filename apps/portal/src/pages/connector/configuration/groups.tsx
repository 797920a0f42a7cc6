import { Button, Group, Switch, Table } from '@mantine/core';
import type { ConnectorGroup, HostingView } from '@guildhall/protocol';
import { ConfirmDialog, IconButton } from '@guildhall/ui';
import { Pencil, Trash2, Users } from 'lucide-react';
import { useState } from 'react';
import { useHostingChange, type Change } from '../../../api/connector.ts';
import { useText } from '../../../words/words.ts';
import classes from '../../pages.module.css';
import { useAttempt } from '../use-attempt.ts';
import { NameDialog } from './name-dialog.tsx';
import { PlaceSelect } from './place.tsx';

/** Groups with their own setting, which they may lock for their people. */
export function Groups({ view }: { readonly view: HostingView }) {
  const t = useText('hosting');
  const change = useHostingChange();
  const [naming, setNaming] = useState<ConnectorGroup | 'new'>();
  const [deleting, setDeleting] = useState<ConnectorGroup>();
  const attempt = useAttempt();
  const act = (order: Change): Promise<boolean> => attempt(() => change.mutateAsync(order));
  const { groups, account } = view;
  return (
    <div>
      <Group justify="space-between" mb="xs">
        <h3 className={classes.subTitle}>{t('groups')}</h3>
        <Button
          variant="default"
          size="xs"
          leftSection={<Users size={16} aria-hidden />}
          onClick={() => setNaming('new')}
        >
          {t('addGroup')}
        </Button>
      </Group>
      {groups.length === 0 ? (
        <p className={classes.plain}>{t('noGroups')}</p>
      ) : (
        <Table aria-label={t('groups')} className={classes.table}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('group')}</Table.Th>
              <Table.Th>{t('members')}</Table.Th>
              <Table.Th>{t('setting')}</Table.Th>
              <Table.Th>{t('locked')}</Table.Th>
              <Table.Th>{t('acts')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {groups.map((group) => (
              <Table.Tr key={group.groupId}>
                <Table.Td data-label={t('group')} className={classes.breakable}>
                  <span className={classes.strong}>{group.name}</span>
                </Table.Td>
                <Table.Td data-label={t('members')} className="gh-tabular">
                  {group.members}
                </Table.Td>
                <Table.Td data-label={t('setting')}>
                  <PlaceSelect
                    label={t('settingOf', { name: group.name })}
                    value={group.place}
                    disabled={account.locked || change.isPending}
                    onChange={(place) =>
                      void act({ method: 'PATCH', path: `/groups/${group.groupId}`, body: { place } })
                    }
                  />
                </Table.Td>
                <Table.Td data-label={t('locked')}>
                  <Switch
                    aria-label={t('lockOf', { name: group.name })}
                    checked={group.locked}
                    disabled={group.place === null || account.locked || change.isPending}
                    onChange={({ currentTarget: { checked: locked } }) =>
                      void act({ method: 'PATCH', path: `/groups/${group.groupId}`, body: { locked } })
                    }
                  />
                </Table.Td>
                <Table.Td data-label={t('acts')}>
                  <Group gap={4} wrap="nowrap">
                    <IconButton
                      icon={Pencil}
                      label={t('renameOf', { name: group.name })}
                      onClick={() => setNaming(group)}
                    />
                    <IconButton
                      icon={Trash2}
                      label={t('deleteOf', { name: group.name })}
                      onClick={() => setDeleting(group)}
                    />
                  </Group>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {naming === undefined ? null : (
        <NameDialog
          title={naming === 'new' ? t('addGroup') : t('renameGroup')}
          name={naming === 'new' ? '' : naming.name}
          onClose={() => setNaming(undefined)}
          onSave={(name) =>
            change.mutateAsync(
              naming === 'new'
                ? { method: 'POST', path: '/groups', body: { name } }
                : { method: 'PATCH', path: `/groups/${naming.groupId}`, body: { name } },
            )
          }
        />
      )}
      <ConfirmDialog
        opened={deleting !== undefined}
        danger
        title={t('deleteGroup')}
        confirmLabel={t('deleteGroup')}
        onClose={() => setDeleting(undefined)}
        onConfirm={async () => {
          if (deleting) await act({ method: 'DELETE', path: `/groups/${deleting.groupId}` });
          setDeleting(undefined);
        }}
      >
        {t('deleteGroupText', { name: deleting?.name ?? '' })}
      </ConfirmDialog>
    </div>
  );
}
