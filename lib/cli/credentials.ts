import { CommandFailure, exitCodes, messageOf } from "./errors.ts";

/** The token in a file. Throws CommandFailure, which never repeats what it holds. */
export async function readToken(path: string): Promise<string> {
  const file = "token file";
  const token = (await readText(file, path)).trim();
  await checkSecret(file, path, "token");
  if (!/^[!-~]+$/.test(token)) throw fault(file, path, "holds no token, or more than one");
  return token;
}

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
    throw new CommandFailure("a certificate and its key go together", exitCodes.usage);
  }
  return {
    caCerts: ca ? [await readPem("file of authorities", ca, "CERTIFICATE")] : [],
    own: cert && key
      ? { cert: await readPem("certificate", cert, "CERTIFICATE"), key: await readKey(key) }
      : undefined,
  };
}

async function readKey(path: string): Promise<string> {
  const text = await readPem("key", path, "PRIVATE KEY");
  await checkSecret("key", path, "key");
  return text;
}

async function readPem(file: string, path: string, label: string): Promise<string> {
  const text = await readText(file, path);
  if (text.includes(`${label}-----`)) return text;
  throw fault(file, path, `holds no ${label.toLowerCase()} in PEM`);
}

async function readText(file: string, path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw fault(file, path, `cannot be read: ${messageOf(error)}`);
  }
}

/** The permission bits of whoever is neither owner nor of the group. */
const others = 0o007;

async function checkSecret(file: string, path: string, what: string): Promise<void> {
  const { mode } = await Deno.stat(path);
  if (((mode ?? 0) & others) === 0) return;
  throw fault(file, path, `everybody can read it: chmod 600 and a new ${what}`);
}

/** Names the file by what it is: flags, variables and servers.yaml all name some. */
function fault(file: string, path: string, reason: string): CommandFailure {
  return new CommandFailure(`${file} ${path}: ${reason}`, exitCodes.usage);
}
