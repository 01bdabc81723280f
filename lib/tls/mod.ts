/**
 * The server's side of TLS: certificates from files that may be replaced, handshakes over any
 * connection, and what clients show of themselves.
 *
 * @example What is wrong with a file is said with its flag and its path
 * ```ts
 * import { rejects } from "node:assert/strict";
 *
 * const paths = { cert: "/no/such", key: "/no/such", clientCa: "" };
 * await rejects(loadIdentity(paths), { message: "--tls-cert /no/such: there is no such file" });
 * ```
 *
 * @module
 */

export { DuplexConn } from "./duplex_conn.ts";
export { type Handshake, TlsConn, type TlsConnOptions } from "./tls_conn.ts";
export type { PeerCertificate } from "./peer_certificate.ts";
export {
  type CertificateFacts,
  loadIdentity,
  type Proven,
  type TlsIdentity,
  type TlsPaths,
  type TlsSource,
} from "./identity.ts";
export { PemError } from "./pem.ts";
export { TlsFiles, type TlsFilesOptions } from "./tls_files.ts";
