import { MultiSelect, Stack, Switch, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { parseSubnet, type SubnetProblem } from '@guildhall/domain';
import { maxLimits, type ConnectorZone, type HostingView, type Policy } from '@guildhall/protocol';
import { Dialog, DialogActions, FormError, type ErrorWords } from '@guildhall/ui';
import { useState } from 'react';
import { useZonesChange } from '../../../api/connector.ts';
import { useErrorWords } from '../../../lib/errors.ts';
import { useText } from '../../../words/words.ts';

const linesOf = (text: string): string[] =>
  text
    .split(/[\s,;]+/u)
    .map((line) => line.trim())
    .filter((line) => line !== '');

type Limit = keyof typeof maxLimits;
const LIMITS = ['participantsPerRouter', 'meetingsPerRouter'] as const satisfies readonly Limit[];

/** Null for the default, undefined for what is no limit. */
function limitOf(limit: Limit, text: string): number | null | undefined {
  const typed = text.trim();
  if (typed === '') return null;
  const value = /^\d{1,6}$/u.test(typed) ? Number(typed) : 0;
  return value >= 1 && value <= maxLimits[limit] ? value : undefined;
}

/** Everything about one zone that can be set. Mounted while it is open. */
export function ZoneDialog({
  zone,
  view,
  limits,
  onClose,
}: {
  readonly zone: ConnectorZone;
  readonly view: HostingView;
  /** Of zones that set none. */
  readonly limits: Policy['limits'];
  readonly onClose: () => void;
}) {
  const t = useText('zones');
  const app = useText('app');
  const hosting = useText('hosting');
  const toWords = useErrorWords();
  const change = useZonesChange();
  const problemWords = useProblemWords();
  const [error, setError] = useState<ErrorWords>();
  const limitProblem = (limit: Limit, value: string): string | null =>
    limitOf(limit, value) === undefined ? t('limitWrong', { max: maxLimits[limit] }) : null;
  const form = useForm({
    initialValues: {
      name: zone.name,
      isDefault: zone.isDefault,
      userIds: [...zone.userIds] as string[],
      groupIds: [...zone.groupIds] as string[],
      subnets: zone.subnets.join('\n'),
      participantsPerRouter: String(zone.participantsPerRouter ?? ''),
      meetingsPerRouter: String(zone.meetingsPerRouter ?? ''),
    },
    validate: {
      name: (value) => (value.trim() === '' ? hosting('nameNeeded') : null),
      subnets: (value) =>
        linesOf(value)
          .map(problemWords)
          .find((words) => words !== undefined) ?? null,
      participantsPerRouter: (value) => limitProblem('participantsPerRouter', value),
      meetingsPerRouter: (value) => limitProblem('meetingsPerRouter', value),
    },
  });
  const submit = async ({
    name,
    isDefault,
    userIds,
    groupIds,
    subnets,
    ...typed
  }: typeof form.values): Promise<void> => {
    setError(undefined);
    const isSameHosts = userIds.join() === zone.userIds.join() && groupIds.join() === zone.groupIds.join();
    const changed = LIMITS.map((limit) => [limit, limitOf(limit, typed[limit])] as const).filter(
      ([limit, value]) => value !== (zone[limit] ?? null),
    );
    const body = {
      name: name.trim(),
      subnets: linesOf(subnets),
      // A list that emptied itself stays closed until somebody changes it.
      ...(!isSameHosts && { hosts: { userIds, groupIds } }),
      ...(isDefault && !zone.isDefault && { isDefault }),
      ...Object.fromEntries(changed),
    };
    try {
      await change.mutateAsync({ method: 'PATCH', path: `/zones/${zone.zoneId}`, body });
      onClose();
    } catch (refusal) {
      const { field, words } = toWords(refusal);
      if (field !== undefined && field in form.values) form.setFieldError(field, words.message);
      else setError(words);
    }
  };
  return (
    <Dialog opened onClose={onClose} title={t('editOf', { name: zone.name })} size="lg">
      <form onSubmit={form.onSubmit(submit)} noValidate>
        <Stack gap="md">
          <FormError error={error} />
          <TextInput
            label={hosting('name')}
            maxLength={100}
            autoComplete="off"
            data-autofocus
            {...form.getInputProps('name')}
          />
          <Switch
            label={t('makeDefault')}
            description={t('makeDefaultHint')}
            disabled={zone.isDefault}
            {...form.getInputProps('isDefault', { type: 'checkbox' })}
          />
          <MultiSelect
            label={t('hostGroups')}
            description={t('hostsHint')}
            data={view.groups.map((group) => ({ value: group.groupId, label: group.name }))}
            searchable
            nothingFoundMessage={t('noneFound')}
            {...form.getInputProps('groupIds')}
          />
          <MultiSelect
            label={t('hostPeople')}
            data={view.people.map((person) => ({
              value: person.userId,
              label: `${person.name} (${person.email})`,
            }))}
            searchable
            limit={100}
            nothingFoundMessage={t('noneFound')}
            {...form.getInputProps('userIds')}
          />
          <Textarea
            label={t('subnets')}
            description={t('subnetsHint')}
            rows={5}
            spellCheck={false}
            autoComplete="off"
            {...form.getInputProps('subnets')}
          />
          {LIMITS.map((limit) => (
            <TextInput
              key={limit}
              label={t(limit)}
              description={t('limitHint', { standard: limits[limit] })}
              placeholder={String(limits[limit])}
              inputMode="numeric"
              maxLength={6}
              autoComplete="off"
              {...form.getInputProps(limit)}
            />
          ))}
          <DialogActions submitLabel={app('save')} busy={form.submitting} onCancel={onClose} />
        </Stack>
      </form>
    </Dialog>
  );
}

/** What is wrong with a line of subnets, in words; undefined for a good one. */
function useProblemWords(): (line: string) => string | undefined {
  const t = useText('zones');
  return (line) => {
    const parsed = parseSubnet(line);
    if (parsed.ok) return undefined;
    const { problem } = parsed;
    return t(`problems.${problem.code}`, { line: line.slice(0, 45), ...valuesOf(problem) });
  };
}

const valuesOf = (problem: SubnetProblem): Record<string, string | number> =>
  problem.code === 'host-bits'
    ? { network: problem.network }
    : problem.code === 'prefix'
      ? { max: problem.maxBits }
      : {};
