import { CommandFailure, exitCodes, messageOf } from "./errors.ts";

/** What is said of TLS by flags, or by servers.yaml of one server; what is empty is not said. */
export interface TlsWords {
  /** Undefined: there is TLS if any of the files is named. */
  readonly tls?: boolean | undefined;
  /** The file of authorities that are trusted besides those of the system, PEM. */
  readonly ca?: string | undefined;
  /** The files of the certificate that is shown, and of its key, PEM. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** What a client secures its connections with. */
export interface ClientTls {
  /** Trusted besides those of the system, PEM. */
  readonly caCerts: string[];
  /** What the client proves itself with, PEM; undefined: nothing. */
  readonly own: { readonly cert: string; readonly key: string } | undefined;
}

/** The permission bits of whoever is neither owner nor of the group. */
const others = 0o007;

/**
 * Reads the files of TLS, those of `first` before those of `second`; undefined where there is to be
 * none. Throws CommandFailure, which repeats nothing of a key.
 */
export async function readClientTls(
  first: TlsWords,
  second: TlsWords = {},
): Promise<ClientTls | undefined> {
  const [ca, cert, key] = (["ca", "cert", "key"] as const).map((name) =>
    first[name] || second[name]
  );
  const isAsked = first.tls ?? second.tls ?? Boolean(ca || cert || key);
  if (!isAsked) return undefined;
  if (Boolean(cert) !== Boolean(key)) {
    throw new CommandFailure("--cert and --key go together", exitCodes.usage);
  }
  return {
    caCerts: ca ? [await read("--ca", ca, "CERTIFICATE")] : [],
    own: cert && key
      ? { cert: await read("--cert", cert, "CERTIFICATE"), key: await readKey(key) }
      : undefined,
  };
}

async function readKey(path: string): Promise<string> {
  const text = await read("--key", path, "PRIVATE KEY");
  const { mode } = await Deno.stat(path);
  if (((mode ?? 0) & others) === 0) return text;
  throw new CommandFailure(
    `--key ${path}: everybody can read it: chmod 600 and a new key`,
    exitCodes.usage,
  );
}

async function read(flag: string, path: string, label: string): Promise<string> {
  const fault = (reason: string) =>
    new CommandFailure(`${flag} ${path}: ${reason}`, exitCodes.usage);
  const text = await Deno.readTextFile(path).catch((error: unknown) => {
    throw fault(`cannot be read: ${messageOf(error)}`);
  });
  if (text.includes(`${label}-----`)) return text;
  throw fault(`holds no ${label.toLowerCase()} in PEM`);
}
