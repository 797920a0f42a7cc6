import { ErrorEnvelope, Me, MeetingPublicInfo, PersonName } from '@guildhall/protocol';
import { useEffect, useState } from 'react';
import type { z } from 'zod';

/** What may be known before joining. */
export interface MeetingInfo {
  readonly passcodeRequired: boolean;
  readonly guestsAllowed: boolean;
  /** Name of the signed-in person; null for everybody else. */
  readonly signedInAs: string | null;
}

export interface InfoError {
  readonly code: string;
  readonly message: string;
}

export type InfoState =
  | { readonly kind: 'loading' }
  | { readonly kind: 'known'; readonly info: MeetingInfo }
  | { readonly kind: 'failed'; readonly error: InfoError };

const InfoAnswer = MeetingPublicInfo.extend({ signedInAs: PersonName.nullable().optional() });

const get = async <T extends z.ZodType>(
  path: string,
  schema: T,
): Promise<{ readonly data: z.output<T> } | { readonly error: InfoError }> => {
  try {
    const response = await fetch(`/api/v1${path}`, { cache: 'no-store' });
    const body: unknown = await response.json();
    const data = schema.safeParse(body);
    if (response.ok && data.success) return { data: data.data };
    const envelope = ErrorEnvelope.safeParse(body);
    return { error: envelope.success ? envelope.data.error : { code: 'internal', message: '' } };
  } catch {
    return { error: { code: 'link.unreachable', message: 'The server cannot be reached.' } };
  }
};

const load = async (number: string): Promise<InfoState> => {
  const answer = await get(`/meetings/${number}/info`, InfoAnswer);
  if ('error' in answer) return { kind: 'failed', error: answer.error };
  const { passcodeRequired, guestsAllowed, signedInAs } = answer.data;
  if (signedInAs !== undefined)
    return { kind: 'known', info: { passcodeRequired, guestsAllowed, signedInAs } };
  const me = await get('/me', Me);
  const name = 'data' in me ? me.data.user.name : null;
  return { kind: 'known', info: { passcodeRequired, guestsAllowed, signedInAs: name } };
};

/** Asked once for a number. */
export const useMeetingInfo = (number: string): InfoState => {
  const [state, setState] = useState<InfoState>({ kind: 'loading' });
  useEffect(() => {
    let current = true;
    const ask = async (): Promise<void> => {
      const next = await load(number);
      if (current) setState(next);
    };
    void ask();
    return () => {
      current = false;
    };
  }, [number]);
  return state;
};
