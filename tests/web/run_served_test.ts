import assert from "node:assert/strict";
import { locked } from "../../tools/programs.ts";
import { serve } from "../api/support/harness.ts";
import { within } from "../support/deadline.ts";

const script = new URL("support/served.ts", import.meta.url).pathname;

/** maglevd-frontend as a program of its own, and a service manager that listens. */
class Served implements AsyncDisposable {
  readonly #folder = Deno.makeTempDirSync({ prefix: "maglev-web-served-" });
  readonly #notes: Deno.DatagramConn;
  readonly #child: Deno.ChildProcess;
  readonly #records: AsyncIterator<string>;
  #text = "";

  constructor(...args: readonly string[]) {
    const path = `${this.#folder}/notify`;
    this.#notes = Deno.listenDatagram({ transport: "unixpacket", path });
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", ...locked, script, ...args],
      env: { NOTIFY_SOCKET: path, DENO_NO_UPDATE_CHECK: "1" },
      stdout: "piped",
    }).spawn();
    const { stdout } = this.#child;
    this.#records = stdout.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** What the service manager is told next. */
  async told(): Promise<string> {
    const [octets] = await within(30_000, "a note", this.#notes.receive(new Uint8Array(4096)));
    return new TextDecoder().decode(octets);
  }

  /** The next record of its log; undefined at the end. */
  async record(): Promise<Record<string, unknown> | undefined> {
    while (!this.#text.includes("\n")) {
      const { value, done } = await within(30_000, "a record", this.#records.next());
      if (done) return undefined;
      this.#text += value;
    }
    const [line = "", ...rest] = this.#text.split("\n");
    this.#text = rest.join("\n");
    return JSON.parse(line);
  }

  /** The next record of this name. */
  async logged(msg: string): Promise<Record<string, unknown>> {
    for (let next = await this.record(); next; next = await this.record()) {
      if (next["msg"] === msg) return next;
    }
    throw new Error(`its log ended without ${msg}`);
  }

  get code(): Promise<number> {
    return this.#child.status.then(({ code }) => code);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.kill("SIGKILL");
    } catch (error) {
      // It has ended by itself.
      if (!(error instanceof TypeError)) throw error;
    }
    await this.#child.status;
    await this.#records.return?.();
    this.#notes.close();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** What comes of these arguments, to their end. */
async function ended(args: readonly string[], env: Record<string, string> = {}, path = script) {
  const program = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", ...locked, path, ...args],
    env: { DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1", ...env },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = program.output();
  const { code, stdout, stderr } = await within(30_000, "the end", output).catch((error) => {
    program.kill("SIGKILL");
    throw error;
  });
  const [out = "", err = ""] = [stdout, stderr].map((octets) => new TextDecoder().decode(octets));
  const records = out.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
  return { code, err, records };
}

Deno.test("a port that somebody has ends a start with a sentence, and is nothing to --check", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const args = ["--server=127.0.0.1:1", `--listen=127.0.0.1:${taken.addr.port}`];
  const start = await ended(args);
  assert.equal(start.code, 1);
  assert.match(
    start.err,
    /^maglevd-frontend: cannot listen on .* for browsers: another program listens there/,
  );
  const check = await ended([...args, "--check"]);
  assert.deepEqual(check, { code: 0, err: "", records: [] });
  const wrong = await ended([...args, "--check", "--token-file=/no/such/token"]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /^maglevd-frontend: token file \/no\/such\/token: /);
});

Deno.test("a frontend that has ended leaves nothing behind that keeps its process", async () => {
  const brief = new URL("support/brief.ts", import.meta.url).pathname;
  assert.deepEqual(await ended([], {}, brief), { code: 0, err: "", records: [] });
});

Deno.test("--check says what a start would warn of, such as where it listens", async () => {
  const password = { MAGLEV_FRONTEND_USER: "ops", MAGLEV_FRONTEND_PASSWORD: "x" };
  const args = ["--check", "--server=127.0.0.1:1", "--listen=0.0.0.0:9093", "--log-level=error"];
  const { code, records } = await ended(args, password);
  assert.equal(code, 0);
  assert.partialDeepStrictEqual(records, [
    { level: "WARN", msg: "access-unsafe", addr: "0.0.0.0:9093" },
  ]);
});

Deno.test("the service manager is told when a maglevd is heard that was not", async () => {
  const { address } = await (async () => {
    await using gone = await serve();
    return gone;
  })();
  await using program = new Served(`--server=${address}`, "--listen=127.0.0.1:0");
  assert.equal(await program.told(), `READY=1\nSTATUS=0 of 1 maglevds heard; not: ${address}`);
  await using _ = await serve({ addr: address });
  let last = await program.told();
  // It may be said to be lost first.
  while (last.includes("0 of 1")) last = await program.told();
  assert.equal(last, "STATUS=1 of 1 maglevds heard");
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`maglevd-frontend serves until ${signal}, and says so from beginning to end`, async () => {
    await using maglevd = await serve();
    await using program = new Served(`--server=${maglevd.address}`, "--listen=127.0.0.1:0");
    assert.equal((await program.record())?.["msg"], "starting");
    const { addr } = await program.logged("web-listening");
    assert.match(await program.told(), /^READY=1\nSTATUS=[01] of 1 maglevds heard/);
    const health = await fetch(`http://${addr}/healthz`);
    assert.equal(await health.text(), "ok\n");
    program.kill("SIGHUP");
    await program.logged("reloaded");
    program.kill(signal);
    assert.equal((await program.logged("stopping"))["why"], signal);
    assert.equal(await within(30_000, "the end", program.code), 0);
    let last = await program.told();
    // It may have heard its maglevd meanwhile, and lost it by ending.
    while (last.startsWith("STATUS=")) last = await program.told();
    assert.equal(last, `STOPPING=1\nSTATUS=ended: ${signal}`);
    assert.equal(await program.record(), undefined);
  });
}
