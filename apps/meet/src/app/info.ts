import { MeetingPublicInfo } from '@guildhall/protocol';
import { ApiError, createRestClient } from '@guildhall/rest-client';
import { useEffect, useState } from 'react';

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

const unreachable = 'The server cannot be reached.';
export const rest = createRestClient({ unreachable });
/** Whoever may join without the portal need not wait for it. */
const quickRest = createRestClient({ unreachable, deadlineMs: 2_000 });

/** The portal gave no answer; a refusal is one. */
export const isAway = (info: InfoState): boolean =>
  info.kind === 'failed' && ['link.unreachable', 'request.timeout'].includes(info.error.code);

const load = async (number: string, canDoWithout: boolean): Promise<InfoState> => {
  try {
    const info = await (canDoWithout ? quickRest : rest).call(
      MeetingPublicInfo,
      'GET',
      `/meetings/${number}/info`,
    );
    return { kind: 'known', info };
  } catch (error) {
    if (error instanceof ApiError) return { kind: 'failed', error };
    throw error;
  }
};

/** Asked once for a number. */
export const useMeetingInfo = (number: string, canDoWithout: boolean): InfoState => {
  const [state, setState] = useState<InfoState>({ kind: 'loading' });
  useEffect(() => {
    let current = true;
    const ask = async (): Promise<void> => {
      const next = await load(number, canDoWithout);
      if (current) setState(next);
    };
    void ask();
    return () => {
      current = false;
    };
  }, [number, canDoWithout]);
  return state;
};
