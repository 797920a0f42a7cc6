import { Button, NativeSelect, TextInput } from '@mantine/core';
import { IconButton } from '@guildhall/ui';
import { Plus, Trash2 } from 'lucide-react';
import { useText } from '../../words/words.ts';
import page from '../pages.module.css';
import type { AddressFormState } from './address-form.tsx';
import classes from './network.module.css';

const SERVICES = ['zctrl', 'mmr', 'media'] as const;
const MOST = 12;

/** The addresses under which people outside a NAT reach the services. */
export function ExternalFields(props: { readonly form: AddressFormState; readonly mayChange: boolean }) {
  const { form, mayChange } = props;
  const t = useText('network');
  const rows = form.values.external;
  return (
    <section className={page.card}>
      <h2>{t('external')}</h2>
      <p className={page.soft}>{t('externalText')}</p>
      {rows.length === 0 ? <div>{t('externalNone')}</div> : null}
      {rows.map((_, index) => (
        <div key={form.key(`external.${index}`)} className={classes.outside}>
          <NativeSelect
            label={t('externalService')}
            data={SERVICES.map((value) => ({ value, label: t(`externalServices.${value}`) }))}
            {...form.getInputProps(`external.${index}.service`)}
          />
          <TextInput
            label={t('externalAddress')}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            {...form.getInputProps(`external.${index}.address`)}
          />
          <TextInput
            label={t('externalPort')}
            inputMode="numeric"
            autoComplete="off"
            {...form.getInputProps(`external.${index}.port`)}
          />
          {mayChange ? (
            <IconButton
              icon={Trash2}
              label={t('externalRemove', { number: index + 1 })}
              onClick={() => form.removeListItem('external', index)}
            />
          ) : (
            <span />
          )}
        </div>
      ))}
      {mayChange && rows.length < MOST ? (
        <div>
          <Button
            variant="default"
            leftSection={<Plus size={16} aria-hidden />}
            onClick={() => form.insertListItem('external', { service: 'zctrl', address: '', port: '443' })}
          >
            {t('externalAdd')}
          </Button>
        </div>
      ) : null}
    </section>
  );
}
