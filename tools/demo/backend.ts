/** How a backend behaves at the moment. */
export type Mood = "well" | "ailing" | "silent" | "gone";

/** A small HTTP server that can be broken and healed. */
export interface DemoBackend extends AsyncDisposable {
  readonly name: string;
  readonly address: string;
  /** well: 200. ailing: 503. silent: takes requests and says nothing. gone: refuses connections. */
  become(mood: Mood): Promise<void>;
}

/** Starts a backend that is well. Throws what listening throws. */
export function startBackend(name: string, address: string, port: number): DemoBackend {
  let mood: Mood = "well";
  const held = new Set<(response: Response) => void>();
  let server: Deno.HttpServer | undefined = listen();

  function listen(): Deno.HttpServer {
    return Deno.serve({ hostname: address, port, onListen: () => {} }, answer);
  }

  function answer(): Response | Promise<Response> {
    switch (mood) {
      case "well":
        return new Response(`hello from ${name}\n`);
      case "silent":
        return new Promise((resolve) => held.add(resolve));
      case "ailing":
      case "gone":
        return new Response(`${name} is not well\n`, { status: 503 });
    }
  }

  async function become(next: Mood): Promise<void> {
    mood = next;
    for (const resolve of held) resolve(new Response(null, { status: 503 }));
    held.clear();
    if (next === "gone") {
      const old = server;
      server = undefined;
      await old?.shutdown();
    } else {
      server ??= listen();
    }
  }

  return { name, address, become, [Symbol.asyncDispose]: () => become("gone") };
}
