import type { SectionSpec } from "../config/mod.ts";
import { roles } from "./roles.ts";

const role = {
  type: "choice",
  of: roles,
  required: true,
  description: "What it may do.",
} as const;

/** One of `auth.unix`. */
const unix = {
  type: "section",
  description: "A user or a group of this machine, for calls by a Unix socket.",
  fields: {
    user: {
      type: "text",
      form: "name",
      description: "Name of /etc/passwd, or a number. Either this or `group`.",
    },
    group: {
      type: "text",
      form: "name",
      description: "Name of /etc/group, or a number: whoever was in it when connecting.",
    },
    role,
    name: {
      type: "text",
      form: "name",
      otherwise: "the name of the user",
      description: "What it is called in the audit and in events.",
    },
  },
} as const satisfies SectionSpec;

/** One of `auth.tokens`. */
const token = {
  type: "section",
  description: "A bearer token, by which programs and people from elsewhere are known.",
  fields: {
    name: {
      type: "text",
      form: "name",
      required: true,
      description: "Whose it is, for the audit and for events.",
    },
    role,
    sha256: {
      type: "text",
      form: "sha256",
      required: true,
      description: "Its SHA-256, as `maglevc auth token` prints it: the token itself stands " +
        "nowhere but with whom it belongs to.",
    },
  },
} as const satisfies SectionSpec;

/** One of `auth.certificates`. */
const certificate = {
  type: "section",
  description: "A client's certificate, by an authority of `--tls-client-ca`.",
  fields: {
    subject: {
      type: "text",
      form: "subject",
      description: "The whole subject, as `openssl x509 -noout -subject -nameopt RFC2253` prints " +
        "it. Either this or `san`.",
    },
    san: {
      type: "text",
      form: "alternative-name",
      description: "One of the subject alternative names: `DNS:`, `email:`, `URI:` or `IP:` and " +
        "the name, which is no wildcard.",
    },
    role,
    name: {
      type: "text",
      form: "name",
      otherwise: "what `subject` or `san` says",
      description: "What it is called in the audit and in events.",
    },
  },
} as const satisfies SectionSpec;

/** The file of `--auth`. */
export const authSpec = {
  type: "section",
  description: "Who may do what with maglevd, or with the page of maglevd-frontend.",
  fields: {
    auth: {
      type: "section",
      required: true,
      description: "Everything belongs under this one key. Of several entries that fit a caller " +
        "the one that allows most counts.",
      fields: {
        anonymous: {
          type: "choice",
          of: ["none", "view"],
          otherwise: "none",
          description: "What whoever fits no entry may do.",
        },
        metrics: {
          type: "choice",
          of: ["anyone", "view"],
          otherwise: "anyone",
          description:
            "Who may read the metrics: whoever reaches their port, or who has the role " +
            "view.",
        },
        unix: {
          type: "list",
          noun: "user or group",
          description: "Users and groups that call by a Unix socket.",
          of: unix,
        },
        certificates: {
          type: "list",
          noun: "certificate",
          description: "Certificates that clients show where the API speaks TLS.",
          of: certificate,
        },
        tokens: {
          type: "list",
          noun: "token",
          description: "Tokens.",
          of: token,
        },
      },
    },
  },
} as const satisfies SectionSpec;
