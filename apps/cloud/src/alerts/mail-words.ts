import { AlertCondition } from '@guildhall/protocol';
import { z } from 'zod';

/** Of what a delivery says, the part that a mail is made of; written by ourselves, but long ago perhaps. */
const Facts = z.object({
  type: z.enum(['alert.raised', 'alert.cleared']),
  atMs: z.number(),
  condition: AlertCondition,
  about: z.object({ name: z.string() }),
});

const told = {
  'node-gone': {
    raised: ({ minutes }, name) => `${name} is gone: nothing was heard of it for ${minutes} minutes.`,
    cleared: (_condition, name) => `${name} is back.`,
    advice:
      'Look at its server: is it switched on, and are its services running (console, Network, Status)? Can it reach the cloud (console, Self-test)? Meetings elsewhere go on.',
  },
  'version-below': {
    raised: ({ version }, name) => `${name} is older than version ${version}.`,
    cleared: ({ version }, name) => `${name} is no longer older than version ${version}.`,
    advice: 'Install a newer version on its server (console, Updates).',
  },
  'capacity-above': {
    raised: ({ percent }, name) => `${name} is loaded above ${percent} %.`,
    cleared: ({ percent }, name) => `${name} is no longer loaded above ${percent} %.`,
    advice: 'Add a router to its zone before it is full: new meetings are then placed there.',
  },
  'certificate-expires': {
    raised: ({ days }, name) => `The certificate of ${name} ends in less than ${days} days.`,
    cleared: ({ days }, name) => `The certificate of ${name} is good for ${days} days or more again.`,
    advice: 'Renew it (console of the server, Certificates).',
  },
  'quality-below': {
    raised: ({ mos }, name) => `The call quality in ${name} is below ${mos} (MOS).`,
    cleared: ({ mos }, name) => `The call quality in ${name} is ${mos} (MOS) or better again.`,
    advice: 'See who is affected and from where (portal, Meeting Connector, Monitoring).',
  },
} as const satisfies {
  [kind in AlertCondition['kind']]: Record<
    'raised' | 'cleared',
    (condition: Extract<AlertCondition, { kind: kind }>, name: string) => string
  > & { readonly advice: string };
};

/** A mail for people, of the message that a webhook gets as it is: what happened, when, and what to do. */
export function mailOf(subject: string, body: string): { readonly subject: string; readonly text: string } {
  const facts = factsOf(body);
  if (!facts) {
    return { subject, text: 'This is a test: alerts of Guildhall for your account reach this address.\n' };
  }
  const { type, atMs, condition, about } = facts;
  const what = type === 'alert.raised' ? 'raised' : 'cleared';
  const sentence = sentenceOf(condition, what, oneLine(about.name));
  const paragraphs = [
    sentence,
    `Since ${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')} UTC.`,
    ...(what === 'raised' ? [told[condition.kind].advice] : []),
    'Rules and receivers of these mails: portal, Meeting Connector, Monitoring, Alerts.',
  ];
  return { subject: `Guildhall: ${sentence.replace(/\.$/u, '')}`, text: `${paragraphs.join('\n\n')}\n` };
}

function factsOf(body: string): z.output<typeof Facts> | undefined {
  try {
    return Facts.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}

function sentenceOf(condition: AlertCondition, what: 'raised' | 'cleared', name: string): string {
  switch (condition.kind) {
    case 'node-gone':
      return told[condition.kind][what](condition, name);
    case 'version-below':
      return told[condition.kind][what](condition, name);
    case 'capacity-above':
      return told[condition.kind][what](condition, name);
    case 'certificate-expires':
      return told[condition.kind][what](condition, name);
    case 'quality-below':
      return told[condition.kind][what](condition, name);
  }
}

/** A name somebody chose must not make lines, and so headers, of its own. */
const oneLine = (name: string): string => name.replaceAll(/\p{C}+/gu, ' ');
