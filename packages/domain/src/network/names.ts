import { checkPlain, parseHostIpv4, pass, refuse, type Checked } from './ipv4.ts';

/** What the kernel takes as a host name (HOST_NAME_MAX). */
const maxHostNameLength = 64;
const maxDnsNameLength = 253;
const maxProxyLength = 300;

/** RFC 1123 §2.1; `inet_aton` would take a last part of digits alone, or a hexadecimal one, for an address. */
const isName = (text: string): boolean =>
  text.split('.').every((label) => /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/u.test(label)) &&
  !/(?:^|\.)(?:[0-9]+|0[xX][0-9A-Fa-f]*)$/u.test(text);

/** The name of this server, whole or without its domain. */
export function parseHostName(text: string): Checked<string> {
  if (text === '') return refuse('required');
  const read = checkPlain(text, maxHostNameLength);
  if (!read.ok) return read;
  return isName(text) ? pass(text.toLowerCase()) : refuse('hostName');
}

/** Another server, by name or by IPv4 address. */
export function parseServer(text: string): Checked<string> {
  if (text === '') return refuse('required');
  const read = checkPlain(text, maxDnsNameLength);
  if (!read.ok) return read;
  if (/^[0-9.]+$/u.test(text)) {
    const address = parseHostIpv4(text);
    return address.ok ? pass(text) : address;
  }
  return isName(text) ? pass(text.toLowerCase()) : refuse('nameOrAddress');
}

/** `http://name:port` of an HTTP proxy. Strict: a URL parser would turn 0x0a000005 or 10.5 into an address. */
export function parseProxy(text: string): Checked<string> {
  const read = checkPlain(text, maxProxyLength);
  if (!read.ok) return read;
  if (/^http:\/\/[^/]*@/u.test(text)) return refuse('proxyCredentials');
  const [, host, port] = /^http:\/\/([A-Za-z0-9.-]+):([0-9]{1,5})\/?$/u.exec(text) ?? [];
  if (host === undefined || port === undefined) return refuse('proxy');
  const server = parseServer(host);
  if (!server.ok) return server.rule === 'nameOrAddress' ? refuse('proxy') : server;
  if (!isPort(Number(port))) return refuse('port');
  return pass(`http://${server.value}:${Number(port)}`);
}

/** 1 to 65535: port 0 means any, which nobody outside could dial. */
export const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65_535;
