import type { SelfTestResult } from '@guildhall/protocol';
import type { ProbeLine } from './use-media-probe.ts';
import { useText } from '../../words/words.ts';
import { selfTest as en } from '../../words/self-test.en.ts';

type ReasonOf<Key> = Key extends `${infer Base}_${'one' | 'other'}` ? Base : Key;
type Reason = ReasonOf<keyof typeof en.reasons>;
const isReason = (text: string): text is Reason =>
  Object.hasOwn(en.reasons, text) || Object.hasOwn(en.reasons, `${text}_other`);
const isRemedy = (text: string): text is keyof typeof en.remedies => Object.hasOwn(en.remedies, text);

/** A line of either test. */
export type Line = SelfTestResult | ProbeLine;

interface ResultWords {
  readonly title: string;
  readonly word: string;
  /** What was found; empty while the check runs. */
  readonly cause: string;
  /** What to do; empty when nothing is to be done. */
  readonly remedy: string;
}

/** A result of the self-test in the language of the page. A good and a bad end of one check have words of their own. */
export function useResultWords(): (result: Line) => ResultWords {
  const t = useText('selfTest');
  return ({ check, state, reason, values: found }) => {
    // By the number that a reason tells, its words are one or many.
    const count = Number(found['count'] ?? found['routers'] ?? found['days'] ?? 0);
    const values = { ...found, count };
    const bad = state === 'warn' || state === 'fail';
    const key = bad && isReason(`${reason}-bad`) ? `${reason}-bad` : reason;
    return {
      title: t(`checks.${check}`, values),
      word: t(`states.${state}`),
      cause: isReason(key) ? t(`reasons.${key}`, values) : '',
      remedy: bad && isRemedy(reason) ? t(`remedies.${reason}`, values) : '',
    };
  };
}
