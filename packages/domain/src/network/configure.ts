import { parseHostIpv4 } from './ipv4.ts';
import type { NetworkRefusal, NetworkRule } from './rules.ts';

/** The addresses somebody typed into Configure. */
export interface ConfigureForm {
  readonly role: 'controller' | 'mmr';
  /** Of this server's zctrl; on an MMR VM: of the controller it serves. */
  readonly zcAddress: string;
  readonly mmrAddress: string;
  /** The other controller of the pair; empty without one. */
  readonly otherZcAddress: string;
}

/** What this server is, for the rules that depend on it. */
export interface ConfigureFacts {
  /** IPv4 addresses of this server. */
  readonly own: readonly string[];
  /** Whether zctrl and mmr share an address on other ports. */
  readonly oneAddress: boolean;
  /** Where everything runs on one machine for evaluation. */
  readonly allowLoopback: boolean;
}

/** Every rule on the addresses of Configure; empty when all are kept. */
export function checkConfigure(form: ConfigureForm, facts: ConfigureFacts): readonly NetworkRefusal[] {
  const refusals: NetworkRefusal[] = [];
  const refuse = (field: keyof ConfigureForm, rule: NetworkRule): void => {
    if (!refusals.some((refusal) => refusal.field === field)) refusals.push({ field, rule });
  };
  const isOwn = (address: string): boolean => facts.own.includes(address);
  const read = (field: 'zcAddress' | 'mmrAddress' | 'otherZcAddress'): void => {
    const checked = parseHostIpv4(form[field], facts);
    if (!checked.ok) refuse(field, checked.rule);
  };
  read('zcAddress');
  read('mmrAddress');
  if (!isOwn(form.mmrAddress)) refuse('mmrAddress', 'notOwn');
  if (form.role === 'controller') {
    if (!isOwn(form.zcAddress)) refuse('zcAddress', 'notOwn');
    if (form.zcAddress === form.mmrAddress && !facts.oneAddress) refuse('mmrAddress', 'sameAsPrimary');
  } else if (isOwn(form.zcAddress) && !facts.allowLoopback) refuse('zcAddress', 'notThisServer');
  if (form.otherZcAddress === '') return refusals;
  read('otherZcAddress');
  if (form.otherZcAddress === form.zcAddress || isOwn(form.otherZcAddress))
    refuse(
      'otherZcAddress',
      form.role === 'mmr' && !isOwn(form.otherZcAddress) ? 'duplicate' : 'notThisServer',
    );
  return refusals;
}
