import { connectTo } from "./client.ts";
import type { Session } from "./execute.ts";
import { placeOf, resolveServers, type Server, shortName } from "./servers.ts";

/** What a session has of its server. */
type ServerPart = Pick<Session, "client" | "server" | "label" | "memory">;

/** The servers that commands go to, with their connections. */
export class Targets implements Disposable {
  readonly #connections = new DisposableStack();
  /** A session's part for each server. */
  readonly parts: readonly ServerPart[];
  /** For a prompt: the servers as an operator calls them, shortly. */
  readonly names: string;

  private constructor(servers: readonly Server[]) {
    const labelled = servers.length > 1;
    this.names = servers.map(shortName).join(",");
    this.parts = servers.map((server) => ({
      client: this.#connections.use(connectTo(server.address)).client,
      server: placeOf(server),
      ...(labelled && { label: server.name }),
      memory: new Map(),
    }));
  }

  /** Those that `--server` names. Throws CommandFailure when something is wrong with them. */
  static async open(list: string): Promise<Targets> {
    return new Targets(await resolveServers(list, Deno.env));
  }

  /** A session for each server. */
  sessions(common: Omit<Session, keyof ServerPart>): Session[] {
    return this.parts.map((part) => ({ ...common, ...part }));
  }

  [Symbol.dispose](): void {
    this.#connections[Symbol.dispose]();
  }
}
