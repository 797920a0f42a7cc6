import { writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import {
  checkNetwork,
  networkSentence,
  planNetwork,
  readNetworkForm,
  stateOf,
  type NetworkForm,
  type NetworkSettings,
  type NetworkState,
} from '@guildhall/domain';
import { jsonOrNothing } from '../json-or-nothing.ts';
import { readText, removeFile, replaceFile } from './files.ts';
import type { Journal, PendingChange } from './journal.ts';
import { filesBelow, linkOf } from './look.ts';
import type { HelperOptions } from './options.ts';
import { Refused } from './refused.ts';
import { hasDhcpClient, noDhcpClient, runStep } from './tools.ts';

/** Looking, changing, looking again: more rounds than any order of additions and deletions needs. */
const mostRounds = 6;

interface ChangeOptions {
  readonly options: HelperOptions;
  readonly journal: Journal;
  readonly bootId: string;
}

/** The acts of the helper. All of them may be cut off at any place; `recover` then finishes or takes back. */
export class Changes {
  readonly #options: HelperOptions;
  readonly #journal: Journal;
  readonly #bootId: string;

  constructor({ options, journal, bootId }: ChangeOptions) {
    this.#options = options;
    this.#journal = journal;
    this.#bootId = bootId;
  }

  /**
   * Puts settings in force until they are confirmed or the time is over. The same settings again answer the change that
   * is under way.
   * @param onBegun called when the journal holds all that is needed to take the change back
   * @throws Refused `invalid`, `pending`, `no-dhcp-client`, `failed`; then the old settings are in force
   */
  apply(file: string, onBegun: (change: PendingChange) => void): PendingChange {
    const { form, settings } = readSettings(file);
    const other = this.#journal.pending;
    if (other && !this.#isAlive(other)) this.#takeBack(other);
    else if (other) {
      if (JSON.stringify(other.form) === JSON.stringify(form)) return other;
      throw new Refused(
        'pending',
        'Another change waits for its confirmation. Confirm it or take it back first.',
      );
    }
    if (settings.primary === null && !hasDhcpClient) throw noDhcpClient();
    const previous = this.#current(this.#journal.confirmed?.form.method === 'dhcp');
    const change: PendingChange = {
      id: randomUUID(),
      bootId: this.#bootId,
      phase: 'applying',
      deadlineMs: Date.now() + this.#options.confirmWithinMs,
      form,
      previous,
    };
    this.#journal.writePending(change);
    onBegun(change);
    try {
      this.#enact(stateOf(settings, this.#options.interfaceName, previous.files));
    } catch (error) {
      this.#takeBack(change);
      throw error;
    }
    // The time to confirm begins when there is something to look at.
    const waiting: PendingChange = {
      ...change,
      phase: 'waiting',
      deadlineMs: Date.now() + this.#options.confirmWithinMs,
    };
    this.#journal.writePending(waiting);
    return waiting;
  }

  /** @throws Refused `nothing-pending` when this change was taken back or never made */
  confirm(id: string): void {
    const change = this.#journal.pending;
    if (this.#journal.confirmed?.id === id) {
      if (change?.id === id) this.#journal.clearPending();
      return;
    }
    if (change?.id !== id) throw new Refused('nothing-pending', 'This change was already taken back.');
    if (!this.#isAlive(change)) {
      this.#takeBack(change);
      throw new Refused('nothing-pending', 'The time to confirm is over; the change was taken back.');
    }
    this.#journal.confirm(change);
    this.#journal.clearPending();
  }

  /** Takes a change back; one that is confirmed or gone is left alone. */
  rollback(id: string): void {
    const change = this.#journal.pending;
    if (this.#journal.confirmed?.id === id)
      throw new Refused('nothing-pending', 'This change is already confirmed.');
    if (change?.id === id) this.#takeBack(change);
  }

  /** At the start of the machine or of the console: everything old or everything new. */
  recover(): void {
    const { interfaceName, root } = this.#options;
    this.#journal.tidy(root);
    const change = this.#journal.pending;
    const confirmed = this.#journal.confirmed;
    const isFinal = change !== undefined && confirmed?.id === change.id;
    if (change && !isFinal) {
      if (!this.#isAlive(change)) this.#takeBack(change);
      return;
    }
    // An interface forgets its addresses with the power.
    const verdict = confirmed && checkNetwork(confirmed.form);
    if (verdict?.ok) this.#enact(stateOf(verdict.settings, interfaceName, filesBelow(root)));
    if (isFinal) this.#journal.clearPending();
  }

  /** Whole, of this start of the machine, and in time. We hold the lock: one that is still `applying` was cut off. */
  #isAlive({ bootId, phase, deadlineMs }: PendingChange): boolean {
    return bootId === this.#bootId && phase === 'waiting' && Date.now() < deadlineMs;
  }

  #takeBack(change: PendingChange): void {
    this.#enact(change.previous);
    this.#journal.clearPending();
  }

  #current(isDhcpChosen: boolean): NetworkState {
    const { interfaceName, root } = this.#options;
    const link = linkOf(interfaceName, isDhcpChosen);
    if (!link) throw new Refused('failed', `There is no interface ${interfaceName} on this server.`);
    return { link, files: filesBelow(root) };
  }

  #enact(wanted: NetworkState): void {
    const { interfaceName, root } = this.#options;
    let isDhcpStarted = false;
    for (let round = 0; round < mostRounds; round++) {
      const steps = planNetwork(interfaceName, this.#current(isDhcpStarted), wanted);
      if (steps.length === 0) return;
      for (const step of steps) {
        if (step.kind === 'write') this.#write(root, step.path, step.content);
        else if (step.kind === 'remove') removeFile(join(root, step.path));
        else {
          runStep(step);
          if (step.tool === 'dhcp-start') isDhcpStarted = true;
          // The kernel may have dropped more than this one address.
          if (step.args.includes('del')) break;
        }
      }
    }
    throw new Refused('failed', `${interfaceName} did not take the new settings.`);
  }

  #write(root: string, path: string, content: string): void {
    replaceFile(join(root, path), content);
    // Only on the machine itself: in a test's or container's own root the name of the machine is not ours.
    if (path === 'etc/hostname' && root === '/') writeFileSync('/proc/sys/kernel/hostname', content.trim());
  }
}

function readSettings(file: string): { readonly form: NetworkForm; readonly settings: NetworkSettings } {
  const form = readNetworkForm(jsonOrNothing(readText(file) ?? ''));
  const verdict = 'rule' in form ? ({ ok: false, refusals: [form] } as const) : checkNetwork(form);
  if ('rule' in form || !verdict.ok) {
    const refusals = verdict.ok ? [] : verdict.refusals;
    throw new Refused('invalid', refusals.map(networkSentence).join(' '), refusals);
  }
  return { form, settings: verdict.settings };
}
