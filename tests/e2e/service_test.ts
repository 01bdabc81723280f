import { deepEqual, equal, match } from "node:assert/strict";
import { closedFlags, programs } from "../../tools/programs.ts";
import { makeBundles } from "./support/bundles.ts";
import { Maglevd } from "./support/maglevd.ts";

/** What became of a maglevd, and what it told the service manager. */
interface Told {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly messages: readonly string[];
}

const valid = `maglev:
  vpp: { lb: { ipv4-src-address: 192.0.2.1, ipv6-src-address: "2001:db8::1" } }
`;
const broken = "maglev:\n  vpp:\n    lb: { ipv4-src-address: nowhere, ipv6-src-address: '::1' }\n";

/** Runs a program with both outputs in one place that JOURNAL_STREAM names, here a file. */
async function intoJournal(
  out: string,
  program: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<number> {
  const script = ': >"$OUT"; JOURNAL_STREAM=$(stat -c %d:%i "$OUT") exec "$@" >>"$OUT" 2>&1';
  const { code } = await new Deno.Command("sh", {
    args: ["-c", script, "sh", Deno.execPath(), "run", "-A", ...program],
    env: { ...environment, OUT: out },
  }).output();
  return code;
}

/** Runs maglevd as systemd does: into a journal, and with a socket for its notes. */
async function asService(maglevd: string, config: string, ...args: string[]): Promise<Told> {
  const folder = await Deno.makeTempDir({ prefix: "maglevd-" });
  const path = `${folder}/notify`;
  const socket = Deno.listenDatagram({ transport: "unixpacket", path });
  try {
    await Deno.writeTextFile(`${folder}/maglev.yaml`, config);
    const options = ["--config", `${folder}/maglev.yaml`, "--metrics-addr=", "--vpp-api-addr="];
    const code = await intoJournal(`${folder}/out`, [maglevd, ...options, ...args], {
      NOTIFY_SOCKET: path,
    });
    const messages: string[] = [];
    // The end of what was told: it came before.
    await socket.send(new TextEncoder().encode("end"), { transport: "unixpacket", path });
    for (;;) {
      const [bytes] = await socket.receive(new Uint8Array(4096));
      const message = new TextDecoder().decode(bytes).replaceAll(folder, "");
      if (message === "end") break;
      messages.push(message);
    }
    const output = (await Deno.readTextFile(`${folder}/out`)).replaceAll(folder, "");
    return { code, stdout: output, stderr: output, messages };
  } finally {
    socket.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("what keeps maglevd from starting is in its status, its log and its exit code", async () => {
  await using bundles = await makeBundles();
  const refused = await asService(bundles.maglevd, broken);
  equal(refused.code, 1);
  match(refused.stdout, /^<6>\{.*"starting"[^\n]*\n<3>\{.*"config-check-failed"/);
  match(
    refused.messages.join("|"),
    /^STATUS=configuration refused: \/maglev.yaml:3:\d+: maglev\.vpp\.lb\.ipv4/,
  );

  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = `--grpc-addr=127.0.0.1:${taken.addr.port}`;
  const started = await asService(bundles.maglevd, valid, address);
  equal(started.code, 3);
  match(started.stdout, /\n<3>\{.*"start-failed"/);
  match(started.messages.join("|"), /^STATUS=could not start: .*127\.0\.0\.1:\d+/);

  const wrong = await asService(bundles.maglevd, valid, "--log-level=loud");
  equal(wrong.code, 2);
  equal(wrong.stderr, '<3>maglevd: --log-level is debug, info, warn or error, not "loud"\n');
  equal(
    wrong.messages.join("|"),
    'STATUS=maglevd: --log-level is debug, info, warn or error, not "loud"',
  );
});

Deno.test("a check tells what is wrong, line by line, and nothing if all is well", async () => {
  await using bundles = await makeBundles();
  const refused = await asService(bundles.maglevd, broken, "--check");
  equal(refused.code, 1);
  for (const line of refused.stderr.trimEnd().split("\n")) match(line, /^<3>\/maglev\.yaml/);
  const fine = await asService(bundles.maglevd, valid, "--check");
  equal(fine.code, 0);
  equal(fine.stdout, "/maglev.yaml: valid: 0 frontends, 0 backends, 0 health checks\n");
  deepEqual([...refused.messages, ...fine.messages], []);
});

Deno.test("what keeps the web view from starting is an error in the journal, too", async () => {
  await using bundles = await makeBundles();
  const folder = await Deno.makeTempDir();
  try {
    const out = `${folder}/out`;
    equal(await intoJournal(out, [bundles.frontend, "--colour"]), 2);
    equal(
      await Deno.readTextFile(out),
      "<3>maglevd-frontend: unknown flag --colour, see --help\n",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("with no more permissions than are shipped, the process has all its metrics", async () => {
  const permissions = programs.find(({ name }) => name === "maglevd")?.permissions ?? [];
  await using bundles = await makeBundles();
  await using daemon = await Maglevd.startWith(
    [...permissions, ...closedFlags],
    bundles.maglevd,
    valid,
  );
  const page = await (await fetch(daemon.metricsUrl)).text();
  const names = [...page.matchAll(/^(process_\w+) \d/gm)].map(([, name]) => name).sort();
  deepEqual(names, [
    "process_cpu_seconds_total",
    "process_max_fds",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_virtual_memory_bytes",
  ]);
});
