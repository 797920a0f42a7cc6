import { z } from 'zod';
import { ConnectorToken } from '../rest/portal.ts';
import { Pairing } from './rest.ts';
import { VmRole } from '../policy.ts';
import { EpochMs, HttpUrl } from '../text.ts';

/**
 * Network and Configure of a VM's console. Which rule a setting breaks is decided by `checkNetwork` and `checkConfigure`
 * of the domain, on the page and on the server; here is only what travels.
 */

/** As somebody typed it: longer texts are refused with a rule of their own, so they may come this far. */
const typed = z.string().max(2_000);
const typedPort = z.number();

export const ExternalAddressForm = z.strictObject({
  service: z.enum(['zctrl', 'mmr', 'media']),
  address: typed.describe('IPv4 address or name outside'),
  port: typedPort,
});
export const NetworkFormBody = z.strictObject({
  mode: z.enum(['two-addresses', 'one-address']),
  method: z.enum(['dhcp', 'static']).describe('Of eth0; with dhcp address, mask and gateway are empty'),
  address: typed,
  mask: typed.describe('255.255.255.0 or 24'),
  gateway: typed.describe('May be empty'),
  aliasAddress: typed.describe('Of eth0:0; empty with one address'),
  aliasMask: typed,
  dns: z.array(typed).max(50).describe('0 to 3'),
  hostName: typed,
  ntp: z.array(typed).max(50).describe('0 to 4'),
  proxy: typed.describe('http://name:port, may be empty'),
  zctrlPort: typedPort,
  mmrPort: typedPort,
  mediaPort: typedPort.describe('UDP, of the first media worker'),
  external: z.array(ExternalAddressForm).max(50).describe('Addresses outside a NAT, 0 to 12'),
});

/** Why this console cannot change the network of its machine; null when it can. */
export const NetworkObstacle = z.enum(['not-managed', 'no-ip-tool', 'no-permission', 'no-interface']);
export type NetworkObstacle = z.output<typeof NetworkObstacle>;

/** `GET /network`: what is, as the machine tells it. */
export const NetworkStatus = z.strictObject({
  interfaceName: z.string().max(15).describe('The interface that is meant by eth0'),
  hostName: z.string().max(253),
  interfaces: z.array(
    z.strictObject({
      name: z.string().max(40),
      state: z.string().max(20).describe('up, down or unknown, as the kernel says'),
      mac: z.string().max(60),
      addresses: z.array(
        z.strictObject({ address: z.string().max(60), prefixLength: z.int(), label: z.string().max(40) }),
      ),
    }),
  ),
  routes: z.array(
    z.strictObject({
      to: z.string().max(60),
      via: z.string().max(60).nullable(),
      interface: z.string().max(40),
    }),
  ),
  dns: z.array(z.string().max(60)),
});
export type NetworkStatus = z.output<typeof NetworkStatus>;

/** `GET /network/settings`, and the answer of everything that changes them. */
export const NetworkSettingsView = z.strictObject({
  /** Changes with every change; to be sent back, so that two people do not overwrite each other. */
  rev: z.string().max(64),
  /** Settings in force; before the first change made here, read from the machine. */
  form: NetworkFormBody,
  obstacle: NetworkObstacle.nullable(),
  hasDhcpClient: z.boolean(),
  /** In force already, but taken back by itself at the deadline unless it is confirmed. */
  pending: z.strictObject({ id: z.uuid(), deadlineMs: EpochMs, form: NetworkFormBody }).nullable(),
  timeMs: EpochMs,
});
export type NetworkSettingsView = z.output<typeof NetworkSettingsView>;

/** `POST /network/plan` and `PUT /network/settings`. */
export const NetworkPlanRequest = z.strictObject({ form: NetworkFormBody });
export const NetworkApplyRequest = z.strictObject({ rev: z.string().max(64), form: NetworkFormBody });

/** What would be done, in order, as data. */
export const NetworkPlan = z.strictObject({
  warnings: z.array(z.enum(['subnetsDiffer', 'noDns', 'noGateway', 'publicAddress'])),
  /** Allowed all the same: they may answer only from the new addresses, or be away for a moment. */
  silentDns: z
    .array(z.string().max(60))
    .max(3)
    .optional()
    .describe('DNS servers that gave no answer just now'),
  steps: z.array(
    z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('run'), command: z.array(z.string()).describe('Tool and arguments') }),
      z.strictObject({ kind: z.literal('write'), path: z.string(), content: z.string() }),
      z.strictObject({ kind: z.literal('remove'), path: z.string() }),
    ]),
  ),
});
export type NetworkPlan = z.output<typeof NetworkPlan>;

/** `POST /network/confirm` and `POST /network/rollback`: of which pending change. */
export const NetworkChangeRequest = z.strictObject({ id: z.uuid() });

const configureFields = {
  role: VmRole,
  zcAddress: typed.describe('IPv4 of the zone controller: of this VM, or with role mmr of another'),
  mmrAddress: typed.describe('IPv4 of this VM’s router'),
  otherZcAddress: typed.describe('IPv4 of the other controller of the pair; may be empty'),
};
/** `GET /configure`: what the form begins with. */
export const ConfigureView = z.strictObject({
  ...configureFields,
  own: z.array(z.string().max(60)).describe('IPv4 addresses of this VM'),
  oneAddress: z.boolean().describe('Whether zctrl and mmr share an address on other ports'),
  allowLoopback: z.boolean().describe('Where everything runs on one machine for evaluation'),
  pairing: Pairing,
});
export type ConfigureView = z.output<typeof ConfigureView>;
/** `POST /configure`: stores the addresses and enrols this VM. */
export const ConfigureRequest = z.strictObject({
  ...configureFields,
  token: ConnectorToken,
  controlUrl: HttpUrl.describe('Where the cloud controller answers, e.g. http://localhost:8080'),
});
