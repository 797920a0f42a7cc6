import { createTransport } from 'nodemailer';
import { z } from 'zod';

export interface MailConfig {
  readonly host: string;
  readonly port: number;
  readonly security: 'starttls' | 'tls' | 'none';
  readonly user: string | undefined;
  /** Sensitive. */
  readonly password: string | undefined;
  readonly from: string;
  /** Further authorities trusted for the server's certificate, PEM. Left out: those of the system. */
  readonly ca?: readonly string[];
}

const timeoutMs = 10_000;

export type SendMail = (mail: { to: string; subject: string; text: string }) => Promise<void>;

/**
 * Mail over SMTP (RFC 5321), one connection for each: alerts are rare. Rejects with a sentence for the delivery log,
 * which administrators of an account read.
 */
export function createMailer(config: MailConfig): SendMail {
  const { host, port, security, user, password, from, ca } = config;
  const transport = createTransport({
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(user !== undefined && { auth: { user, pass: password ?? '' } }),
    ...(ca !== undefined && { tls: { ca: [...ca] } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    // Neither files nor addresses are ever fetched for a mail.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return async ({ to, subject, text }) => {
    try {
      await transport.sendMail({ from, to, subject, text });
    } catch (error) {
      throw new Error(sentenceOf(error, `${host}:${port}`), { cause: error });
    }
  };
}

/** What nodemailer adds to its errors. */
const MailError = z.object({
  code: z.string().catch(''),
  /** Of the system or of TLS, when `code` only says where it happened. */
  originalCode: z.string().catch(''),
  responseCode: z.number().optional().catch(undefined),
});

const isDistrust = /CERT|ISSUER|SIGNATURE|^ERR_(?:TLS|SSL)_/u;

/**
 * In our own words: what a server answers to a sign-in or a mail may repeat what was sent to it, and nothing of that
 * belongs into a log.
 */
function sentenceOf(error: unknown, server: string): string {
  const { code, originalCode, responseCode } = MailError.parse(error);
  const answer = responseCode === undefined ? '' : ` (answer ${responseCode})`;
  // What OpenSSL finds wrong with a certificate; every other trouble of the line is a system error (`E…`).
  switch (isDistrust.test(originalCode) ? 'ETLS' : code) {
    case 'EAUTH':
    case 'ENOAUTH':
      return `The mail server ${server} does not accept the name and password of this cloud${answer}. Its operator checks mail.user and mail.password.`;
    case 'EENVELOPE':
      return `The mail server ${server} refuses the sender or this recipient${answer}. Check the address.`;
    case 'EMESSAGE':
      return `The mail server ${server} refuses this mail${answer}.`;
    case 'ETLS':
      return `No safe connection to the mail server ${server}${answer}. The operator of this cloud checks mail.security and the server's certificate.`;
    default:
      return `The mail server ${server} cannot be reached${answer}.`;
  }
}
