/** The certificates of the tests: of a server, and of clients by its own and by another authority. */
const folder = new URL("../../../tests/support/certificates/", import.meta.url).pathname;

/** What a client shakes hands with, as node:tls has it. */
export interface ClientCertificate {
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Whom a client of a site may be: who may do everything, a stranger of another authority, nobody. */
export type ClientName = "operator" | "stranger" | "nobody";

/** The certificate of one of them. */
export function certificateOf(name: ClientName): ClientCertificate {
  const ca = Deno.readTextFileSync(`${folder}authority.crt`);
  if (name === "nobody") return { ca };
  const files = name === "operator" ? "alice" : "mallory";
  const [cert, key] = [`${folder}${files}.crt`, `${folder}${files}.key`];
  return { ca, cert: Deno.readTextFileSync(cert), key: Deno.readTextFileSync(key) };
}

/** What everybody may do at a site with TLS. */
export const accessFile = `auth:
  anonymous: view
  certificates: [{ subject: "CN=alice,O=Example", role: admin, name: alice }]
`;

/** The flags of a maglevd with TLS; `auth` is a file with {@link accessFile}. */
export function tlsFlags(auth: string): readonly string[] {
  return [
    ...[`--auth=${auth}`, `--tls-client-ca=${folder}authority.crt`],
    ...[`--tls-cert=${folder}server.crt`, `--tls-key=${folder}server.key`],
  ];
}
