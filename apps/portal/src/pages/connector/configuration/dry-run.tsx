import { Button, SegmentedControl, Select, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { parseAddress } from '@guildhall/domain';
import { MeetingNumber, UserIdSchema, type ConnectorPerson, type DryRunAnswer } from '@guildhall/protocol';
import { FormError, type ErrorWords } from '@guildhall/ui';
import { useState } from 'react';
import { useDryRun } from '../../../api/connector.ts';
import { useErrorWords } from '../../../lib/errors.ts';
import { useText } from '../../../words/words.ts';
import classes from '../../pages.module.css';
import { useEffectiveWords } from './place.tsx';

const digitsOf = (text: string): string => text.replaceAll(/[\s-]/gu, '');

/** For this address, where would a meeting go, and why? */
export function DryRunCard({ people }: { readonly people: readonly ConnectorPerson[] }) {
  const t = useText('dryRun');
  const toWords = useErrorWords();
  const run = useDryRun();
  const [error, setError] = useState<ErrorWords>();
  const form = useForm({
    initialValues: { address: '', by: 'person', userId: people[0]?.userId ?? '', number: '' },
    validate: {
      address: (value) => (parseAddress(value.trim()) ? null : t('addressWrong')),
      number: (value, { by }) =>
        by === 'person' || MeetingNumber.safeParse(digitsOf(value)).success ? null : t('numberWrong'),
    },
  });
  const submit = async ({ address, by, userId, number }: typeof form.values): Promise<void> => {
    setError(undefined);
    const about = by === 'person' ? { userId: UserIdSchema.parse(userId) } : { number: digitsOf(number) };
    try {
      await run.mutateAsync({ address: address.trim(), ...about });
    } catch (refusal) {
      run.reset();
      const { field, words } = toWords(refusal);
      if (field !== undefined && field in form.values) form.setFieldError(field, words.message);
      else setError(words);
    }
  };
  return (
    <section className={classes.card}>
      <h2>{t('title')}</h2>
      <p className={classes.soft}>{t('text')}</p>
      <form className={classes.form} onSubmit={form.onSubmit(submit)} noValidate>
        <FormError error={error} />
        <SegmentedControl
          aria-label={t('by')}
          data={[
            { value: 'person', label: t('byPerson') },
            { value: 'meeting', label: t('byMeeting') },
          ]}
          {...form.getInputProps('by')}
        />
        <div className={classes.fields}>
          <TextInput
            label={t('address')}
            description={t('addressHint')}
            autoComplete="off"
            spellCheck={false}
            {...form.getInputProps('address')}
          />
          {form.values.by === 'person' ? (
            <Select
              label={t('host')}
              description={t('hostHint')}
              data={people.map((person) => ({
                value: person.userId,
                label: `${person.name} (${person.email})`,
              }))}
              searchable
              limit={100}
              allowDeselect={false}
              {...form.getInputProps('userId')}
            />
          ) : (
            <TextInput
              label={t('number')}
              description={t('numberHint')}
              inputMode="numeric"
              autoComplete="off"
              {...form.getInputProps('number')}
            />
          )}
        </div>
        <div>
          <Button type="submit" variant="default" loading={run.isPending}>
            {t('submit')}
          </Button>
        </div>
      </form>
      <div aria-live="polite">{run.data ? <Answer answer={run.data} /> : null}</div>
    </section>
  );
}

function Answer({ answer }: { readonly answer: DryRunAnswer }) {
  const t = useText('dryRun');
  const effectiveWords = useEffectiveWords();
  const zone = 'zone' in answer ? answer.zone : '';
  return (
    <div className={classes.stack}>
      <p className={classes.stateLine}>{t(`outcomes.${answer.outcome}`, { zone, host: answer.hostName })}</p>
      <ol className={classes.steps}>
        {'setting' in answer ? (
          <li>{t('setting', { host: answer.hostName, setting: effectiveWords(answer.setting) })}</li>
        ) : null}
        {'steps' in answer
          ? answer.steps.map((step) => {
              const { code, ...values } = step;
              return (
                <li key={JSON.stringify(step)}>{t(`steps.${code}`, { ...values, host: answer.hostName })}</li>
              );
            })
          : null}
      </ol>
    </div>
  );
}
