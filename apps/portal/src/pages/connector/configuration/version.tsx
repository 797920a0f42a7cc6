import { Button, Group, Table, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { productVersion, VersionText, type VersionRule } from '@guildhall/protocol';
import { FormError, StateWord, useNow, type ErrorWords, type StateName } from '@guildhall/ui';
import { useState } from 'react';
import { useVersionChange } from '../../../api/connector.ts';
import { useErrorWords } from '../../../lib/errors.ts';
import { useTimeWriter } from '../../../lib/use-time.ts';
import { epochToWall, localZone, wallToEpochMs } from '../../../lib/wall-time.ts';
import { useText } from '../../../words/words.ts';
import classes from '../../pages.module.css';

const DAY_MS = 86_400_000;
/** Time enough to update a few servers. */
const SUGGESTED_DAYS = 14;
const STANDING = { ok: 'running', warned: 'waiting', refused: 'failing' } as const satisfies Record<
  VersionRule['nodes'][number]['standing'],
  StateName
>;

/** The oldest version that may host new meetings, and which servers are older. */
export function VersionCard({ rule }: { readonly rule: VersionRule }) {
  const t = useText('versions');
  const times = useTimeWriter();
  const { minimum, nodes } = rule;
  const old = nodes.filter((node) => node.standing !== 'ok');
  return (
    <section className={classes.card}>
      <h2>{t('title')}</h2>
      <p className={classes.soft}>{t('text')}</p>
      <VersionForm rule={rule} />
      {minimum && old.length === 0 && nodes.length > 0 ? (
        <StateWord state="running">{t('allRecent')}</StateWord>
      ) : null}
      {minimum && old.length > 0 ? (
        <Table aria-label={t('oldNodes')} className={classes.table}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('node')}</Table.Th>
              <Table.Th>{t('version')}</Table.Th>
              <Table.Th>{t('standing')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {old.map((node) => (
              <Table.Tr key={node.nodeId}>
                <Table.Td data-label={t('node')}>{node.name}</Table.Td>
                <Table.Td data-label={t('version')}>{node.version}</Table.Td>
                <Table.Td data-label={t('standing')}>
                  <StateWord state={STANDING[node.standing]}>
                    {t(`standings.${node.standing}`, { date: times.day(minimum.fromMs) })}
                  </StateWord>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      ) : null}
    </section>
  );
}

function VersionForm({ rule: { minimum } }: { readonly rule: VersionRule }) {
  const t = useText('versions');
  const app = useText('app');
  const toWords = useErrorWords();
  const change = useVersionChange();
  const nowMs = useNow();
  const [error, setError] = useState<ErrorWords>();
  const form = useForm({
    initialValues: {
      version: minimum?.version ?? '',
      from: epochToWall(minimum?.fromMs ?? nowMs + SUGGESTED_DAYS * DAY_MS, localZone()).date,
    },
    validate: {
      version: (value) => (VersionText.safeParse(value.trim()).success ? null : t('versionWrong')),
      from: (value) => (/^\d{4}-\d{2}-\d{2}$/u.test(value) ? null : t('fromWrong')),
    },
  });
  const save = async (next: VersionRule['minimum']): Promise<void> => {
    setError(undefined);
    try {
      await change.mutateAsync({ method: 'PUT', path: '/minimum-version', body: { minimum: next } });
    } catch (refusal) {
      setError(toWords(refusal).words);
    }
  };
  return (
    <form
      className={classes.form}
      noValidate
      onSubmit={form.onSubmit(({ version, from }) =>
        save({ version: version.trim(), fromMs: wallToEpochMs(from, '00:00', localZone()) }),
      )}
    >
      <FormError error={error} />
      <div className={classes.fields}>
        <TextInput
          label={t('minimum')}
          description={t('minimumHint', { version: productVersion })}
          autoComplete="off"
          spellCheck={false}
          {...form.getInputProps('version')}
        />
        <TextInput
          label={t('from')}
          description={t('fromHint')}
          type="date"
          {...form.getInputProps('from')}
        />
      </div>
      <Group gap="xs">
        <Button type="submit" variant="default" loading={change.isPending}>
          {app('save')}
        </Button>
        {minimum ? (
          <Button variant="subtle" disabled={change.isPending} onClick={() => void save(null)}>
            {t('none')}
          </Button>
        ) : null}
      </Group>
    </form>
  );
}
