import type { MeetingClient } from '@guildhall/meeting-client';
import { startTransition, useEffect, useState } from 'react';
import { LocalDevices } from '../devices/local-devices.ts';
import { forgetRejoin, keepRejoin, renewPass } from '@guildhall/rest-client/passes';
import { rightsFor, type KeptRight } from '../away/rights.ts';
import type { MeetingAddress } from '../lib/address.ts';
import { LobbyPage } from '../pages/lobby.tsx';
import { EndedPage } from '../pages/ended.tsx';
import { PreJoin, type JoinChoice } from '../prejoin/prejoin.tsx';
import { sendDevices } from './send-devices.ts';
import { loadEngine, type Engine } from './engine.ts';
import { rest, type InfoError, type MeetingInfo } from './info.ts';
import { useStore } from './use-store.ts';

interface Attempt {
  readonly client: MeetingClient;
  readonly engine: Engine;
}

const wordsOf = (error: unknown): InfoError =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? { code: error.code, message: error.message }
    : { code: 'link.unreachable', message: 'The server cannot be reached.' };

/** In the fragment it survives a reload and stands in copied invitations, and no server ever sees it. */
const keepInAddress = (passcode: string): void => {
  window.history.replaceState(null, '', `#pwd=${encodeURIComponent(passcode)}`);
};

/** One visit to a meeting: from the pre-join page to the end. "Join again" begins another. */
export const Visit = ({
  number,
  address,
  info,
  away,
  rights,
  onAgain,
}: {
  readonly number: string;
  readonly address: MeetingAddress;
  readonly info: MeetingInfo | null;
  /** The portal does not answer. */
  readonly away: boolean;
  /** What lets this person in without it. */
  readonly rights: readonly KeptRight[];
  readonly onAgain: () => void;
}) => {
  const [devices] = useState(() => new LocalDevices());
  const [attempt, setAttempt] = useState<Attempt | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<InfoError | null>(null);

  useEffect(() => {
    void devices.start();
    // Failing is no harm here: joining tries again and says so.
    loadEngine().then(
      (engine) => engine.prepare(),
      () => undefined,
    );
    return () => devices.close();
  }, [devices]);

  useEffect(() => {
    const client = attempt?.client;
    if (!client) return undefined;
    const hurry = (): void => client.hurry();
    const leave = (): void => client.leave();
    window.addEventListener('online', hurry);
    window.addEventListener('pagehide', leave);
    return () => {
      window.removeEventListener('online', hurry);
      window.removeEventListener('pagehide', leave);
    };
  }, [attempt]);

  const join = async ({ name, passcode }: JoinChoice): Promise<void> => {
    if (busy) return;
    setBusy(true);
    setError(null);
    let client: MeetingClient | undefined;
    try {
      const engine = await loadEngine();
      client = engine.createClient();
      const stop = sendDevices(devices, client);
      client.store.subscribe(() => {
        const { phase, end } = client?.store.getSnapshot() ?? {};
        if (phase !== 'ended') return;
        // Who left or lost the line may come back with the portal away; nobody else has a reason to.
        if (end?.kind !== 'left' && end?.kind !== 'lost') forgetRejoin(number);
        stop();
        devices.close();
      });
      const { innerWidth, innerHeight, devicePixelRatio } = window;
      const firstTiles = {
        widthPx: Math.max(1, Math.round((innerWidth / 2) * devicePixelRatio)),
        heightPx: Math.max(1, Math.round((innerHeight / 2) * devicePixelRatio)),
      };
      const asWhom = info?.signedInAs ?? name ?? rights[0]?.name;
      await client.join({
        portalUrl: window.location.origin,
        number,
        name,
        passcode,
        firstTiles,
        away: rightsFor(number, Date.now()),
        onRight: ({ token, controllers, meeting }) => {
          if (!('rejoin' in token) || !asWhom) return;
          const kept = { rejoin: token.rejoin, controllers: [...controllers], meeting, name: asWhom };
          keepRejoin({ ...kept, keptAtMs: Date.now() });
        },
      });
      if (info?.signedInAs) {
        renewPass(rest, number, passcode, Date.now()).catch(() => undefined);
      }
      if (passcode !== undefined && passcode !== address.passcode) keepInAddress(passcode);
      // Drawn in slices: the first pictures are negotiated on this thread at the same time.
      const joined = { client, engine };
      startTransition(() => setAttempt(joined));
    } catch (cause) {
      setError(wordsOf(cause));
      setBusy(false);
    }
  };

  if (attempt) return <InMeeting {...attempt} devices={devices} address={address} onAgain={onAgain} />;
  return (
    <PreJoin
      number={number}
      passcode={address.passcode}
      info={info}
      away={away}
      knownAs={info ? info.signedInAs : (rights[0]?.name ?? null)}
      devices={devices}
      busy={busy}
      error={error}
      onJoin={(choice) => void join(choice)}
    />
  );
};

const InMeeting = ({
  client,
  engine,
  devices,
  address,
  onAgain,
}: Attempt & {
  readonly devices: LocalDevices;
  readonly address: MeetingAddress;
  readonly onAgain: () => void;
}) => {
  const phase = useStore(client.store, (state) => state.phase);
  const end = useStore(client.store, (state) => state.end);
  if (phase === 'ended' && end) return <EndedPage end={end} onAgain={onAgain} />;
  if (phase === 'lobby') return <LobbyPage client={client} devices={devices} />;
  return <engine.MeetingScreen client={client} devices={devices} passcode={address.passcode} />;
};
