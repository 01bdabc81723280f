/** A certificate and its key, PEM. */
export interface Credentials {
  readonly cert: string;
  readonly key: string;
}

/** How a certificate is to be other than the usual one: P-256, SHA-256, X.509 version 3. */
export interface Unusual {
  /** What `openssl req -newkey` is told: `rsa:1024`, `ed25519`, or a curve: `P-384`. */
  readonly key?: string;
  readonly digest?: "md5" | "sha1" | "sha384";
  /** The name in the subject. */
  readonly commonName?: string;
}

/** An authority of this test's own, in a directory that goes with it. */
export class Authority implements AsyncDisposable {
  readonly #directory: string;
  #count = 0;
  /** Its certificate, PEM. */
  readonly cert: string;

  private constructor(directory: string, cert: string) {
    this.#directory = directory;
    this.cert = cert;
  }

  /** `name` is its own; as a server's, its certificate is for that name. */
  static async create(name = "test authority", key = "P-256"): Promise<Authority> {
    const directory = await Deno.makeTempDir({ prefix: "mgl-ca-" });
    await openssl(
      directory,
      ...["req", "-x509", ...newKey("ca", key), "-out", "ca.pem", "-days", "2"],
      ...["-subj", `/CN=${name}`, "-addext", "basicConstraints=critical,CA:TRUE"],
    );
    return new Authority(directory, await Deno.readTextFile(`${directory}/ca.pem`));
  }

  /** Its own certificate and key, for a server that serves it. */
  async credentials(): Promise<Credentials> {
    return { cert: this.cert, key: await Deno.readTextFile(`${this.#directory}/ca.key`) };
  }

  /** The file with its certificate. */
  get path(): string {
    return `${this.#directory}/ca.pem`;
  }

  /**
   * Signs a certificate for `names` (`DNS:a.example`, `IP:127.0.0.1`), valid between these two
   * days counted from today. Without names it has none but the subject's, and as `v1` it is of
   * X.509 version 1. By `openssl ca`: `openssl x509` can only begin today.
   */
  async issue(
    names: string,
    [from, to]: readonly [number, number] = [-1, 2],
    { key = "P-256", digest, commonName = "test server" }: Unusual = {},
  ): Promise<Credentials> {
    const directory = this.#directory;
    const name = `leaf${this.#count++}`;
    await openssl(
      directory,
      ...["req", ...newKey(name, key), "-out", `${name}.csr`, "-subj", `/CN=${commonName}`],
    );
    await Deno.writeTextFile(`${directory}/${name}.conf`, signing(names, digest));
    await Deno.writeTextFile(`${directory}/index.txt`, "");
    await openssl(
      directory,
      ...["ca", "-batch", "-config", `${name}.conf`, "-in", `${name}.csr`],
      ...["-cert", "ca.pem", "-keyfile", "ca.key", "-out", `${name}.pem`, "-notext"],
      ...["-startdate", daysFromNow(from), "-enddate", daysFromNow(to)],
    );
    return {
      cert: await Deno.readTextFile(`${directory}/${name}.pem`),
      key: await Deno.readTextFile(`${directory}/${name}.key`),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#directory, { recursive: true });
  }
}

/** What `openssl ca` has to be told in a file. */
function signing(names: string, digest = "sha256"): string {
  const extensions = names === "v1" ? "" : "x509_extensions = extensions";
  const alternatives = names === "" || names === "v1" ? "" : `subjectAltName = ${names}`;
  return `
[ca]
default_ca = authority
[authority]
new_certs_dir = .
database = index.txt
rand_serial = yes
default_md = ${digest}
policy = subject
${extensions}
[subject]
commonName = supplied
[extensions]
keyUsage = digitalSignature
${alternatives}
`;
}

/** As `openssl ca` wants a time: 20261121034500Z. */
function daysFromNow(days: number): string {
  const time = new Date(Date.now() + days * 86_400_000).toISOString();
  return time.replace(/\.\d+|[-:T]/g, "");
}

function newKey(file: string, key: string): string[] {
  const kind = key.startsWith("P-")
    ? ["-newkey", "ec", "-pkeyopt", `ec_paramgen_curve:${key}`]
    : ["-newkey", key];
  return [...kind, "-nodes", "-keyout", `${file}.key`];
}

async function openssl(cwd: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", { args, cwd }).output();
  if (!success) throw new Error(`openssl ${args[0]} failed: ${new TextDecoder().decode(stderr)}`);
}
