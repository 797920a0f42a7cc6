import { join } from 'node:path';
import {
  networkFiles,
  readNetworkForm,
  type NetworkFile,
  type NetworkForm,
  type NetworkState,
} from '@guildhall/domain';
import { readText, removeFile, removeLeftover, replaceFile } from './files.ts';

/** A change that waits for its confirmation, with all that is needed to take it back. */
export interface PendingChange {
  readonly id: string;
  /** Which start of the machine it was made in. */
  readonly bootId: string;
  /** `applying` until the new state is whole; then `waiting`. */
  readonly phase: 'applying' | 'waiting';
  readonly deadlineMs: number;
  readonly form: NetworkForm;
  /** The state before, complete. */
  readonly previous: NetworkState;
}

/** Settings in force. */
export interface Confirmed {
  /** Of the change that brought them. */
  readonly id: string;
  readonly form: NetworkForm;
}

/**
 * What is true after a power cut. `settings.json` holds the last confirmed settings; putting it in place (one rename) is
 * the moment a change becomes final. `pending.json` is there from before the first change until after the last.
 */
export class Journal {
  readonly #settings: string;
  readonly #pending: string;

  constructor(directory: string) {
    this.#settings = join(directory, 'settings.json');
    this.#pending = join(directory, 'pending.json');
  }

  get confirmed(): Confirmed | undefined {
    const read = readObject(this.#settings);
    const form = readNetworkForm(read?.['form']);
    return typeof read?.['id'] === 'string' && !('rule' in form) ? { id: read['id'], form } : undefined;
  }

  /** Undefined too when it cannot be read; it is written whole, so that this is no power cut but a hand. */
  get pending(): PendingChange | undefined {
    const read = readObject(this.#pending);
    const form = readNetworkForm(read?.['form']);
    if (!read || 'rule' in form || !isState(read['previous'])) return undefined;
    const { id, bootId, deadlineMs, phase, previous } = read;
    if (typeof id !== 'string' || typeof bootId !== 'string' || typeof deadlineMs !== 'number')
      return undefined;
    return { id, bootId, deadlineMs, phase: phase === 'waiting' ? 'waiting' : 'applying', form, previous };
  }

  writePending(change: PendingChange): void {
    replaceFile(this.#pending, `${JSON.stringify(change)}\n`);
  }

  clearPending(): void {
    removeFile(this.#pending);
  }

  confirm({ id, form }: PendingChange): void {
    replaceFile(this.#settings, `${JSON.stringify({ id, form })}\n`);
  }

  tidy(root: string): void {
    for (const path of [this.#settings, this.#pending, ...networkFiles.map((file) => join(root, file))])
      removeLeftover(path);
  }
}

type Fields = Record<string, unknown>;
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readObject(path: string): Fields | undefined {
  const text = readText(path);
  if (text === null) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Written by this very program, in a directory that is its own; the shape alone is looked at. */
function isState(value: unknown): value is NetworkState {
  if (!isObject(value) || !isObject(value['link']) || !isObject(value['files'])) return false;
  const { isUp, dhcp, addresses, gateway } = value['link'];
  const files = value['files'];
  const isFile = (name: string): name is NetworkFile => networkFiles.some((file) => file === name);
  return (
    typeof isUp === 'boolean' &&
    typeof dhcp === 'boolean' &&
    (gateway === null || typeof gateway === 'string') &&
    Array.isArray(addresses) &&
    addresses.every(
      (one: unknown) =>
        isObject(one) &&
        typeof one['address'] === 'string' &&
        typeof one['prefixLength'] === 'number' &&
        typeof one['label'] === 'string',
    ) &&
    Object.entries(files).every(
      ([name, content]) => isFile(name) && (content === null || typeof content === 'string'),
    )
  );
}
