import type { MediaProbePlace } from '@guildhall/protocol';
import { useState } from 'react';
import { ApiError } from '../../api/client.ts';
import { openMediaProbe } from '../../api/self-test.ts';
import { makeCertificate, requestFor, tryPlace } from '../../lib/probe-place.ts';

/** One line of the result; the words are of `reasons` and `remedies`. */
export interface ProbeLine {
  readonly key: string;
  readonly check: 'media-udp' | 'media-tcp' | 'media-probe';
  readonly state: 'running' | 'ok' | 'warn' | 'fail';
  readonly reason: string;
  readonly values: Readonly<Record<string, string>>;
}

/** Dials every address of the router from this browser. */
export function useMediaProbe() {
  const [lines, setLines] = useState<readonly ProbeLine[]>([]);
  const [isRunning, setIsRunning] = useState(false);
  const run = async (): Promise<void> => {
    setIsRunning(true);
    try {
      const certificate = await makeCertificate();
      const { places } = await openMediaProbe(await requestFor(certificate));
      setLines(places.map((place, index) => lineOf(place, index, 'running', '')));
      await Promise.all(
        places.map(async (place, index) => {
          const reach = await tryPlace(place, certificate);
          const line = lineOf(place, index, stateOf(place, reach), `probe-${reach}`);
          setLines((before) => before.map((one) => (one.key === line.key ? line : one)));
        }),
      );
    } catch (error) {
      setLines([problemOf(error)]);
    } finally {
      setIsRunning(false);
    }
  };
  return { lines, isRunning, run };
}

/** Media flows over UDP; TCP is for browsers that have nothing else, so that it missing is no failure. */
const stateOf = ({ candidate }: MediaProbePlace, reach: string): ProbeLine['state'] => {
  if (reach === 'reached') return 'ok';
  return candidate.protocol === 'udp' ? 'fail' : 'warn';
};

function lineOf(
  { candidate: { protocol, address, port } }: MediaProbePlace,
  index: number,
  state: ProbeLine['state'],
  reason: string,
): ProbeLine {
  const values = { protocol: protocol.toUpperCase(), address, port: String(port) };
  return { key: `place-${index}`, check: `media-${protocol}`, state, reason, values };
}

function problemOf(error: unknown): ProbeLine {
  const line = { key: 'problem', check: 'media-probe', values: {} } as const;
  const code = error instanceof ApiError ? error.code : undefined;
  if (code === 'media.limit') return { ...line, state: 'warn', reason: 'probe-busy' };
  if (code === 'media.unavailable') return { ...line, state: 'fail', reason: 'router-silent' };
  return { ...line, state: 'fail', reason: 'probe-broken' };
}
