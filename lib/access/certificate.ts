import { ipFromBytes, parseIp } from "../ip/mod.ts";
import { childrenOf, type DerElement, DerError, readElement, tags } from "./der.ts";
import { nameText } from "./distinguished_name.ts";
import type { CertificateCredentials } from "./principal.ts";

/** What the handshake of a connection has told of the client's certificate. */
export interface ShownCertificate {
  /** DER. */
  readonly der: Uint8Array;
  /** Why it counts for nothing now, as the end of a sentence; undefined: it is good. */
  readonly problem: string | undefined;
}

/** What a certificate tells of who shows it. Never throws: what cannot be read tells nothing. */
export function certificateCredentials(shown: ShownCertificate): CertificateCredentials {
  const names = readNames(shown.der);
  return {
    kind: "certificate",
    ...names ?? { subject: "", names: [] },
    get problem() {
      return shown.problem ?? (names ? undefined : "has names that cannot be read");
    },
  };
}

function readNames(der: Uint8Array): ReturnType<typeof namesOf> | undefined {
  try {
    return namesOf(der);
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

/** Subject and subject alternative names of a certificate (RFC 5280 section 4.1). Throws DerError. */
function namesOf(der: Uint8Array) {
  const [body] = childrenOf(readElement(der), tags.sequence);
  const fields = childrenOf(body, tags.sequence).filter(({ tag }) => tag !== version);
  // Serial number, algorithm, issuer, validity, subject.
  const subject = fields[4];
  if (!subject) throw new DerError("a certificate without a subject");
  const extensions = fields.find(({ tag }) => tag === extensionsTag);
  return {
    subject: nameText(subject),
    names: extensions ? alternativeNames(readElement(extensions.content)) : [],
  };
}

/** Context-specific tags of a certificate's body. */
const version = 0xa0;
const extensionsTag = 0xa3;

/** The object identifier of subjectAltName, 2.5.29.17. */
const subjectAltName = "551d11";

function alternativeNames(extensions: DerElement): readonly string[] {
  const values = childrenOf(extensions, tags.sequence).flatMap((extension) => {
    const [type, ...rest] = childrenOf(extension, tags.sequence);
    return type?.content.toHex() === subjectAltName ? [rest.at(-1)] : [];
  });
  if (values.length > 1) throw new DerError("two lists of names");
  return values.flatMap((value) => {
    if (value?.tag !== tags.octetString) throw new DerError("an extension without a value");
    return childrenOf(readElement(value.content), tags.sequence).flatMap(alternativeName);
  });
}

/** A name as `auth.certificates` has it; none where it is of another kind, or could deceive. */
function alternativeName({ tag, content }: DerElement): readonly string[] {
  if (tag === ipAddress) {
    const isAddress = content.length === 4 || content.length === 16;
    return isAddress ? [`IP:${ipFromBytes(content).text}`] : [];
  }
  const kind = textKinds[tag];
  const name = kind && canonicalAlternativeName(`${kind}:${String.fromCharCode(...content)}`);
  return name === undefined ? [] : [name];
}

/** The context-specific tags of GeneralName (RFC 5280 section 4.2.1.6) that stand for people and programs. */
const textKinds: Readonly<Record<number, string>> = { 0x81: "email", 0x82: "DNS", 0x86: "URI" };
const ipAddress = 0x87;

/**
 * The one form that a name such as `DNS:ci.example.net` has here; undefined when it is none that
 * stands for one client. A wildcard stands for many.
 */
export function canonicalAlternativeName(written: string): string | undefined {
  const [, kind = "", name = ""] = /^(DNS|email|URI|IP):([!-~]+)$/.exec(written) ?? [];
  switch (kind) {
    case "DNS":
      return name.includes("*") ? undefined : `DNS:${name.toLowerCase()}`;
    case "IP": {
      const address = parseIp(name);
      return address && `IP:${address.text}`;
    }
    default:
      return kind === "" ? undefined : `${kind}:${name}`;
  }
}
