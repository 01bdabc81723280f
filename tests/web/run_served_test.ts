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
