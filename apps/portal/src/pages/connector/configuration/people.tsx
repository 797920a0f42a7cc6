import { Button, Select, Table, TextInput } from '@mantine/core';
import type { ConnectorPerson, HostingView } from '@guildhall/protocol';
import { Search } from 'lucide-react';
import { useState } from 'react';
import { useHostingChange, type Change } from '../../../api/connector.ts';
import { useText } from '../../../words/words.ts';
import classes from '../../pages.module.css';
import { useAttempt } from '../use-attempt.ts';
import { PlaceSelect, useEffectiveWords } from './place.tsx';

/** Rows drawn at once: an account may have thousands of people. */
const PAGE = 25;

/** Every person with the group, the own setting, and what follows from all of it. */
export function HostedPeople({ view }: { readonly view: HostingView }) {
  const t = useText('hosting');
  const [filter, setFilter] = useState('');
  const [limit, setLimit] = useState(PAGE);
  const wanted = filter.trim().toLocaleLowerCase();
  const found = view.people.filter(({ name, email }) =>
    `${name} ${email}`.toLocaleLowerCase().includes(wanted),
  );
  return (
    <div>
      <h3 className={classes.subTitle}>{t('people')}</h3>
      {view.people.length > PAGE ? (
        <TextInput
          my="xs"
          maw={320}
          aria-label={t('find')}
          placeholder={t('find')}
          leftSection={<Search size={16} aria-hidden />}
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
        />
      ) : null}
      <Table aria-label={t('people')} className={classes.table}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('person')}</Table.Th>
            <Table.Th>{t('group')}</Table.Th>
            <Table.Th>{t('setting')}</Table.Th>
            <Table.Th>{t('result')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {found.slice(0, limit).map((person) => (
            <PersonRow key={person.userId} person={person} view={view} />
          ))}
        </Table.Tbody>
      </Table>
      {found.length === 0 ? <p className={classes.plain}>{t('nobody')}</p> : null}
      {found.length > limit ? (
        <Button mt="sm" variant="default" size="xs" onClick={() => setLimit(limit + 4 * PAGE)}>
          {t('more', { count: found.length - limit })}
        </Button>
      ) : null}
    </div>
  );
}

function PersonRow({ person, view }: { readonly person: ConnectorPerson; readonly view: HostingView }) {
  const t = useText('hosting');
  const effectiveWords = useEffectiveWords();
  const change = useHostingChange();
  const attempt = useAttempt();
  const { userId, name, email, groupId, effective } = person;
  const act = (order: Change): void => void attempt(() => change.mutateAsync(order));
  const moveTo = (next: string | null): void => {
    const target = next ?? groupId;
    if (target === null) return;
    const members = view.people.filter((one) => one.groupId === target && one.userId !== userId);
    const userIds = [...members.map((one) => one.userId), ...(next === null ? [] : [userId])];
    act({ method: 'PUT', path: `/groups/${target}/members`, body: { userIds } });
  };
  const isHeld = effective.reason.code === 'account-locked' || effective.reason.code === 'group-locked';
  return (
    <Table.Tr>
      <Table.Td data-label={t('person')} className={classes.breakable}>
        <span className={classes.strong}>{name}</span>
        <span className={classes.below}>{email}</span>
      </Table.Td>
      <Table.Td data-label={t('group')}>
        <Select
          aria-label={t('groupOf', { name })}
          w={160}
          maw="100%"
          data={[
            { value: '', label: t('noGroup') },
            ...view.groups.map((group) => ({ value: group.groupId, label: group.name })),
          ]}
          value={groupId ?? ''}
          allowDeselect={false}
          disabled={view.groups.length === 0 || change.isPending}
          onChange={(next) => moveTo(next === '' ? null : next)}
        />
      </Table.Td>
      <Table.Td data-label={t('setting')}>
        <PlaceSelect
          label={t('settingOf', { name })}
          value={person.place}
          disabled={isHeld || change.isPending}
          onChange={(place) => act({ method: 'PUT', path: `/people/${userId}/hosting`, body: { place } })}
        />
      </Table.Td>
      <Table.Td data-label={t('result')}>{effectiveWords(effective)}</Table.Td>
    </Table.Tr>
  );
}
