/** A certificate and its key, PEM. */
export interface Credentials {
  readonly cert: string;
  readonly key: string;
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

  static async create(): Promise<Authority> {
    const directory = await Deno.makeTempDir({ prefix: "mgl-ca-" });
    await openssl(
      directory,
      ...["req", "-x509", ...newKey("ca"), "-out", "ca.pem", "-days", "2"],
      ...["-subj", "/CN=test authority", "-addext", "basicConstraints=critical,CA:TRUE"],
    );
    return new Authority(directory, await Deno.readTextFile(`${directory}/ca.pem`));
  }

  /** The file with its certificate. */
  get path(): string {
    return `${this.#directory}/ca.pem`;
  }

  /**
   * Signs a certificate for `names` (`DNS:a.example`, `IP:127.0.0.1`), valid between these two
   * days counted from today. By `openssl ca`: `openssl x509` can only begin today.
   */
  async issue(
    names: string,
    [from, to]: readonly [number, number] = [-1, 2],
  ): Promise<Credentials> {
    const directory = this.#directory;
    const name = `leaf${this.#count++}`;
    await openssl(
      directory,
      ...["req", ...newKey(name), "-out", `${name}.csr`, "-subj", "/CN=test server"],
    );
    await Deno.writeTextFile(`${directory}/${name}.conf`, signing(names));
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
function signing(names: string): string {
  return `
[ca]
default_ca = authority
[authority]
new_certs_dir = .
database = index.txt
rand_serial = yes
default_md = sha256
policy = subject
x509_extensions = extensions
[subject]
commonName = supplied
[extensions]
subjectAltName = ${names}
`;
}

/** As `openssl ca` wants a time: 20261121034500Z. */
function daysFromNow(days: number): string {
  const time = new Date(Date.now() + days * 86_400_000).toISOString();
  return time.replace(/\.\d+|[-:T]/g, "");
}

function newKey(name: string): string[] {
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
  return [...curve, "-nodes", "-keyout", `${name}.key`];
}

async function openssl(cwd: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", { args, cwd }).output();
  if (!success) throw new Error(`openssl ${args[0]} failed: ${new TextDecoder().decode(stderr)}`);
}
