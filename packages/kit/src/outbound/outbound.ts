import type { Agent } from 'node:http';
import { bypassesProxy } from './bypass.ts';
import { TellingProxyAgent } from './proxy-agent.ts';

export interface ProxySettings {
  /** `http://name:port`. */
  readonly url: string;
  /** `user:password`. Secret. */
  readonly credentials?: string | undefined;
  /** Names (with all below them), addresses and subnets that are reached directly, besides loopback and private networks. */
  readonly bypass: readonly string[];
}

/** How this process reaches the cloud: directly, or through an HTTP proxy. Links inside the zone never ask it. */
export class Outbound {
  readonly #proxy: ProxySettings | undefined;

  constructor(proxy: ProxySettings | undefined) {
    this.#proxy = proxy;
  }

  /** The proxy on the way to `url`, without credentials; undefined when it is reached directly. */
  proxyFor(url: URL): string | undefined {
    if (!this.#proxy || bypassesProxy(url.hostname, this.#proxy.bypass)) return undefined;
    return this.#proxy.url;
  }

  /**
   * For requests and WebSockets to the host of `url`; undefined when it is reached directly. The request fails with GuildhallError
   * `proxy.unreachable`, `proxy.sign-in-required` or `proxy.refused` when the proxy is at fault.
   */
  agentFor(url: URL): Agent | undefined {
    const proxy = this.proxyFor(url);
    return proxy === undefined ? undefined : new TellingProxyAgent(proxy, this.#proxy?.credentials);
  }
}
