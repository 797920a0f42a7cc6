import { createTransport } from 'nodemailer';

export interface MailConfig {
  readonly host: string;
  readonly port: number;
  readonly security: 'starttls' | 'tls' | 'none';
  readonly user: string | undefined;
  /** Sensitive. */
  readonly password: string | undefined;
  readonly from: string;
}

const timeoutMs = 10_000;

export type SendMail = (mail: { to: string; subject: string; text: string }) => Promise<void>;

/** Mail over SMTP (RFC 5321), one connection for each: alerts are rare. */
export function createMailer(config: MailConfig): SendMail {
  const { host, port, security, user, password, from } = config;
  const transport = createTransport({
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(user !== undefined && { auth: { user, pass: password ?? '' } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    // Neither files nor addresses are ever fetched for a mail.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return async ({ to, subject, text }) => {
    await transport.sendMail({ from, to, subject, text });
  };
}
