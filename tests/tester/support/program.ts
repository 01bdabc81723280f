import { programs, root, runtimeLocked } from "../../../tools/programs.ts";
import { yamlOf } from "./vips.ts";

/** maglevt from source, with the permissions that are shipped. */
export function maglevt(...args: readonly string[]): string[] {
  const permissions = programs.find(({ name }) => name === "maglevt")?.permissions ?? [];
  const flags = ["--quiet", "--no-prompt", "--cached-only", ...runtimeLocked, ...permissions];
  return [Deno.execPath(), "run", ...flags, `${root}tester.ts`, ...args];
}

/** A web server on loopback that says its name, dies and comes back at the same port. */
export class WebServer implements AsyncDisposable {
  readonly port: number;
  readonly #name: string;
  readonly #tls: { readonly cert: string; readonly key: string } | undefined;
  #server: Deno.HttpServer<Deno.NetAddr> | undefined;

  constructor(name: string, tls?: { readonly cert: string; readonly key: string }) {
    this.#name = name;
    this.#tls = tls;
    this.port = this.#listen(0);
  }

  /** Closes its port, and all connections. */
  async die(): Promise<void> {
    await this.#server?.shutdown();
    this.#server = undefined;
  }

  /** Listens again. */
  comeBack(): void {
    this.#listen(this.port);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.die();
  }

  #listen(port: number): number {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port, onListen: () => {}, ...this.#tls },
      () => new Response("well", { headers: { "x-ipng-frontend": this.#name } }),
    );
    return this.#server.addr.port;
  }
}

/** A file with these frontends, gone with the folder that it is in. */
export async function configFile(
  ...frontends: readonly string[]
): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await Deno.makeTempDir({ prefix: "maglevt-" });
  const path = `${folder}/maglev.yaml`;
  await Deno.writeTextFile(path, yamlOf(...frontends));
  return { path, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}

/** A frontend on loopback. */
export function webFrontend(name: string, port: number, scheme = "http"): string {
  return `${name}: { description: "[${scheme}]", address: 127.0.0.1, protocol: tcp, port: ${port}, POOLS }`;
}
