import { Button, NativeSelect, TextInput } from '@mantine/core';
import { CreateAlertTargetRequest, type AlertCondition } from '@guildhall/protocol';
import { CopyButton, Dialog, FormError, type ErrorWords } from '@guildhall/ui';
import { useState, type FormEvent } from 'react';
import { useErrorWords } from '../../../lib/errors.ts';
import { useText } from '../../../words/words.ts';
import pages from '../../pages.module.css';
import { ALERT_KINDS, conditionOf, isAlertKind } from './alert-words.ts';
import classes from './monitoring.module.css';
import { useAlertActs } from './queries.ts';

/** A new rule: what to watch for, and its limit. */
export function RuleForm() {
  const t = useText('monitoring');
  const toWords = useErrorWords();
  const { addRule } = useAlertActs();
  const [kind, setKind] = useState<AlertCondition['kind']>('node-gone');
  const [limit, setLimit] = useState<string>(ALERT_KINDS['node-gone'].usual);
  const [problem, setProblem] = useState<string>();
  const { word } = ALERT_KINDS[kind];
  const choose = (next: string): void => {
    if (!isAlertKind(next)) return;
    setKind(next);
    setLimit(ALERT_KINDS[next].usual);
    setProblem(undefined);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const condition = conditionOf(kind, limit);
    setProblem(condition ? undefined : t('alert.wrongLimit'));
    if (condition)
      addRule.mutate(condition, { onError: (error) => setProblem(toWords(error).words.message) });
  };
  return (
    <form className={classes.controls} onSubmit={submit} noValidate>
      <NativeSelect
        label={t('alert.watch')}
        value={kind}
        onChange={(event) => choose(event.currentTarget.value)}
        data={Object.entries(ALERT_KINDS).map(([value, one]) => ({
          value,
          label: t(`alert.kinds.${one.word}`),
        }))}
      />
      <TextInput
        label={t(`alert.limits.${word}`)}
        value={limit}
        maxLength={40}
        error={problem}
        onChange={(event) => setLimit(event.currentTarget.value)}
      />
      <Button type="submit" loading={addRule.isPending}>
        {t('alert.add')}
      </Button>
    </form>
  );
}

/** A new target; of a webhook the secret is shown once. */
export function TargetForm({ mail }: { readonly mail: boolean }) {
  const t = useText('monitoring');
  const toWords = useErrorWords();
  const { addTarget } = useAlertActs();
  const [kind, setKind] = useState<'webhook' | 'email'>('webhook');
  const [name, setName] = useState('');
  const [address, setAddress] = useState('');
  const [problem, setProblem] = useState<ErrorWords>();
  const [secret, setSecret] = useState<string | null>(null);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const typed =
      kind === 'webhook' ? { kind, name, url: address.trim() } : { kind, name, email: address.trim() };
    const target = CreateAlertTargetRequest.safeParse(typed);
    if (!target.success) {
      const field = target.error.issues[0]?.path[0] === 'name' ? 'alert.targetName' : addressLabel;
      setProblem({
        code: 'request.invalid',
        message: `${t(field)}: ${target.error.issues[0]?.message ?? ''}`,
      });
      return;
    }
    setProblem(undefined);
    addTarget.mutate(target.data, {
      onSuccess: (answer) => {
        setSecret(answer.secret);
        setName('');
        setAddress('');
      },
      onError: (error) => setProblem(toWords(error).words),
    });
  };
  const addressLabel = kind === 'webhook' ? 'alert.url' : 'alert.emailAddress';
  return (
    <>
      <form className={classes.controls} onSubmit={submit} noValidate>
        <NativeSelect
          label={t('alert.how')}
          value={kind}
          onChange={(event) => setKind(event.currentTarget.value === 'email' ? 'email' : 'webhook')}
          data={[
            { value: 'webhook', label: t('alert.webhook') },
            ...(mail ? [{ value: 'email', label: t('alert.email') }] : []),
          ]}
        />
        <TextInput
          label={t('alert.targetName')}
          value={name}
          maxLength={60}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label={t(addressLabel)}
          value={address}
          maxLength={500}
          onChange={(event) => setAddress(event.currentTarget.value)}
        />
        <Button type="submit" loading={addTarget.isPending}>
          {t('alert.addTarget')}
        </Button>
      </form>
      <FormError error={problem} />
      {mail ? null : <p className={classes.why}>{t('alert.noMail')}</p>}
      <Dialog opened={secret !== null} onClose={() => setSecret(null)} title={t('alert.secretTitle')}>
        <div className={pages.stack}>
          <p className={pages.plain}>{t('alert.secretText')}</p>
          <code className={classes.secret}>{secret}</code>
          <div className={classes.downloads}>
            <CopyButton value={secret ?? ''} label={t('alert.copySecret')} />
            <Button onClick={() => setSecret(null)}>{t('alert.done')}</Button>
          </div>
        </div>
      </Dialog>
    </>
  );
}
