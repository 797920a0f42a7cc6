import { forgetPasses, renewPass } from '@guildhall/rest-client/passes';
import { useEffect } from 'react';
import { rest, type InfoState } from './info.ts';

/** After the page is of use, and before most people press Join. */
const laterMs = 3_000;

/** Renews what lets the signed-in person into this meeting while the portal is away; forgets all when nobody is. */
export const useKeptPass = (number: string, passcode: string | null, info: InfoState): void => {
  const signedInAs = info.kind === 'known' ? info.info.signedInAs : undefined;
  useEffect(() => {
    if (signedInAs === null) forgetPasses();
    if (!signedInAs) return undefined;
    const timer = setTimeout(() => {
      // Refused without the passcode, or in another account: this meeting then needs the portal.
      renewPass(rest, number, passcode ?? undefined, Date.now()).catch(() => undefined);
    }, laterMs);
    return () => clearTimeout(timer);
  }, [number, passcode, signedInAs]);
};
