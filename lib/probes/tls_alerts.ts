/**
 * Alerts of TLS (RFC 8446 section 6, and IANA's registry), by the names that Deno has for them in
 * `received fatal alert: HandshakeFailure`.
 */
const alerts: Readonly<Record<string, readonly [number: number, words: string]>> = {
  CloseNotify: [0, "close notify"],
  UnexpectedMessage: [10, "unexpected message"],
  BadRecordMac: [20, "bad record MAC"],
  DecryptionFailed: [21, "decryption failed"],
  RecordOverflow: [22, "record overflow"],
  DecompressionFailure: [30, "decompression failure"],
  HandshakeFailure: [40, "handshake failure"],
  NoCertificate: [41, "no certificate"],
  BadCertificate: [42, "bad certificate"],
  UnsupportedCertificate: [43, "unsupported certificate"],
  CertificateRevoked: [44, "certificate revoked"],
  CertificateExpired: [45, "certificate expired"],
  CertificateUnknown: [46, "certificate unknown"],
  IllegalParameter: [47, "illegal parameter"],
  UnknownCA: [48, "unknown CA"],
  AccessDenied: [49, "access denied"],
  DecodeError: [50, "decode error"],
  DecryptError: [51, "decrypt error"],
  ExportRestriction: [60, "export restriction"],
  ProtocolVersion: [70, "protocol version"],
  InsufficientSecurity: [71, "insufficient security"],
  InternalError: [80, "internal error"],
  InappropriateFallback: [86, "inappropriate fallback"],
  UserCanceled: [90, "user canceled"],
  NoRenegotiation: [100, "no renegotiation"],
  MissingExtension: [109, "missing extension"],
  UnsupportedExtension: [110, "unsupported extension"],
  CertificateUnobtainable: [111, "certificate unobtainable"],
  UnrecognisedName: [112, "unrecognized name"],
  BadCertificateStatusResponse: [113, "bad certificate status response"],
  BadCertificateHashValue: [114, "bad certificate hash value"],
  UnknownPSKIdentity: [115, "unknown PSK identity"],
  CertificateRequired: [116, "certificate required"],
  NoApplicationProtocol: [120, "no application protocol"],
  EncryptedClientHelloRequired: [121, "encrypted client hello required"],
};

/** What it means that an error of node:tls tells of a server's alert; undefined if it does not. */
export function alertReason(message: string): string | undefined {
  const name = /^received fatal alert: (.+)$/.exec(message)?.[1];
  if (name === undefined) return undefined;
  const [number, words] = alerts[name] ?? [undefined, name];
  return `the server refused: ${words}${number === undefined ? "" : ` (alert ${number})`}`;
}
