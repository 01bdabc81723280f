import { isMap, isScalar, LineCounter, type Node, parseDocument, type YAMLMap } from "yaml";
import { CommandFailure, exitCodes } from "./errors.ts";
import { isServerName, type NamedServer, parseEndpoint } from "./servers.ts";

/**
 * Reads servers.yaml: `servers: { NAME: { address: ADDRESS, token-file: PATH, tls: BOOL, ca: PATH,
 * cert: PATH, key: PATH } }`. Throws CommandFailure with the place of the first thing that is wrong.
 */
export function readServers(path: string, text: string): ReadonlyMap<string, NamedServer> {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter });
  const fault = (node: Pick<Node, "range"> | undefined | null, message: string) => {
    const { line, col } = lineCounter.linePos(node?.range?.[0] ?? 0);
    return new CommandFailure(`${path}:${line}:${col}: ${message}`, exitCodes.usage);
  };
  const [error] = document.errors;
  if (error) {
    const [problem = ""] = error.message.split(/ at line /);
    throw fault({ range: [error.pos[0], error.pos[1], error.pos[1]] }, problem);
  }
  const servers = new Map<string, NamedServer>();
  for (const [key, value] of entries(document.contents, "the file", ["servers"])) {
    for (const [name, server] of entries(value, key)) {
      if (!isServerName(name)) {
        throw fault(server, `"${name}" is no name for a server: letters, digits, ".", "_" and "-"`);
      }
      const keys = new Map(entries(server, name, serverKeys));
      const address = keys.get("address");
      if (!isScalar(address) || typeof address.value !== "string") {
        throw fault(address ?? server, `server ${name} needs an address such as rtr1:9090`);
      }
      try {
        parseEndpoint(address.value);
      } catch {
        // What it says is about --server.
        throw fault(
          address,
          `server ${name}: "${address.value}" is neither host:port nor unix:PATH`,
        );
      }
      const paths = pathKeys.flatMap(([key, property]) => {
        const file = keys.get(key);
        if (file === undefined) return [];
        const isPath = isScalar(file) && typeof file.value === "string" &&
          file.value.startsWith("/");
        if (!isPath) throw fault(file, `${key} is to be an absolute path`);
        return [[property, String(file.value)] as const];
      });
      const tls = keys.get("tls");
      if (tls && !(isScalar(tls) && typeof tls.value === "boolean")) {
        throw fault(tls, "tls is to be true or false");
      }
      servers.set(name, {
        address: address.value,
        ...Object.fromEntries(paths),
        ...isScalar(tls) && { tls: tls.value === true },
      });
    }
  }
  return servers;

  function entries(node: unknown, what: string, known?: readonly string[]): [string, Node][] {
    if (!isMap(node)) throw fault(isNode(node) ? node : undefined, `${what} is to be a mapping`);
    return (node as YAMLMap<Node, Node>).items.map(({ key, value }) => {
      const name = isScalar(key) ? String(key.value) : "";
      if (known && !known.includes(name)) {
        throw fault(key, `unknown key "${name}"; there is ${known.join(", ")}`);
      }
      return [name, value ?? key];
    });
  }
}

/** What may be said of a server: files, and the rest. */
const pathKeys = [
  ["token-file", "tokenFile"],
  ["ca", "ca"],
  ["cert", "cert"],
  ["key", "key"],
] as const;

const serverKeys: readonly string[] = ["address", "tls", ...pathKeys.map(([key]) => key)];

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "range" in value;
}
