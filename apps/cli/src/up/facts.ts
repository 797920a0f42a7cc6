import { chmod, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** What evaluation mode made up at its first start and must find again. Mode 0600: it holds passwords. */
const Facts = z.strictObject({
  ownerEmail: z.string(),
  ownerPassword: z.string(),
  consolePassword: z.string(),
  meetingNumber: z.string().nullable(),
});
export type Facts = z.output<typeof Facts>;

const fileOf = (dataDir: string): string => join(dataDir, 'evaluation.json');

export const loadFacts = async (dataDir: string): Promise<Facts | null> => {
  let text: string;
  try {
    text = await readFile(fileOf(dataDir), 'utf8');
  } catch {
    return null;
  }
  return Facts.parse(JSON.parse(text));
};

export const saveFacts = async (dataDir: string, facts: Facts): Promise<void> => {
  const file = fileOf(dataDir);
  await writeFile(`${file}.new`, `${JSON.stringify(facts, null, 2)}\n`, { mode: 0o600, flush: true });
  await chmod(`${file}.new`, 0o600);
  await rename(`${file}.new`, file);
};
