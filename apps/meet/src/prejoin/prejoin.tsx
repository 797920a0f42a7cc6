import { Alert, Button, TextInput } from '@mantine/core';
import {
  AppearanceMenu,
  FormError,
  LanguageMenu,
  Logo,
  readChoice,
  useErrorSentence,
  writeChoice,
} from '@guildhall/ui';
import { CloudOff, Info } from 'lucide-react';
import { useEffect, useState, type FormEvent } from 'react';
import type { InfoError, MeetingInfo } from '../app/info.ts';
import type { LocalDevices } from '../devices/local-devices.ts';
import { spacedNumber } from '../lib/address.ts';
import { useWords } from '../words/words.ts';
import { canChooseSpeaker, DeviceSelect } from './device-select.tsx';
import { DeviceToggles } from './device-toggles.tsx';
import classes from './prejoin.module.css';
import { Preview } from './preview.tsx';
import { Trouble } from './trouble.tsx';

export interface JoinChoice {
  readonly name: string | undefined;
  readonly passcode: string | undefined;
}

const NAME_KEY = 'guildhall.meet.name';
const NAME_MAX = 64;

/** Joining is tried again for a while, as when the zone has no room; who waits longer than this is told so. */
const SLOW_MS = 4_000;

const useSlow = (busy: boolean): boolean => {
  const [isSlow, setSlow] = useState(false);
  useEffect(() => {
    if (!busy) return undefined;
    const timer = setTimeout(() => setSlow(true), SLOW_MS);
    return () => {
      clearTimeout(timer);
      setSlow(false);
    };
  }, [busy]);
  return isSlow;
};

/** Look and sound checked, name given, one big button. Nothing that is missing keeps anyone out. */
export const PreJoin = ({
  number,
  passcode,
  info,
  away,
  knownAs,
  devices,
  busy,
  error,
  onJoin,
}: {
  readonly number: string;
  /** From the link. */
  readonly passcode: string | null;
  /** Null while it is not known yet: the page is usable all the same. */
  readonly info: MeetingInfo | null;
  /** The portal does not answer. */
  readonly away: boolean;
  /** The name under which this person joins without giving one; null for a guest. */
  readonly knownAs: string | null;
  readonly devices: LocalDevices;
  readonly busy: boolean;
  readonly error: InfoError | null;
  readonly onJoin: (choice: JoinChoice) => void;
}) => {
  const t = useWords();
  const sentence = useErrorSentence();
  const [name, setName] = useState(() => readChoice(NAME_KEY) ?? '');
  const [code, setCode] = useState(passcode ?? '');
  const [checked, setChecked] = useState(false);
  const isSlow = useSlow(busy);
  const codeRefused = error?.code === 'meeting.wrong-passcode' || error?.code === 'meeting.passcode-required';
  const asksName = knownAs === null;
  const asksCode = codeRefused || (info?.passcodeRequired === true && passcode === null);
  const nameMissing = asksName && name.trim() === '';
  const codeMissing = asksCode && code.trim() === '';
  const isClosed = info !== null && !info.guestsAllowed && knownAs === null;

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setChecked(true);
    if (nameMissing || codeMissing) return;
    if (asksName) writeChoice(NAME_KEY, name.trim());
    // Before the portal has said who is signed in, it takes the name kept with a right for one of its own.
    const known = info === null ? (knownAs ?? undefined) : undefined;
    onJoin({ name: asksName ? name.trim() : known, passcode: code.trim() || undefined });
  };

  return (
    <div className={classes.page}>
      <header className={classes.top}>
        <Logo size={24} />
        <div className={classes.choices}>
          <LanguageMenu />
          <AppearanceMenu />
        </div>
      </header>
      <main className={classes.main}>
        <section className={classes.look} aria-label={t('prejoin.preview')}>
          <Preview devices={devices} />
          <DeviceToggles devices={devices} />
          <Trouble devices={devices} kind="camera" />
          <Trouble devices={devices} kind="mic" />
        </section>
        <form className={classes.form} onSubmit={submit} noValidate>
          <div>
            <h1 className={classes.heading}>{t('prejoin.heading')}</h1>
            <p className={classes.soft}>{t('prejoin.number', { number: spacedNumber(number) })}</p>
          </div>
          {error && !(codeRefused && asksCode) ? (
            <FormError error={{ code: error.code, message: sentence(error.code, error.message) }} />
          ) : null}
          {away ? (
            <Alert color="amber" variant="light" icon={<CloudOff size={18} aria-hidden />} p="sm">
              {t(knownAs === null ? 'away.guest' : 'away.withRight')}
            </Alert>
          ) : null}
          {isClosed ? (
            <Alert color="brand" variant="light" icon={<Info size={18} aria-hidden />} p="sm">
              {t('prejoin.guestsNotAllowed')}{' '}
              <a href={`/signin?next=${encodeURIComponent(`/j/${number}`)}`}>{t('prejoin.signIn')}</a>
            </Alert>
          ) : null}
          {asksName ? (
            <TextInput
              label={t('prejoin.name')}
              description={t('prejoin.nameHint')}
              size="md"
              value={name}
              maxLength={NAME_MAX}
              autoComplete="name"
              required
              withAsterisk={false}
              error={checked && nameMissing ? t('prejoin.nameMissing') : undefined}
              onChange={(event) => setName(event.currentTarget.value)}
            />
          ) : (
            <p className={classes.as}>{t('prejoin.as', { name: knownAs })}</p>
          )}
          {asksCode ? (
            <TextInput
              label={t('prejoin.passcode')}
              description={t('prejoin.passcodeHint')}
              size="md"
              value={code}
              maxLength={32}
              autoComplete="off"
              required
              withAsterisk={false}
              error={codeError()}
              onChange={(event) => setCode(event.currentTarget.value)}
            />
          ) : null}
          <div className={classes.devices}>
            <DeviceSelect devices={devices} kind="camera" />
            <DeviceSelect devices={devices} kind="mic" />
            {canChooseSpeaker() ? <DeviceSelect devices={devices} kind="speaker" /> : null}
          </div>
          <div className={classes.joinBar}>
            <Button type="submit" size="lg" fullWidth loading={busy}>
              {t('prejoin.join')}
            </Button>
            <output className={isSlow ? classes.slow : 'gh-visually-hidden'}>
              {isSlow ? t('prejoin.slow') : busy ? t('prejoin.joining') : ''}
            </output>
          </div>
        </form>
      </main>
      <footer className={classes.footer}>{t('prejoin.footer')}</footer>
    </div>
  );

  function codeError(): string | undefined {
    if (checked && codeMissing) return t('prejoin.passcodeMissing');
    return error && codeRefused ? sentence(error.code, error.message) : undefined;
  }
};
