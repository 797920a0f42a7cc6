export { sleepWith, systemClock } from './clock.ts';
export type { Clock, Timer } from './clock.ts';
export { ConfigError, loadConfig } from './config/config.ts';
export type { ConfigProblem, LoadConfigOptions } from './config/config.ts';
export { nearest } from './config/nearest.ts';
export { describeConfig } from './config/schema.ts';
export type { ConfigRow } from './config/schema.ts';
export { FakeClock } from './fake-clock.ts';
export { createLogger, silentLogger } from './logger.ts';
export type { Logger, LoggerOptions, LogLevel } from './logger.ts';
export { seededRandom, systemRandom } from './random.ts';
export type { Random } from './random.ts';
export { networkOf } from './network-of.ts';
export { RateLimiter } from './rate-limiter.ts';
export type { RateDecision, RateLimiterOptions } from './rate-limiter.ts';
export { maskText, secretKeysOf } from './redact.ts';
export { ServedCertificate } from './served-certificate.ts';
export { SerialQueue } from './serial-queue.ts';
export type { SerialQueueOptions } from './serial-queue.ts';
export { readControlSecret, writeControlSecret } from './control-secret.ts';
export type { ControlSecret } from './control-secret.ts';
export { lifeLineOf, lifeLineVariable, watchLifeLine } from './life-line.ts';
export { processBirth } from './process-birth.ts';
export { runProgram } from './program.ts';
export { readNodeTls, readServerTls } from './server-tls.ts';
export type { ServerTls } from './server-tls.ts';
export { startAdmin } from './admin.ts';
export type { Admin, AdminOptions, HealthReport } from './admin.ts';
export { exitCodes, runService } from './lifecycle.ts';
export type { ProcessHost, ServiceContext, ServiceOptions } from './lifecycle.ts';
export { assertLoopbackOrTls, isLoopback, listen, listenError, portOf } from './listen.ts';
export type { ListenTarget } from './listen.ts';
export { createMetrics } from './metrics.ts';
export { isProcessAlive, readRunFile, readRunFiles, writeRunFile } from './run-file.ts';
export type { RunFacts, RunFile } from './run-file.ts';
export { envelopeOf, toRegistered } from './http/errors.ts';
export type { ErrorEnvelope, ErrorTable } from './http/errors.ts';
export { isCrossSiteChange, sendIcon, sendPage, usePagePolicy } from './http/pages.ts';
export type { PagePolicyOptions } from './http/pages.ts';
export { createHttpServer, listenHttp } from './http/server.ts';
export type { HttpServerOptions } from './http/server.ts';
export { readNodeIdentity } from './node-identity.ts';
export { signNodeProof, UsedTokens, verifyNodeProof } from './node-proof.ts';
export type { SignNodeProofOptions, VerifyNodeProofOptions } from './node-proof.ts';
export { inTransaction, openSqlite } from './store/sqlite.ts';
export type { OpenSqliteOptions, SqliteMigration } from './store/sqlite.ts';
export { generateSigningKey, parsePrivateKey, publicKeyOf, signToken, verifyToken } from './tokens.ts';
export type {
  PrivateKeyJwk,
  PublicKeyJwk,
  SignTokenOptions,
  TokenCodes,
  VerifyTokenOptions,
} from './tokens.ts';
