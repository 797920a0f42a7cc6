/**
 * Runs inside a machine's namespace and reads there what only its loopback shows: asked `{id, url}` over the channel of
 * its parent, it answers `{id, text}`, with null for the text when there was no good answer.
 */
import { z } from 'zod';

const Ask = z.object({ id: z.number(), url: z.string() });

const read = async (url: string): Promise<string | null> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    return response.ok ? await response.text() : null;
  } catch {
    return null;
  }
};

process.on('message', (message) => {
  const { id, url } = Ask.parse(message);
  void read(url).then((text) => process.send?.({ id, text }));
});
process.on('disconnect', () => process.exit());
