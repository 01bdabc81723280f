import type { Random } from "../../../lib/simulation/random.ts";
import type { Maglevd } from "./maglevd.ts";

/** What somebody has said of a backend or a weight, as maglevd shows it. */
interface ByHand {
  readonly value: string;
  readonly actor?: { readonly name: string };
}

interface Backend {
  readonly name: string;
  readonly enabled?: boolean;
  readonly state: string;
  readonly byHand?: ByHand;
  readonly drain?: object;
}

interface Frontend {
  readonly pools: readonly {
    readonly name: string;
    readonly backends: readonly { readonly name: string; readonly weight?: number }[];
  }[];
}

interface Told {
  readonly seq: string;
  readonly operator?: object;
}

/** Something that may be done. */
interface Action {
  readonly method: string;
  readonly request: object;
  /** What it may change. */
  readonly keys: readonly string[];
  /** What an answer says about that. */
  readonly answered: (body: unknown) => Iterable<readonly [string, string]>;
}

const methods = [
  "PauseBackend",
  "ResumeBackend",
  "DisableBackend",
  "EnableBackend",
  "DrainBackend",
] as const;

/** Five servers that flap, an operator that does anything at any time, and what it was told. */
export class Site implements AsyncDisposable {
  readonly backends = ["one", "two", "three", "four", "five"].map((name, i) => ({
    name,
    address: `127.0.0.${61 + i}`,
  }));
  readonly port: number;
  readonly #random: Random;
  readonly #servers: Deno.HttpServer[];
  /** How each thing has to stand, by what it is; nothing is known of what is not there. */
  readonly #expected = new Map([["journal", "whole"]]);
  /** Number of the last event of an operator that was seen to be told. */
  #lastSeq = 0;

  constructor(random: Random) {
    this.#random = random;
    const answer = () => new Response("", { status: random.chance(0.4) ? 503 : 200 });
    const [first = { address: "" }, ...others] = this.backends;
    const listen = (hostname: string, port: number) =>
      Deno.serve({ hostname, port, onListen: () => {} }, answer);
    const lead = listen(first.address, 0);
    this.port = lead.addr.port;
    this.#servers = [lead, ...others.map(({ address }) => listen(address, this.port))];
  }

  /** Does something, and remembers what was answered. */
  async act(daemon: Maglevd): Promise<void> {
    const { method, request, answered } = this.#choose();
    const { status, body } = await daemon.call(method, request);
    if (status === 200) this.#expect(answered(body));
  }

  /** Kills it while it is asked to do something. What it does not answer may be done or not. */
  async actWhileKilled(daemon: Maglevd): Promise<void> {
    const { method, request, keys, answered } = this.#choose();
    const before = new Map(this.#expected);
    for (const key of keys) this.#expected.delete(key);
    const asked = daemon.call(method, request).catch(() => undefined);
    const pause = this.#random.between(0, 60);
    await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, pause))]);
    daemon.kill("SIGKILL");
    const answer = await asked;
    await daemon.exit();
    if (!answer) return;
    // Who is refused has changed nothing.
    this.#expect(answer.status === 200 ? answered(answer.body) : before);
  }

  /** What is not as it was answered; what was not known is from now on. */
  async lost(daemon: Maglevd): Promise<string[]> {
    const now = await this.#read(daemon);
    const lost = Array.from(this.#expected, ([key, expected]) => ({ key, expected }))
      .filter(({ key, expected }) => now.get(key) !== expected)
      .map(({ key, expected }) => `${key} is ${now.get(key)}, and was ${expected}`);
    for (const [key, value] of now) this.#expected.set(key, value);
    return lost;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.shutdown()));
  }

  #expect(told: Iterable<readonly [string, string]>): void {
    for (const [key, value] of told) this.#expected.set(key, value);
  }

  #choose(): Action {
    const random = this.#random;
    const { name } = random.pick(this.backends);
    if (random.chance(0.3)) {
      const pool = name === "one" ? "primary" : "fallback";
      const weight = random.between(0, 100);
      return {
        method: "SetFrontendPoolBackendWeight",
        request: { frontend: "www", pool, backend: name, weight },
        keys: [`weight of ${name}`],
        answered: () => [[`weight of ${name}`, `${weight}`]],
      };
    }
    if (random.chance(0.2)) return this.#forget(name);
    const method = random.pick(methods);
    const isBounded = method === "DrainBackend" && random.chance(0.5);
    return {
      method,
      request: { name, ...(isBounded && { deadlineNs: "3600000000000" }) },
      keys: [`backend ${name}`],
      answered: (body) => [[`backend ${name}`, wordOf(body as Backend)]],
    };
  }

  /** What was said of one backend, or of all, and of their weights. */
  #forget(name: string): Action {
    const isAll = this.#random.chance(0.3);
    const names = isAll ? this.backends.map((backend) => backend.name) : [name];
    const operation = isAll ? { action: "reset-all" } : { action: "reset", backends: names };
    const asInFile = wordOf({ name, state: "unknown", enabled: true });
    const after = names.flatMap((each) =>
      [[`backend ${each}`, asInFile], [`weight of ${each}`, "100"]] as const
    );
    return {
      method: "Operate",
      request: { operations: [operation] },
      keys: after.map(([key]) => key),
      answered: () => after,
    };
  }

  /** How everything stands, but for what probes find out. */
  async #read(daemon: Maglevd): Promise<Map<string, string>> {
    const [listed, frontend, journal] = await Promise.all([
      daemon.call("ListBackends", { details: true }),
      daemon.call("GetFrontend", { name: "www" }),
      daemon.call("ListEvents", { kinds: ["operator"], limit: 1 }),
    ]);
    const now = new Map<string, string>();
    for (const backend of (listed.body as { backends: Backend[] }).backends) {
      now.set(`backend ${backend.name}`, wordOf(backend));
    }
    for (const { backends } of (frontend.body as Frontend).pools) {
      for (const { name, weight = 0 } of backends) now.set(`weight of ${name}`, `${weight}`);
    }
    const [newest] = (journal.body as { events?: Told[] }).events ?? [];
    const seq = Number(newest?.seq ?? 0);
    now.set("journal", seq < this.#lastSeq ? `${seq} of ${this.#lastSeq}` : "whole");
    this.#lastSeq = Math.max(this.#lastSeq, seq);
    return now;
  }
}

/** What operators have made of it. */
function wordOf({ state, enabled = false, byHand, drain }: Backend): string {
  const is = state === "paused" || state === "disabled" ? state : "in service";
  const said = byHand ? `${byHand.value} by ${byHand.actor?.name}` : "nothing said";
  return [is, enabled ? "enabled" : "not enabled", said, drain ? "draining" : ""].join(", ");
}
