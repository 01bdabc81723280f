import assert from "node:assert/strict";
import { tlsReason } from "../../lib/probes/tls_reasons.ts";

Deno.test("a server's alert is told by its words and number", () => {
  const said = (name: string) => tlsReason(new Error(`received fatal alert: ${name}`), "a");
  assert.equal(said("HandshakeFailure"), "the server refused: handshake failure (alert 40)");
  assert.equal(said("CloseNotify"), "the server refused: close notify (alert 0)");
  assert.equal(said("Unknown(0xff)"), "the server refused: Unknown(0xff)");
});

Deno.test("alerts have the numbers that IANA gave them", () => {
  const numbers = {
    UnexpectedMessage: 10,
    BadRecordMac: 20,
    DecryptionFailed: 21,
    RecordOverflow: 22,
    DecompressionFailure: 30,
    HandshakeFailure: 40,
    NoCertificate: 41,
    BadCertificate: 42,
    UnsupportedCertificate: 43,
    CertificateRevoked: 44,
    CertificateExpired: 45,
    CertificateUnknown: 46,
    IllegalParameter: 47,
    UnknownCA: 48,
    AccessDenied: 49,
    DecodeError: 50,
    DecryptError: 51,
    ExportRestriction: 60,
    ProtocolVersion: 70,
    InsufficientSecurity: 71,
    InternalError: 80,
    InappropriateFallback: 86,
    UserCanceled: 90,
    NoRenegotiation: 100,
    MissingExtension: 109,
    UnsupportedExtension: 110,
    CertificateUnobtainable: 111,
    UnrecognisedName: 112,
    BadCertificateStatusResponse: 113,
    BadCertificateHashValue: 114,
    UnknownPSKIdentity: 115,
    CertificateRequired: 116,
    NoApplicationProtocol: 120,
    EncryptedClientHelloRequired: 121,
  };
  for (const [name, number] of Object.entries(numbers)) {
    const said = tlsReason(new Error(`received fatal alert: ${name}`), "a");
    const words = /^the server refused: ([a-z A-Z]+) \(alert (\d+)\)$/.exec(said);
    assert.equal(Number(words?.[2]), number, name);
    // The same words, in another spelling.
    const letters = (text = "") => text.replaceAll(" ", "").toLowerCase().replace("ised", "ized");
    assert.equal(letters(words?.[1]), letters(name));
  }
});
