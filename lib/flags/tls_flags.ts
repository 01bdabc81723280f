import { UsageError } from "./flags.ts";

/**
 * The files with which a program answers its `clients` over TLS; undefined: in the clear. `get`
 * reads a flag. Throws {@link UsageError} for what means nothing alone.
 */
export function readServerTls(
  get: (name: "tls-cert" | "tls-key" | "tls-client-ca" | "auth") => string,
  clients: string,
): { readonly cert: string; readonly key: string; readonly clientCa: string } | undefined {
  const [cert, key, clientCa] = [get("tls-cert"), get("tls-key"), get("tls-client-ca")];
  if ((cert === "") !== (key === "")) {
    throw new UsageError("--tls-cert and --tls-key go together: a certificate and its key");
  }
  if (clientCa !== "" && cert === "") {
    throw new UsageError("--tls-client-ca means nothing without --tls-cert and --tls-key");
  }
  if (clientCa !== "" && get("auth") === "") {
    throw new UsageError(
      `--tls-client-ca has ${clients} show certificates, and only --auth says what they may do: ` +
        "give both",
    );
  }
  return cert === "" ? undefined : { cert, key, clientCa };
}
