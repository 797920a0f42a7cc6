import { readFileSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { NodeIdentity } from '@guildhall/protocol';
import type { Logger } from '@guildhall/kit';
import type { IdentityPort } from '../types.ts';

/** The node's identity on disk; replaced as a whole, so that a failed pairing leaves the old one as it was. */
export class IdentityFile implements IdentityPort {
  readonly #path: string;
  #current: NodeIdentity | undefined;

  constructor(path: string, logger: Logger) {
    this.#path = path;
    this.#current = read(path, logger);
  }

  get current(): NodeIdentity | undefined {
    return this.#current;
  }

  /** Answers when it is on disk, readable by this user only. */
  async replace(identity: NodeIdentity): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    const next = `${this.#path}.${process.pid}.tmp`;
    const file = await open(next, 'w', 0o600);
    try {
      await file.writeFile(`${JSON.stringify(identity, null, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(next, this.#path);
    this.#current = identity;
  }
}

function read(path: string, logger: Logger): NodeIdentity | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return NodeIdentity.parse(JSON.parse(text));
  } catch {
    // Not quoted: it holds the private key. Pairing again writes a good one.
    logger.error({ path }, 'the identity of this node cannot be read; pair it again');
    return undefined;
  }
}
