// Certificates, apart from the rest of the kit: only who issues them should pay for loading what makes them, and a router
// that was killed must be back soon.
export {
  certificateFingerprint,
  createAuthority,
  createCsr,
  createServerCertificate,
  describeCertificate,
  isIssuedBy,
  issueCertificate,
} from './authority.ts';
export type {
  CertifiedKey,
  CreateAuthorityOptions,
  CreateCsrOptions,
  IssueCertificateOptions,
} from './authority.ts';
export { loadOrCreateAuthority, loadOrCreateServerCertificate } from './files.ts';
