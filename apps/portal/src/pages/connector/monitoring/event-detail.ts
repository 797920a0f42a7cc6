import type { MonitoringEvent } from '@guildhall/protocol';
import type { TimeWriter } from '../../../lib/format.ts';
import { spacedNumber } from '../../../lib/join.ts';
import type { useText } from '../../../words/words.ts';
import { ALERT_KINDS, isAlertKind } from './alert-words.ts';

/** Why meetings end, in words; `moved` never stands in the log, for a meeting that moves goes on. */
const END_WORDS = {
  'ended-by-host': 'byHost',
  'ended-by-portal': 'byPortal',
  empty: 'empty',
  drained: 'drained',
} as const;

/** Why a controller is refused; the same words stand at its state. */
const REFUSAL_WORDS = { 'node.bad-proof': 'badProof', 'protocol.version': 'protocolVersion' } as const;

const isRefusal = (text: string): text is keyof typeof REFUSAL_WORDS => Object.hasOwn(REFUSAL_WORDS, text);

const isEnd = (text: string): text is keyof typeof END_WORDS => Object.hasOwn(END_WORDS, text);

/** `<number>`, or `<number> · <reason of the end>` */
const MEETING = /^(\d+)(?: · ([a-z-]+))?$/u;
/** `<count> · <first instant> – <last instant>`, both ISO 8601 */
const LOST = /^(\d+) · (\S+) – (\S+)$/u;

type Words = ReturnType<typeof useText<'monitoring'>>;

/** What an act on the connector was about, where that has a name of its own: a router, a version. */
const namedSubject = ({ kind, subject }: Pick<MonitoringEvent, 'kind' | 'subject'>): string | undefined =>
  kind.startsWith('connector.') && subject !== 'none' && !/^[a-z]{3}_/u.test(subject) ? subject : undefined;

/** What the event happened to. An act is logged with the name of who did it, which is then its detail. */
export const eventSubject = (event: Pick<MonitoringEvent, 'kind' | 'subject' | 'label'>): string =>
  namedSubject(event) ?? event.label;

/** The detail of an event as a sentence; what a newer server writes stays as it came. */
export function eventDetail(
  event: Pick<MonitoringEvent, 'kind' | 'subject' | 'label' | 'detail'>,
  t: Words,
  times: Pick<TimeWriter, 'dayAndTime'>,
): string {
  const { kind, detail } = event;
  if (namedSubject(event) !== undefined) return t('byWhom', { name: event.label });
  if (kind.startsWith('meeting.')) return meetingDetail(detail, t);
  if (kind === 'events.lost') return lostDetail(detail, t, times);
  if (kind.startsWith('alert.') && isAlertKind(detail)) return t(`alert.kinds.${ALERT_KINDS[detail].word}`);
  if (kind === 'controller.refused' && isRefusal(detail)) return t(`why.${REFUSAL_WORDS[detail]}`);
  if (detail === '') return '';
  if (kind === 'sign-in.failed') return t('fromAddress', { address: detail });
  const isVersion = kind === 'node.enrolled' || /^(?:controller|router)\.connected$/u.test(kind);
  return isVersion ? t('versionIs', { version: detail }) : detail;
}

function meetingDetail(detail: string, t: Words): string {
  const [, number, reason] = MEETING.exec(detail) ?? [];
  if (number === undefined) return detail;
  const why = reason === undefined ? [] : [isEnd(reason) ? t(`endings.${END_WORDS[reason]}`) : reason];
  return [spacedNumber(number), ...why].join(' · ');
}

function lostDetail(detail: string, t: Words, times: Pick<TimeWriter, 'dayAndTime'>): string {
  const [, count, from = '', to = ''] = LOST.exec(detail) ?? [];
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)];
  if (count === undefined || Number.isNaN(fromMs) || Number.isNaN(toMs)) return detail;
  const span = { from: times.dayAndTime(fromMs), to: times.dayAndTime(toMs) };
  return t('lostEvents', { count: Number(count), ...span });
}
