import { caller, ours, transient, type ErrorEntry } from './entry.ts';

/** The console of a node: certificates, updates, services, proxy, network. */
export const consoleErrors = {
  'certificate.unreadable': caller(
    422,
    'This is not a certificate in PEM form. Paste everything from BEGIN CERTIFICATE to END CERTIFICATE.',
  ),
  'certificate.key-unreadable': caller(
    422,
    'This is not a private key in PEM form. Paste everything from BEGIN PRIVATE KEY to END PRIVATE KEY.',
  ),
  'certificate.key-encrypted': caller(
    422,
    'The private key is protected with a password. Remove the password first and paste the plain key.',
  ),
  'certificate.key-mismatch': caller(
    422,
    'The private key does not belong to this certificate. Use the key its request was made with.',
  ),
  'certificate.key-missing': caller(
    422,
    'No private key was given and there is no open request whose key fits. Paste the key too.',
  ),
  'certificate.weak': caller(
    422,
    'The key or the signature is too weak for browsers. Use RSA of at least 2048 bits or EC P-256 or P-384, signed with SHA-256 or better.',
  ),
  'certificate.expired': caller(
    422,
    'The certificate has expired. Get a new one, and check the clock of this server.',
  ),
  'certificate.not-yet-valid': caller(
    422,
    'The certificate is not valid yet. Check the clock of this server.',
  ),
  'certificate.chain-too-long': caller(
    422,
    'There are more than 10 certificates. Paste the one of this server and those of the authorities that signed it.',
  ),
  'certificate.chain-order': caller(
    422,
    'Each certificate has to be signed by the next one. Put the one of this server first, then the authority that signed it, and so on.',
  ),
  'certificate.no-names': caller(
    422,
    'The certificate names no host, so browsers refuse it. It needs the names in its subject alternative names.',
  ),
  'certificate.order-running': caller(409, 'A certificate is being ordered already. Wait until that ends.'),

  'update.not-managed': caller(
    409,
    'This installation is not updated by bundles. Where it runs from a clone, updates come by git.',
  ),
  'update.damaged': caller(
    422,
    'The bundle is cut off or damaged, or holds other files than it says. Download and upload it again.',
  ),
  'update.unsigned': caller(422, 'The bundle is not signed. Use one from the maker of this product.'),
  'update.wrong-key': caller(
    422,
    'The bundle is signed by a key this server does not trust. Use one from the maker of this product.',
  ),
  'update.other-product': caller(422, 'The bundle is for another product.'),
  'update.older': caller(
    422,
    'The bundle is not newer than the version in use. To go back, switch to an installed version.',
  ),
  'update.unsafe-path': caller(
    422,
    'The bundle holds something that is no plain file in its own folder. It was refused unopened.',
  ),
  'update.too-large': caller(413, 'The bundle is larger than this server takes.'),

  'service.not-paired': caller(
    409,
    'This node is not paired with an account yet. Paste the connector token first.',
  ),
  'service.cloud-unreachable': transient(
    502,
    'The cloud cannot be reached from this node. Check the address, the network and the proxy.',
  ),

  'proxy.unreachable': transient(
    502,
    'The HTTP proxy of this node does not answer. Check it under Network, Address, and that it runs.',
  ),
  'proxy.sign-in-required': caller(
    502,
    'The HTTP proxy of this node wants a user name and password. Set proxyCredentials of the console, or let this server through without.',
  ),
  'proxy.refused': caller(
    502,
    'The HTTP proxy of this node refused a tunnel to the cloud. Allow CONNECT to its name and port there.',
  ),

  'service.not-running': caller(409, 'The service does not run on this node, so there is nothing to drain.'),
  'service.unknown': caller(404, 'There is no such service on this node.'),

  'network.invalid': caller(
    422,
    'A network setting breaks a rule. The message names the field and the rule.',
  ),
  'network.not-permitted': caller(
    409,
    'This console may not change the network of its machine. It shows what it would do; do it there by hand.',
  ),
  'network.pending': caller(
    409,
    'Another change of the network waits for its confirmation. Confirm it or take it back first.',
  ),
  'network.nothing-pending': caller(
    409,
    'This change was already taken back. Look at the settings in force.',
  ),
  'network.failed': ours(
    'The network settings could not be applied; the old ones are in force. The message says why.',
  ),
} as const satisfies Record<string, ErrorEntry>;
