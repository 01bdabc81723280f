import { forms, type ObjectSchema, type SectionOf } from "../config/mod.ts";
import { roles } from "./roles.ts";

const role = { description: "What it may do.", type: "string", enum: roles } as const;

/** One of `auth.unix`. */
const unix = {
  title: "user or group",
  description: "A user or a group of this machine, for calls by a Unix socket.",
  ...forms.mapping,
  required: ["role"],
  properties: {
    user: {
      description: "Name of /etc/passwd, or a number. Either this or `group`.",
      ...forms.name,
    },
    group: {
      description: "Name of /etc/group, or a number: whoever was in it when connecting.",
      ...forms.name,
    },
    role,
    name: {
      description: "What it is called in the audit and in events.",
      ...forms.name,
      "x-absent": "the name of the user",
    },
  },
} as const satisfies ObjectSchema;

/** One of `auth.tokens`. */
const token = {
  title: "token",
  description: "A bearer token, by which programs and people from elsewhere are known.",
  ...forms.mapping,
  required: ["name", "role", "sha256"],
  properties: {
    name: { description: "Whose it is, for the audit and for events.", ...forms.name },
    role,
    sha256: {
      description: "Its SHA-256, as `maglevc auth token` prints it: the token itself stands " +
        "nowhere but with whom it belongs to.",
      type: "string",
      pattern: "^[0-9a-f]{64}$",
      maxLength: 64,
      "x-rule": "64 hexadecimal digits in lower case",
    },
  },
} as const satisfies ObjectSchema;

/** One of `auth.certificates`. */
const certificate = {
  title: "certificate",
  description: "A client's certificate, by an authority of `--tls-client-ca`.",
  ...forms.mapping,
  required: ["role"],
  properties: {
    subject: {
      description: "The whole subject, as `openssl x509 -noout -subject -nameopt RFC2253` prints " +
        "it. Either this or `san`.",
      type: "string",
      pattern: `^[^${forms.hidden}]+$`,
      maxLength: 1024,
      "x-rule": "a name of printable characters such as CN=alice,O=Example",
    },
    san: {
      description: "One of the subject alternative names: `DNS:`, `email:`, `URI:` or `IP:` and " +
        "the name, which is no wildcard.",
      type: "string",
      pattern: "^(?:DNS|email|URI|IP):[!-~]+$",
      maxLength: 1024,
      "x-rule": "DNS:, email:, URI: or IP: and a name in printable ASCII without spaces",
    },
    role,
    name: {
      description: "What it is called in the audit and in events.",
      ...forms.name,
      "x-absent": "what `subject` or `san` says",
    },
  },
} as const satisfies ObjectSchema;

const auth = {
  description: "Everything belongs under this one key. Of several entries that fit a caller the " +
    "one that allows most counts.",
  ...forms.mapping,
  properties: {
    anonymous: {
      description: "What whoever fits no entry may do.",
      type: "string",
      enum: ["none", "view"],
      "x-absent": "none",
    },
    metrics: {
      description:
        "Who may read the metrics: whoever reaches their port, or who has the role view.",
      type: "string",
      enum: ["anyone", "view"],
      "x-absent": "anyone",
    },
    unix: {
      description: "Users and groups that call by a Unix socket.",
      type: "array",
      minItems: 1,
      items: unix,
    },
    certificates: {
      description: "Certificates that clients show where the API speaks TLS.",
      type: "array",
      minItems: 1,
      items: certificate,
    },
    tokens: { description: "Tokens.", type: "array", minItems: 1, items: token },
  },
} as const satisfies ObjectSchema;

/** The file of `--auth`, as a JSON Schema. */
export const authSchema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "auth.yaml",
  description: "Who may do what with maglevd, or with the page of maglevd-frontend.",
  ...forms.mapping,
  required: ["auth"],
  properties: { auth },
} as const satisfies ObjectSchema;

/** Sections as they are read. */
export type AuthSection = SectionOf<typeof auth>;
export type CertificateSection = SectionOf<typeof certificate>;
export type UnixSection = SectionOf<typeof unix>;
