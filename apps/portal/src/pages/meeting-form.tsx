import { Button, Group, Select, Switch, TextInput } from '@mantine/core';
import { DatePickerInput, TimeInput } from '@mantine/dates';
import { useForm, type UseFormReturnType } from '@mantine/form';
import { FormError, IconButton, useLanguage, useNow, type ErrorWords } from '@guildhall/ui';
import { CalendarDays, RefreshCw } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useErrorWords } from '../lib/errors.ts';
import { offsetName } from '../lib/format.ts';
import { newPasscode } from '../lib/random-text.ts';
import { epochToWall, zoneOffsetMinutes } from '../lib/wall-time.ts';
import { useText } from '../words/words.ts';
import { CalendarLanguage } from './calendar-language.tsx';
import { startOf, type MeetingValues } from './meeting-values.ts';
import classes from './pages.module.css';

const DURATIONS = [15, 30, 45, 60, 90, 120, 180, 240, 480];

type Form = UseFormReturnType<MeetingValues>;

/** Keys of a request that stand in the form under another name. */
const FIELD_OF: Readonly<Record<string, keyof MeetingValues>> = {
  topic: 'topic',
  startsAtMs: 'time',
  durationMinutes: 'durationMinutes',
  timeZone: 'timeZone',
  passcode: 'passcode',
};

/** The form for a new or an existing meeting; `withTime` false for one without a fixed hour. */
export function MeetingForm({
  initialValues,
  withTime,
  submitLabel,
  onSubmit,
  onCancel,
}: {
  readonly initialValues: MeetingValues;
  readonly withTime: boolean;
  readonly submitLabel: string;
  readonly onSubmit: (values: MeetingValues) => Promise<void>;
  readonly onCancel: () => void;
}) {
  const t = useText('form');
  const app = useText('app');
  const toWords = useErrorWords();
  const [error, setError] = useState<ErrorWords>();
  const [busy, setBusy] = useState(false);
  const form = useForm<MeetingValues>({
    initialValues,
    validate: {
      topic: (value) => (value.trim() ? (value.length > 200 ? t('topicLong') : null) : t('topicNeeded')),
      date: (value) => (withTime && !value ? t('dateNeeded') : null),
      time: (value, values) => {
        if (!withTime) return null;
        const startsAtMs = startOf(values);
        if (!value || startsAtMs === undefined) return t('timeNeeded');
        const moved = startsAtMs !== startOf(initialValues);
        return startsAtMs < Date.now() && moved ? t('inPast') : null;
      },
      timeZone: (value) => (withTime && !value ? t('zoneNeeded') : null),
      passcode: (value, values) =>
        values.usePasscode && !/^[A-Za-z0-9]{4,12}$/u.test(value) ? t('passcodeWrong') : null,
    },
  });
  const submit = async (values: MeetingValues): Promise<void> => {
    setError(undefined);
    setBusy(true);
    try {
      await onSubmit(values);
    } catch (refusal) {
      const { field, words } = toWords(refusal);
      const known = field === undefined ? undefined : FIELD_OF[field];
      if (known) form.setFieldError(known, words.message);
      else setError(words);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={form.onSubmit((values) => void submit(values))} noValidate className={classes.form}>
      <FormError error={error} />
      <section className={classes.card}>
        <TextInput label={t('topic')} description={t('topicHint')} {...form.getInputProps('topic')} />
        {withTime ? <WhenFields form={form} /> : null}
      </section>
      <section className={classes.card}>
        <h2>{t('accessTitle')}</h2>
        <PasscodeFields form={form} />
        <Rule form={form} name="guestsAllowed" label={t('guests')} hint={t('guestsHint')} />
        <Rule form={form} name="lobby" label={t('lobby')} hint={t('lobbyHint')} />
        <Rule form={form} name="joinBeforeHost" label={t('beforeHost')} hint={t('beforeHostHint')} />
      </section>
      <section className={classes.card}>
        <h2>{t('inTitle')}</h2>
        <Rule form={form} name="muteOnEntry" label={t('mute')} hint={t('muteHint')} />
        <Rule form={form} name="chat" label={t('chat')} hint={t('chatHint')} />
        <Rule form={form} name="hostsShare" label={t('hostsShare')} hint={t('hostsShareHint')} />
      </section>
      <Group gap="xs">
        <Button type="submit" loading={busy}>
          {submitLabel}
        </Button>
        <Button variant="default" onClick={onCancel}>
          {app('cancel')}
        </Button>
      </Group>
    </form>
  );
}

type RuleName =
  | 'guestsAllowed'
  | 'lobby'
  | 'joinBeforeHost'
  | 'muteOnEntry'
  | 'chat'
  | 'hostsShare'
  | 'usePasscode';

function Rule(props: {
  readonly form: Form;
  readonly name: RuleName;
  readonly label: string;
  readonly hint: string;
}) {
  return (
    <Switch
      label={props.label}
      description={props.hint}
      labelPosition="left"
      classNames={{ body: classes.rule ?? '', labelWrapper: classes.ruleWords ?? '' }}
      {...props.form.getInputProps(props.name, { type: 'checkbox' })}
    />
  );
}

function PasscodeFields({ form }: { readonly form: Form }) {
  const t = useText('form');
  return (
    <div>
      <Rule form={form} name="usePasscode" label={t('passcode')} hint={t('passcodeHint')} />
      {form.values.usePasscode ? (
        <TextInput
          mt="xs"
          w={220}
          aria-label={t('passcodeValue')}
          autoComplete="off"
          rightSection={
            <IconButton
              icon={RefreshCw}
              label={t('regenerate')}
              size={30}
              onClick={() => form.setFieldValue('passcode', newPasscode())}
            />
          }
          {...form.getInputProps('passcode')}
        />
      ) : null}
    </div>
  );
}

function WhenFields({ form }: { readonly form: Form }) {
  const t = useText('form');
  const { language } = useLanguage();
  const { date, timeZone } = form.values;
  const nowMs = useNow();
  const zones = useZones(date ?? epochToWall(nowMs, 'UTC').date);
  const lengths = useLengths(form.values.durationMinutes);
  return (
    <CalendarLanguage>
      <div className={classes.fields}>
        <DatePickerInput
          label={t('date')}
          leftSection={<CalendarDays size={16} aria-hidden />}
          valueFormat={language === 'es' ? 'D [de] MMMM [de] YYYY' : 'D MMMM YYYY'}
          minDate={epochToWall(nowMs, timeZone || 'UTC').date}
          popoverProps={{ withinPortal: false, withRoles: false }}
          ariaLabels={{
            previousMonth: t('previousMonth'),
            nextMonth: t('nextMonth'),
          }}
          {...form.getInputProps('date')}
        />
        <TimeInput label={t('time')} {...form.getInputProps('time')} />
        <Select
          label={t('duration')}
          data={lengths}
          allowDeselect={false}
          {...form.getInputProps('durationMinutes')}
        />
        <Select
          label={t('zone')}
          data={zones}
          searchable
          allowDeselect={false}
          nothingFoundMessage={t('noZone')}
          maxDropdownHeight={280}
          limit={200}
          {...form.getInputProps('timeZone')}
        />
      </div>
    </CalendarLanguage>
  );
}

/** Zones with the offset they have on the chosen day. */
function useZones(date: string): { value: string; label: string }[] {
  return useMemo(() => {
    const atMs = Date.parse(`${date}T12:00:00Z`);
    return ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')].map((zone) => ({
      value: zone,
      label: `${zone.replaceAll('_', ' ')} (${offsetName(zoneOffsetMinutes(atMs, zone))})`,
    }));
  }, [date]);
}

function useLengths(current: string): { value: string; label: string }[] {
  const t = useText('meetings');
  const minutes = [...new Set([...DURATIONS, Number(current)])].toSorted((a, b) => a - b);
  return minutes.map((count) => ({
    value: String(count),
    label: count % 60 === 0 ? t('hours', { count: count / 60 }) : t('minutes', { count }),
  }));
}
