/** What strings of a kind may look like. Patterns serve the parser and the JSON Schema alike. */
export interface Form {
  /** An ECMAScript pattern for the whole string, to be used with the `u` flag. */
  readonly pattern: string;
  /** In UTF-16 code units. */
  readonly maxLength: number;
  /** Completes the sentence "must be …". */
  readonly rule: string;
}

/** C0, DEL and C1 controls, zero-width and bidirectional marks: all of them can lie on a screen. */
const hidden = "\\u0000-\\u001f\\u007f-\\u009f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff";

/** Names are words of the command line, label values and path components of messages. */
const nameCharacter = `[^\\s${hidden}"'\`?\\\\]`;

/** Every kind of string in the file. */
export const textForms = {
  name: {
    pattern: `^(?!-)${nameCharacter}+$`,
    maxLength: 128,
    rule: "one printable word, without quotes, backslashes, question marks or a leading -",
  },
  description: {
    // Block scalars end with a line end, which the parser drops.
    pattern: `^[^${hidden}]*\\s*$`,
    maxLength: 1024,
    rule: "one line of printable text",
  },
  percent: {
    pattern: "^(?:100|[1-9]?[0-9])%$",
    maxLength: 4,
    rule: "a share in percent, such as 50%, from 0% to 100%",
  },
  "fail-open": {
    pattern: "^(?:never|all-down|(?:100|[1-9][0-9]?)%)$",
    maxLength: 8,
    rule: "never, all-down or a share in percent from 1% to 100%",
  },
  netns: {
    pattern: `^(?:(?!\\.\\.?$)[^\\s/${hidden}]+)?$`,
    maxLength: 255,
    rule: "the name of a network namespace, without slashes or spaces",
  },
  path: {
    // RFC 9112 section 3.2: a blank or a line end inside the target would smuggle in a request.
    pattern: '^/[!-"$-~]*$',
    maxLength: 4096,
    rule: "a path that starts with /, in printable ASCII without spaces or # (percent-encode them)",
  },
  host: {
    pattern: "^[!-~]*$",
    maxLength: 255,
    rule: "a host name or address, in printable ASCII without spaces",
  },
  "server-name": {
    pattern: "^[0-9A-Za-z_.:*-]*$",
    maxLength: 253,
    rule: "a DNS name (letters, digits, dots, hyphens) without a port",
  },
  subject: {
    pattern: `^[^${hidden}]+$`,
    maxLength: 1024,
    rule: "a name of printable characters such as CN=alice,O=Example",
  },
  "alternative-name": {
    pattern: "^(?:DNS|email|URI|IP):[!-~]+$",
    maxLength: 1024,
    rule: "DNS:, email:, URI: or IP: and a name in printable ASCII without spaces",
  },
  sha256: {
    pattern: "^[0-9a-f]{64}$",
    maxLength: 64,
    rule: "64 hexadecimal digits in lower case",
  },
  regexp: {
    pattern: "^[^\\u0000]*$",
    maxLength: 1024,
    rule: "a regular expression in RE2 syntax",
  },
} as const satisfies Readonly<Record<string, Form>>;

/** A row of {@link textForms}. */
export type TextForm = keyof typeof textForms;

const compiled = new Map(
  Object.entries(textForms).map(([form, { pattern }]) => [form, new RegExp(pattern, "u")]),
);

/** Why `text` does not have this form, as "must be …", or undefined when it does. */
export function formProblem(form: TextForm, text: string): string | undefined {
  const { maxLength, rule } = textForms[form];
  if (text.length > maxLength) return `must be at most ${maxLength} characters long`;
  // A lone surrogate ("\ud800" in double quotes) cannot be written in UTF-8 or sent by gRPC.
  if (text.isWellFormed() && compiled.get(form)?.test(text)) return undefined;
  return `must be ${rule}`;
}
