import type { NetworkRefusal } from '@guildhall/domain';
import { useCallback } from 'react';
import { useText } from '../words/words.ts';

/** A broken rule as the sentence that stands at its field: "Must be inside the subnet of eth0." */
export function useRuleText(): (refusal: NetworkRefusal) => string {
  const t = useText('network');
  return useCallback(
    ({ field, rule }) => {
      const number = /^(?:dns|ntp)\.(\d+)$/u.exec(field)?.[1];
      const words = t(`rules.${rule}`);
      const sentence = number === undefined ? words : t('entry', { number: Number(number) + 1, rule: words });
      return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
    },
    [t],
  );
}
