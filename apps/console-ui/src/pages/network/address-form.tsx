import { Button, SegmentedControl, TextInput } from '@mantine/core';
import { useForm, type FormErrors, type UseFormReturnType } from '@mantine/form';
import type { NetworkPlan, NetworkSettingsView } from '@guildhall/protocol';
import { FormError, showToast, type ErrorWords } from '@guildhall/ui';
import { useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { networkSettingsQuery, useApplyNetwork, usePlanNetwork } from '../../api/network.ts';
import { ApiError } from '../../api/client.ts';
import { useErrorWords } from '../../lib/errors.ts';
import { useRuleText } from '../../lib/use-rule-text.ts';
import { useText } from '../../words/words.ts';
import page from '../pages.module.css';
import { errorsOf, formOf, valuesOf, type AddressValues } from './address-values.ts';
import { ExternalFields } from './external-fields.tsx';
import classes from './network.module.css';
import { PlanDialog } from './plan-dialog.tsx';

const MODES = ['two-addresses', 'one-address'] as const;
const METHODS = ['static', 'dhcp'] as const;

export type AddressFormState = UseFormReturnType<AddressValues>;

/** Every network setting, its rule under it, and the plan before anything is done. */
export function AddressForm(props: { readonly view: NetworkSettingsView; readonly mayOperate: boolean }) {
  const { view, mayOperate } = props;
  const t = useText('network');
  const toWords = useErrorWords();
  const ruleText = useRuleText();
  const client = useQueryClient();
  const ask = usePlanNetwork();
  const apply = useApplyNetwork();
  const [plan, setPlan] = useState<NetworkPlan>();
  const [error, setError] = useState<ErrorWords>();
  const form = useForm<AddressValues>({
    initialValues: valuesOf(view.pending?.form ?? view.form),
    validate: (values) => errorsOf(values, ruleText),
  });
  const review = async (values: AddressValues): Promise<void> => {
    setError(undefined);
    try {
      setPlan(await ask.mutateAsync(formOf(values)));
    } catch (refusal) {
      setError(toWords(refusal).words);
    }
  };
  const applyNow = async (): Promise<void> => {
    setError(undefined);
    try {
      await apply.mutateAsync({ rev: view.rev, form: formOf(form.getValues()) });
      setPlan(undefined);
    } catch (refusal) {
      const { words } = toWords(refusal);
      if (refusal instanceof ApiError && refusal.code === 'request.conflict') {
        setPlan(undefined);
        showToast({ tone: 'bad', title: t('conflict'), message: words.message });
        await client.invalidateQueries({ queryKey: networkSettingsQuery.queryKey });
      } else setError(words);
    }
  };
  // The button stands below a long form; what is wrong may be out of sight.
  const showFirst = (errors: FormErrors): void => {
    const [first] = Object.keys(errors);
    if (first !== undefined) form.getInputNode(first)?.focus();
  };
  const isStatic = form.values.method === 'static';
  const isTwo = form.values.mode === 'two-addresses';
  // While a change waits, the fields show it; it has to be decided before the next.
  const isLocked = !mayOperate || view.pending !== null;
  return (
    <form onSubmit={form.onSubmit((values) => void review(values), showFirst)} noValidate>
      <fieldset disabled={isLocked} className={classes.set}>
        <section className={page.card}>
          <h2>{t('primary')}</h2>
          <Choice
            form={form}
            name="mode"
            options={MODES.map((value) => ({
              value,
              label: t(`modes.${value}`),
              hint: t(`modeHint.${value}`),
            }))}
            disabled={isLocked}
          />
          <Choice
            form={form}
            name="method"
            options={METHODS.map((value) => ({
              value,
              label: t(`methods.${value}`),
              hint: t(`methodHint.${value}`),
            }))}
            disabled={isLocked}
          />
          {!isStatic && !view.hasDhcpClient ? <div className={page.small}>{t('noDhcp')}</div> : null}
          {isStatic ? (
            <div className={classes.fields}>
              <Field form={form} name="address" label={t('address')} hint={t('addressHint')} />
              <Field form={form} name="mask" label={t('mask')} hint={t('maskHint')} />
              <Field form={form} name="gateway" label={t('gateway')} hint={t('gatewayHint')} />
            </div>
          ) : null}
        </section>
        {isTwo ? (
          <section className={page.card}>
            <h2>{t('alias')}</h2>
            <div className={classes.fields}>
              <Field form={form} name="aliasAddress" label={t('aliasAddress')} hint={t('aliasAddressHint')} />
              <Field form={form} name="aliasMask" label={t('aliasMask')} hint={t('maskHint')} />
            </div>
          </section>
        ) : null}
        <section className={page.card}>
          <h2>{t('names')}</h2>
          <div className={classes.fields}>
            <Field form={form} name="hostName" label={t('hostName')} hint={t('hostNameHint')} />
            <Field form={form} name="dns" label={t('dns')} hint={t('dnsHint')} />
            <Field form={form} name="ntp" label={t('ntp')} hint={t('ntpHint')} />
            <Field form={form} name="proxy" label={t('proxy')} hint={t('proxyHint')} />
          </div>
        </section>
        <section className={page.card}>
          <h2>{t('ports')}</h2>
          <p className={page.soft}>{t('portHint')}</p>
          <div className={classes.fields}>
            <Field form={form} name="zctrlPort" label={t('zctrlPort')} numeric />
            <Field form={form} name="mmrPort" label={t('mmrPort')} numeric />
            <Field form={form} name="mediaPort" label={t('mediaPort')} numeric />
          </div>
        </section>
        <ExternalFields form={form} mayChange={!isLocked} />
        {plan ? null : <FormError error={error} />}
        {isLocked ? null : (
          <div>
            <Button type="submit" loading={ask.isPending}>
              {t(view.obstacle ? 'show' : 'review')}
            </Button>
          </div>
        )}
      </fieldset>
      {plan ? (
        <PlanDialog
          plan={plan}
          busy={apply.isPending}
          error={error}
          onApply={view.obstacle ? undefined : () => void applyNow()}
          onClose={() => {
            setPlan(undefined);
            setError(undefined);
          }}
        />
      ) : null}
    </form>
  );
}

type TextName = Exclude<keyof AddressValues, 'external' | 'mode' | 'method'>;

function Field(props: {
  readonly form: AddressFormState;
  readonly name: TextName;
  readonly label: string;
  readonly hint?: string;
  readonly numeric?: boolean;
}) {
  const { form, name, label, hint, numeric } = props;
  return (
    <TextInput
      label={label}
      description={hint}
      autoComplete="off"
      autoCapitalize="none"
      spellCheck={false}
      inputMode={numeric ? 'numeric' : 'text'}
      {...form.getInputProps(name)}
    />
  );
}

interface Option {
  readonly value: string;
  readonly label: string;
  readonly hint: string;
}

function Choice(props: {
  readonly form: AddressFormState;
  readonly name: 'mode' | 'method';
  readonly options: readonly Option[];
  readonly disabled: boolean;
}) {
  const { form, name, options, disabled } = props;
  const t = useText('network');
  const id = useId();
  return (
    <div>
      <div id={id} className={page.label}>
        {t(name)}
      </div>
      <SegmentedControl
        aria-labelledby={id}
        disabled={disabled}
        data={options.map(({ value, label }) => ({ value, label }))}
        {...form.getInputProps(name)}
      />
      <div className={page.small}>{options.find(({ value }) => value === form.values[name])?.hint}</div>
    </div>
  );
}
