import { connectTo } from "./client.ts";
import { type ClientTls, readClientTls, readToken } from "./credentials.ts";
import type { Flags } from "./flags.ts";
import type { CommandSession } from "./node.ts";
import { placeOf, resolveServers, type Server, shortName } from "./servers.ts";

/** What a session has of its server. */
type ServerPart = Pick<CommandSession, "client" | "server" | "label" | "memory">;

/** A server with what it is shown, and what connections to it are secured with. */
interface Known extends Server {
  readonly token: string | undefined;
  readonly security: ClientTls | undefined;
}

/** The servers that commands go to, with their connections. */
export class Targets implements Disposable {
  readonly #connections = new DisposableStack();
  /** A session's part for each server. */
  readonly parts: readonly ServerPart[];
  /** For a prompt: the servers as an operator calls them, shortly. */
  readonly names: string;

  private constructor(servers: readonly Known[]) {
    const labelled = servers.length > 1;
    this.names = servers.map(shortName).join(",");
    this.parts = servers.map((server) => ({
      client:
        this.#connections.use(connectTo(server.address, server.token, server.security)).client,
      server: placeOf(server),
      ...(labelled && { label: server.name }),
      memory: new Map(),
    }));
  }

  /**
   * Those that `--server` names. They are shown the token of `tokenFile`, or if that is empty the
   * one that servers.yaml has for them; so it is with what TLS takes. Throws CommandFailure when something is wrong with them.
   */
  static async open(
    { server, tokenFile, security }: Pick<Flags, "server" | "tokenFile" | "security">,
  ): Promise<Targets> {
    const servers = await resolveServers(server, Deno.env);
    return new Targets(
      await Promise.all(servers.map(async (each) => {
        const path = tokenFile || each.tokenFile;
        const token = path === undefined ? undefined : await readToken(path);
        return { ...each, token, security: await readClientTls(security, each) };
      })),
    );
  }

  /** A session for each server. */
  sessions(common: Omit<CommandSession, keyof ServerPart>): CommandSession[] {
    return this.parts.map((part) => ({ ...common, ...part }));
  }

  [Symbol.dispose](): void {
    this.#connections[Symbol.dispose]();
  }
}
