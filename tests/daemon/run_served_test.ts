import { deepEqual, equal, match, ok } from "node:assert/strict";
import { fstatSync } from "node:fs";
import { until } from "../support/until.ts";
import { testConfig } from "../e2e/support/configs.ts";
import { newToken } from "../support/tokens.ts";
import { certFile, keyFile } from "../support/certificates.ts";
import { within } from "../support/deadline.ts";
import { Program, ran } from "./support/program.ts";

const config = testConfig({ port: 1, backends: [{ name: "one", address: "127.0.0.63" }] });

/** A unit's runtime directory with a configuration, and a service manager that listens. */
class Unit implements AsyncDisposable {
  readonly folder = Deno.makeTempDirSync({ prefix: "maglev-unit-" });
  readonly path = `${this.folder}/maglev.yaml`;
  readonly #notes: Deno.DatagramConn;

  constructor(text = config) {
    Deno.writeTextFileSync(this.path, text);
    this.#notes = Deno.listenDatagram({ transport: "unixpacket", path: this.#socket });
  }

  get #socket(): string {
    return `${this.folder}/notify`;
  }

  get environment(): Record<string, string> {
    return { NOTIFY_SOCKET: this.#socket, RUNTIME_DIRECTORY: this.folder };
  }

  /** Flags for the file, on ports of its own; VPP is off. */
  args(...more: string[]): string[] {
    const isPlaced = more.some((arg) => arg.startsWith("--grpc-addr"));
    return [
      ...[`--config=${this.path}`, "--metrics-addr=127.0.0.1:0", "--vpp-api-addr="],
      ...isPlaced ? [] : ["--grpc-addr=127.0.0.1:0"],
      ...more,
    ];
  }

  run(...more: string[]): Program {
    return new Program(this.args(...more), this.environment);
  }

  /** All that the service manager was told until now. */
  async told(): Promise<string[]> {
    const messages: string[] = [];
    const end = { transport: "unixpacket", path: this.#socket } as const;
    await this.#notes.send(new TextEncoder().encode("end"), end);
    for (;;) {
      const [octets] = await this.#notes.receive(new Uint8Array(4096));
      const message = new TextDecoder().decode(octets);
      if (message === "end") return messages;
      messages.push(message);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#notes.close();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** The names of all records, in order. */
const names = ({ entries }: Pick<Program, "entries">) => entries.map(({ msg }) => msg);

Deno.test("maglevd serves until SIGTERM, and says so from beginning to end", async () => {
  await using unit = new Unit();
  await using program = unit.run();
  await program.logged("api-listening");
  Deno.kill(Deno.pid, "SIGTERM");
  equal(await within(20_000, "the end", program.code), 0);
  equal(names(program)[0], "starting");
  deepEqual(names(program).slice(-2), ["stopping", "stopped"]);
  equal(program.named("stopping")[0]?.why, "SIGTERM");
  match(String(program.entries[0]?.version), /./);
  deepEqual(await unit.told(), [
    "READY=1\nSTATUS=1 frontend, 1 backend, 2 health checks",
    "STOPPING=1\nSTATUS=ended: SIGTERM",
  ]);
  deepEqual([program.out, program.err, program.exits], [[], [], []]);
  deepEqual(program.named("authorities-unsure"), []);
  deepEqual([...new Set(program.priorities)], [""]);
  // Nor does it hear of anything any more.
  const stray = new ErrorEvent("error", { error: new Error("stray"), cancelable: true });
  equal(globalThis.dispatchEvent(stray), true);
});

Deno.test("what goes to the journal tells its priority", async () => {
  await using unit = new Unit();
  const { dev, ino } = fstatSync(1);
  const environment = { JOURNAL_STREAM: `${dev}:${ino}` };
  await using program = new Program(unit.args(), environment);
  await program.logged("api-listening");
  deepEqual(program.priorities.slice(0, 1), ["<6>"]);
});

Deno.test("after an error that nothing can go on with, the process ends at once", async () => {
  await using unit = new Unit();
  const { Worker } = globalThis;
  const message = "cannot leave network namespace dp";
  // A thread that says so, and nothing else.
  class Lost {
    onmessage: (event: unknown) => void = () => {};
    constructor() {
      setTimeout(() => this.onmessage({ data: { kind: "fatal", message } }), 20);
    }
    postMessage() {}
    terminate() {}
  }
  Object.assign(globalThis, { Worker: Lost });
  try {
    await using program = unit.run();
    await until(() => program.exits.length > 0, "the end");
    deepEqual(program.exits, [[4, "fatal"]]);
    equal(program.named("fatal")[0]?.err, message);
    ok((await unit.told()).includes(`STATUS=fatal: ${message}`));
  } finally {
    Object.assign(globalThis, { Worker });
  }
});

Deno.test("a second signal ends it at once", async () => {
  await using unit = new Unit();
  await using program = unit.run();
  await program.logged("api-listening");
  program.onEntry = ({ msg }) => {
    if (msg === "stopping") Deno.kill(Deno.pid, "SIGTERM");
  };
  Deno.kill(Deno.pid, "SIGTERM");
  await program.logged("stopping-at-once");
  equal(program.named("stopping-at-once")[0]?.why, "SIGTERM");
  await program.code;
  deepEqual(program.exits.map(([code]) => code), [4]);
  equal(program.exits[0]?.[1], "stopping-at-once");
});

Deno.test("SIGHUP reloads, also before there is a daemon, and who waits is answered", async () => {
  await using unit = new Unit();
  await using program = unit.run();
  Deno.kill(Deno.pid, "SIGHUP");
  await program.logged("config-reload-done");
  const [audit] = program.named("audit");
  deepEqual([audit?.name, audit?.peer, audit?.result], ["signal", "SIGHUP", "OK"]);

  const reload = () => ran(["--reload"], { ...unit.environment, MAINPID: String(Deno.pid) });
  Deno.writeTextFileSync(unit.path, `${config}\n  oops: 1\n`);
  const refused = await reload();
  equal(refused.code, 1);
  match(refused.err, /^\/.*maglev\.yaml:\d+:\d+: maglev\.oops: unknown key/);
  Deno.writeTextFileSync(unit.path, config);
  const environment = { ...unit.environment, MAINPID: String(Deno.pid) };
  await using asked = new Program(["--reload"], environment);
  deepEqual([await asked.code, asked.out, asked.err], [0, [], []]);
  deepEqual(program.named("reload-unanswered"), []);
  Deno.kill(Deno.pid, "SIGTERM");
  equal(await program.code, 0);
});

Deno.test("a reload that nobody can be told of is done, and that is said", async () => {
  // A path that is too long for a socket.
  await using unit = new Unit();
  const environment = { RUNTIME_DIRECTORY: `/${"long".repeat(50)}` };
  await using program = new Program(unit.args(), environment);
  await program.logged("api-listening");
  Deno.kill(Deno.pid, "SIGHUP");
  await program.logged("config-reload-done");
  equal(program.named("reload-unanswered").length, 1);
  Deno.kill(Deno.pid, "SIGTERM");
  equal(await program.code, 0);
});

Deno.test("errors that nobody expected are counted, and too many end it as a fault", async () => {
  await using unit = new Unit();
  await using program = unit.run();
  await program.logged("api-listening");
  const address = program.named("metrics-listening")[0]?.addr;
  const raise = () =>
    globalThis.dispatchEvent(new ErrorEvent("error", { error: new Error("stray") }));
  raise();
  const metrics = await (await fetch(`http://${address}/metrics`)).text();
  match(metrics, /^maglev_unhandled_errors_total 1$/m);
  for (let i = 1; i < 20; i++) raise();
  equal(await within(20_000, "the end", program.code), 4);
  equal(program.named("stopping")[0]?.why, "too many errors");
});

Deno.test("what keeps it from starting is in its log, its status and its exit code", async () => {
  await using flags = new Unit();
  equal((await ran(["--log-level=loud"], flags.environment)).code, 2);
  const loud = 'maglevd: --log-level is debug, info, warn or error, not "loud"';
  deepEqual(await flags.told(), [`STATUS=${loud}`]);

  const broken = config.replace("fall: 3", "fall: three");
  const auth = `auth:\n  tokens:\n    - { name: ci, role: view, sha256: ${newToken().sha256} }\n`;
  const outcome = async (
    text: string,
    files: Readonly<Record<string, string>>,
    ...args: string[]
  ) => {
    await using unit = new Unit(text);
    for (const [name, content] of Object.entries(files)) {
      Deno.writeTextFileSync(`${unit.folder}/${name}`, content, { mode: 0o600 });
    }
    const placed = args.map((arg) => arg.replace("FOLDER", unit.folder));
    const { code, entries } = await ran(unit.args(...placed), unit.environment);
    const { msg, type, err } = entries.at(-1) ?? {};
    const said = [code, msg, type, String(err).replaceAll(unit.folder, "")];
    return [...said, ...(await unit.told()).map((note) => note.replaceAll(unit.folder, ""))];
  };

  const place = "/maglev.yaml:11:13: maglev.healthchecks.web.fall";
  const [code, msg, type, err, status] = await outcome(broken, {});
  deepEqual([code, msg, type], [1, "config-check-failed", "parse"]);
  ok(String(err).startsWith(place), String(err));
  ok(String(status).startsWith(`STATUS=configuration refused: ${place}`), String(status));

  const unsure = { "auth.yaml": auth.replace("view", "king") };
  const refused = await outcome(config, unsure, "--auth=FOLDER/auth.yaml");
  deepEqual(refused.slice(0, 2), [2, "auth-check-failed"]);
  match(String(refused[3]), /^\/auth\.yaml:3:\d+: .*king/);
  match(String(refused[4]), /^STATUS=configuration refused: \/auth\.yaml:3:/);

  const bare = await outcome(
    ...[config, {}, `--tls-cert=${certFile("server")}`, "--tls-key=FOLDER/key"] as const,
  );
  const reason = "--tls-key /key: there is no such file";
  deepEqual(bare, [2, "tls-check-failed", undefined, reason, `STATUS=could not start: ${reason}`]);

  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = `127.0.0.1:${taken.addr.port}`;
  const late = await outcome(config, {}, `--grpc-addr=${address}`);
  deepEqual(late.slice(0, 2), [3, "start-failed"]);
  ok(String(late[3]).startsWith(`cannot listen on ${address}`), String(late[3]));
  equal(late[4], `STATUS=could not start: ${late[3]}`);
});

Deno.test("what is dangerous, in vain or unsure is a warning at the start", async () => {
  await using unit = new Unit(config.replace("healthcheck: web", "healthcheck: other"));
  const key = `${unit.folder}/key`;
  Deno.writeTextFileSync(key, Deno.readTextFileSync(keyFile("alice")), { mode: 0o644 });
  await using program = unit.run(
    ...["--open", "--grpc-addr=0.0.0.0:0"],
    ...[`--tls-cert=${certFile("alice")}`, `--tls-key=${key}`],
  );
  await program.logged("api-listening");
  Deno.kill(Deno.pid, "SIGTERM");
  equal(await program.code, 0);
  const [open] = program.named("grpc-listen-open");
  equal(open?.addr, "0.0.0.0:0");
  match(String(open?.reason), /--open asks nobody/);
  equal(program.named("tls-certificate-unfit")[0]?.addr, certFile("alice"));
  const [unsafe] = program.named("access-unsafe");
  equal(unsafe?.addr, key);
  match(String(unsafe?.reason), /everybody on this machine can read the key/);
  match(String(program.named("config-warning")[0]?.reason), /web: no backend uses/);
});

Deno.test("where it cannot be started anew with the host's authorities, that is said", async () => {
  await using unit = new Unit();
  const { execPath } = Deno;
  // Not there to be started; asked for before the first wait.
  Object.assign(Deno, { execPath: () => `${unit.folder}/deno` });
  await using program = new Program(unit.args(), { DENO_TLS_CA_STORE: undefined });
  Object.assign(Deno, { execPath });
  await program.logged("api-listening");
  match(String(program.named("authorities-unsure")[0]?.err), /start \/.*\/deno anew: /);
  deepEqual(names(program).slice(0, 2), ["starting", "authorities-unsure"]);
  Deno.kill(Deno.pid, "SIGTERM");
  equal(await program.code, 0);
});
