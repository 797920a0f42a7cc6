/** Words of each kind of entry in the event and audit log. */
export const EVENT_WORDS = {
  'node.enrolled': 'nodeEnrolled',
  'controller.connected': 'controllerConnected',
  'controller.gone': 'controllerGone',
  'controller.refused': 'controllerRefused',
  'router.connected': 'routerConnected',
  'router.gone': 'routerGone',
  'meeting.started': 'meetingStarted',
  'meeting.ended': 'meetingEnded',
  'meeting.vanished': 'meetingVanished',
  'meeting.returned': 'meetingReturned',
  'events.lost': 'eventsLost',
  'sign-in.failed': 'signInFailed',
  'connector.enabled': 'connectorEnabled',
  'connector.token-made': 'tokenMade',
  'connector.mode-test': 'modeTest',
  'connector.mode-production': 'modeProduction',
  'connector.test-hosts': 'testHosts',
  'connector.minimum-version': 'minimumVersion',
  'connector.drain': 'drainStarted',
  'connector.drain-cancelled': 'drainCancelled',
  'alert.raised': 'alertRaised',
  'alert.cleared': 'alertCleared',
} as const;

const AUDIT_ONLY = {
  'user.created': 'userCreated',
  'user.changed': 'userChanged',
  'user.removed': 'userRemoved',
  'password.changed': 'passwordChanged',
  'zone.made': 'zoneMade',
  'zone.changed': 'zoneChanged',
  'zone.limits-changed': 'zoneLimitsChanged',
  'zone.removed': 'zoneRemoved',
  'node.moved': 'nodeMoved',
  'group.made': 'groupMade',
  'group.changed': 'groupChanged',
  'group.removed': 'groupRemoved',
  'group.members': 'groupMembers',
  'alert.rule-made': 'alertRuleMade',
  'alert.rule-changed': 'alertRuleChanged',
  'alert.rule-removed': 'alertRuleRemoved',
  'alert.target-made': 'alertTargetMade',
  'alert.target-changed': 'alertTargetChanged',
  'alert.target-removed': 'alertTargetRemoved',
} as const;

const ALL_WORDS = { ...EVENT_WORDS, ...AUDIT_ONLY };
type Word = (typeof ALL_WORDS)[keyof typeof ALL_WORDS];

export const eventKinds: readonly string[] = Object.keys(EVENT_WORDS);
export const auditKinds: readonly string[] = [
  'node.enrolled',
  ...eventKinds.filter((kind) => kind.startsWith('connector.')),
  ...Object.keys(AUDIT_ONLY),
];

/** Undefined for a kind of a newer server: its plain name is shown. */
export const wordOf = (kind: string): Word | undefined =>
  Object.entries(ALL_WORDS).find(([name]) => name === kind)?.[1];
