import { readRunFiles } from '@guildhall/kit';
import { ErrorEnvelope, MediaProbe, type MediaProbeRequest } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';

const answerWithinMs = 3_000;

/**
 * Has the router of this VM open places for a browser to dial.
 * @throws media.unavailable no router answers; media.limit a probe is under way
 */
export async function openMediaProbe(runDir: string, request: MediaProbeRequest): Promise<MediaProbe> {
  const facts = (await readRunFiles(runDir)).find(({ role }) => role === 'mmr');
  if (!facts) throw noRouter();
  let answer: unknown;
  try {
    const response = await fetch(`http://127.0.0.1:${facts.adminPort}/probe`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
      signal: AbortSignal.timeout(answerWithinMs),
      redirect: 'error',
    });
    answer = await response.json();
  } catch (error) {
    throw noRouter(error);
  }
  const probe = MediaProbe.safeParse(answer);
  if (probe.success) return probe.data;
  const refused = ErrorEnvelope.safeParse(answer);
  if (refused.success && refused.data.error.code === 'media.limit') {
    throw new GuildhallError('media.limit', refused.data.error.message);
  }
  throw noRouter();
}

const noRouter = (cause?: unknown): GuildhallError =>
  new GuildhallError('media.unavailable', 'mmr does not answer. Start it on the Status page.', { cause });
