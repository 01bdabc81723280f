import { certFile, keyFile } from "../../support/certificates.ts";

/** A folder with the authority's certificate, and the files of a client. */
export async function clientFiles() {
  const folder = await Deno.makeTempDir({ prefix: "maglev-web-tls-" });
  const [ca, cert, key] = ["ca.crt", "client.crt", "client.key"].map((name) => `${folder}/${name}`);
  if (!ca || !cert || !key) throw new Error("there is no folder");
  await Deno.copyFile(certFile("authority"), ca);
  const take = async (name: "alice" | "mallory") => {
    await Deno.writeTextFile(cert, await Deno.readTextFile(certFile(name)));
    await Deno.writeTextFile(key, await Deno.readTextFile(keyFile(name)), { mode: 0o600 });
  };
  const remove = () => Deno.remove(folder, { recursive: true });
  return { ca, cert, key, take, [Symbol.asyncDispose]: remove };
}
