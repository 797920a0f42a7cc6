import { AlertCondition } from '@guildhall/protocol';

/** What each kind of rule is called in the words, and the key of its limit. */
export const ALERT_KINDS = {
  'node-gone': { word: 'nodeGone', limit: 'minutes', usual: '5' },
  'version-below': { word: 'versionBelow', limit: 'version', usual: '' },
  'capacity-above': { word: 'capacityAbove', limit: 'percent', usual: '80' },
  'certificate-expires': { word: 'certificateExpires', limit: 'days', usual: '14' },
  'quality-below': { word: 'qualityBelow', limit: 'mos', usual: '3.5' },
} as const satisfies Record<AlertCondition['kind'], object>;

export const isAlertKind = (text: string): text is AlertCondition['kind'] => Object.hasOwn(ALERT_KINDS, text);

/** The limit of a rule, as it was typed. */
export function limitOf(condition: AlertCondition): string | number {
  switch (condition.kind) {
    case 'node-gone':
      return condition.minutes;
    case 'version-below':
      return condition.version;
    case 'capacity-above':
      return condition.percent;
    case 'certificate-expires':
      return condition.days;
    case 'quality-below':
      return condition.mos;
  }
}

/** The rule that was typed; undefined when its limit is not one. */
export function conditionOf(kind: AlertCondition['kind'], typed: string): AlertCondition | undefined {
  const text = typed.trim();
  const value = kind === 'version-below' ? text : text === '' ? undefined : Number(text.replace(',', '.'));
  return AlertCondition.safeParse({ kind, [ALERT_KINDS[kind].limit]: value }).data;
}
