import { checkNetwork, type NetworkRefusal } from '@guildhall/domain';
import type { NetworkFormBody } from '../../api/network.ts';

/** The form as its fields hold it: lists in one line, ports as text. */
export interface AddressValues {
  mode: string;
  method: string;
  address: string;
  mask: string;
  gateway: string;
  aliasAddress: string;
  aliasMask: string;
  dns: string;
  hostName: string;
  ntp: string;
  proxy: string;
  zctrlPort: string;
  mmrPort: string;
  mediaPort: string;
  external: { service: string; address: string; port: string }[];
}

export function valuesOf(form: NetworkFormBody): AddressValues {
  return {
    ...form,
    dns: form.dns.join(', '),
    ntp: form.ntp.join(', '),
    zctrlPort: String(form.zctrlPort),
    mmrPort: String(form.mmrPort),
    mediaPort: String(form.mediaPort),
    external: form.external.map(({ service, address, port }) => ({ service, address, port: String(port) })),
  };
}

const list = (text: string): string[] => text.split(/[\s,]+/u).filter((entry) => entry !== '');
/** Nothing but digits: `1e3` and `0x50` are numbers to JavaScript, not ports to a person. */
const port = (text: string): number => (/^\d{1,9}$/u.test(text.trim()) ? Number(text.trim()) : -1);
const serviceOf = (text: string): 'zctrl' | 'mmr' | 'media' =>
  text === 'mmr' || text === 'media' ? text : 'zctrl';

/** What the fields mean; those that the choices hide are empty. */
export function formOf(values: AddressValues): NetworkFormBody {
  const isStatic = values.method === 'static';
  const isTwo = values.mode === 'two-addresses';
  return {
    mode: isTwo ? 'two-addresses' : 'one-address',
    method: isStatic ? 'static' : 'dhcp',
    address: isStatic ? values.address.trim() : '',
    mask: isStatic ? values.mask.trim() : '',
    gateway: isStatic ? values.gateway.trim() : '',
    aliasAddress: isTwo ? values.aliasAddress.trim() : '',
    aliasMask: isTwo ? values.aliasMask.trim() : '',
    dns: list(values.dns),
    hostName: values.hostName.trim(),
    ntp: list(values.ntp),
    proxy: values.proxy.trim(),
    zctrlPort: port(values.zctrlPort),
    mmrPort: port(values.mmrPort),
    mediaPort: port(values.mediaPort),
    external: values.external.map((one) => ({
      service: serviceOf(one.service),
      address: one.address.trim(),
      port: port(one.port),
    })),
  };
}

/** What is wrong, by the name of the input that shows it. */
export function errorsOf(
  values: AddressValues,
  toText: (refusal: NetworkRefusal) => string,
): Record<string, string> {
  const verdict = checkNetwork(formOf(values));
  if (verdict.ok) return {};
  return Object.fromEntries(
    verdict.refusals.map((refusal) => [refusal.field.replace(/^(dns|ntp)\.\d+$/u, '$1'), toText(refusal)]),
  );
}
