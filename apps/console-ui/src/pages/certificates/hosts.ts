import { CertificateHost } from '@guildhall/protocol';

const MAX_HOSTS = 20;

/** Names typed with commas, blanks or lines between them. */
export const hostsOf = (text: string): string[] => text.split(/[\s,]+/u).filter((host) => host !== '');

/** Whether a certificate can be asked for with these names. */
export function areHosts(text: string): boolean {
  const hosts = hostsOf(text);
  return (
    hosts.length > 0 &&
    hosts.length <= MAX_HOSTS &&
    hosts.every((host) => CertificateHost.safeParse(host).success)
  );
}
