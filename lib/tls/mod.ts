/**
 * The server's side of TLS: certificates from files that may be replaced, handshakes over any
 * connection, and what clients show of themselves.
 *
 * @module
 */

export { DuplexConn } from "./duplex_conn.ts";
export { type Handshake, TlsConn, type TlsConnOptions } from "./tls_conn.ts";
export type { PeerCertificate } from "./peer_certificate.ts";
export {
  type CertificateFacts,
  loadIdentity,
  type TlsIdentity,
  type TlsPaths,
} from "./identity.ts";
export { PemError } from "./pem.ts";
export { TlsFiles, type TlsFilesOptions } from "./tls_files.ts";
