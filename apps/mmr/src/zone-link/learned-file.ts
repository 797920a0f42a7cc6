import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeId } from '@guildhall/domain';
import { SerialQueue, type Logger } from '@guildhall/kit';
import { NodeIdSchema, ZoneControllers, ZoneIdSchema } from '@guildhall/protocol';
import type { LearnedFacts, LearnedStore } from './learned.ts';

const Kept = ZoneControllers.omit({ rev: true }).extend({ nodeId: NodeIdSchema, zoneId: ZoneIdSchema });

/**
 * `<dataDir>/controllers.json`: which controllers the router was told of, for a start while those it is configured with are
 * dead. Nothing is lost with it, so a file that cannot be read, or that another node wrote, counts as none.
 */
export const openLearnedFile = async (
  dataDir: string,
  nodeId: NodeId,
  logger: Logger,
): Promise<LearnedStore> => {
  const path = join(dataDir, 'controllers.json');
  const writes = new SerialQueue({ name: 'the learned controllers' });
  const write = async (facts: LearnedFacts): Promise<void> => {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const next = `${path}.new`;
    await writeFile(next, `${JSON.stringify({ nodeId, ...facts })}\n`, { mode: 0o600 });
    await rename(next, path);
  };
  return {
    kept: await read(path, nodeId, logger),
    keep: (facts) => {
      writes
        .run(() => write(facts))
        .catch((error: unknown) => {
          logger.warn({ err: error, path }, 'the learned controllers could not be kept for the next start');
        });
    },
  };
};

const read = async (path: string, self: NodeId, logger: Logger): Promise<LearnedFacts | undefined> => {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    // Before the first time.
    return undefined;
  }
  try {
    const { nodeId, zoneId, controllers } = Kept.parse(JSON.parse(text));
    if (nodeId !== self) return undefined;
    return { zoneId, controllers: controllers.filter(({ urls }) => urls.length > 0) };
  } catch {
    logger.warn({ path }, 'the learned controllers cannot be read; they are learned again');
    return undefined;
  }
};
