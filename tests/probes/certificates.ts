import { found } from "./servers.ts";

/** Whether openssl(1) is installed; tests that need certificates are skipped if not. */
export const hasOpenssl: boolean = found("openssl", "version");

/** What a test's name ends with when it is skipped for want of openssl. */
export const opensslNote = hasOpenssl ? "" : " [SKIPPED: needs openssl]";

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

  /** Signs a certificate for `names` (`DNS:a.example`, `IP:127.0.0.1`), valid for `days`. */
  async issue(names: string, days = 2): Promise<Credentials> {
    const directory = this.#directory;
    const name = `leaf${this.#count++}`;
    await openssl(
      directory,
      ...["req", ...newKey(name), "-out", `${name}.csr`, "-subj", "/CN=test server"],
    );
    await Deno.writeTextFile(`${directory}/${name}.ext`, `subjectAltName=${names}`);
    await openssl(
      directory,
      ...["x509", "-req", "-in", `${name}.csr`, "-CA", "ca.pem", "-CAkey", "ca.key"],
      ...["-CAcreateserial", "-out", `${name}.pem`, "-days", `${days}`],
      ...["-extfile", `${name}.ext`],
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

function newKey(name: string): string[] {
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
  return [...curve, "-nodes", "-keyout", `${name}.key`];
}

async function openssl(cwd: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", { args, cwd }).output();
  if (!success) throw new Error(`openssl ${args[0]} failed: ${new TextDecoder().decode(stderr)}`);
}
