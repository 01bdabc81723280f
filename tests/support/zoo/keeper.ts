import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { type Animal, Cage } from "./animal.ts";

/** An animal that can be visited. */
export interface Exhibit {
  readonly animal: Animal;
  readonly port: number;
}

/** Keeps animals, each behind a port of its own, all on one address. */
export class Keeper implements AsyncDisposable {
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #exhibits: Exhibit[] = [];

  private constructor(private readonly credentials: { cert: string; key: string } | undefined) {}

  /** Opens. Without `credentials` (PEM), those animals that speak TLS are left out. */
  static async open(
    animals: readonly Animal[],
    credentials?: { cert: string; key: string },
    address = "127.0.0.1",
  ): Promise<Keeper> {
    const keeper = new Keeper(credentials);
    for (const animal of animals) {
      if (animal.speaksTls !== true || credentials) await keeper.#show(animal, address);
    }
    return keeper;
  }

  /** What is to be seen. */
  get exhibits(): readonly Exhibit[] {
    return this.#exhibits;
  }

  async #show(animal: Animal, address: string): Promise<void> {
    const server = this.#server(animal);
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    await new Promise<void>((listening) => server.listen(0, address, listening));
    const place = server.address();
    if (place === null || typeof place === "string") throw new Error("not listening on TCP");
    this.#servers.push(server);
    this.#exhibits.push({ animal, port: place.port });
  }

  #server(animal: Animal): Server {
    const serve = (socket: Socket) => void animal.serve(new Cage(socket));
    if (animal.speaksTls !== true) return createServer({ allowHalfOpen: true }, serve);
    const server = createTlsServer({ ...this.credentials }, serve);
    // The client went away before it was done.
    server.on("tlsClientError", () => {});
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const closed = this.#servers.map((server) =>
      new Promise<void>((resolve) => server.close(() => resolve()))
    );
    await Promise.all(closed);
  }
}
