import { deepEqual, equal, match } from "node:assert/strict";
import { exitCodes } from "../../lib/tester/run.ts";
import { certFile, keyFile, textOf } from "../support/certificates.ts";
import { configFile, maglevt, webFrontend, WebServer } from "./support/program.ts";

function run(...args: readonly string[]) {
  return runWith({}, ...args);
}

async function runWith(env: Record<string, string>, ...args: readonly string[]) {
  const [program = "", ...rest] = maglevt(...args);
  const { code, stdout, stderr } = await new Deno.Command(program, { args: rest, env }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

function closedPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}

Deno.test("a script gets figures of HTTP, TCP and ICMP, and the code for what was lost", async () => {
  // What a server calls itself is not to steer the terminal of who asks.
  const name = "web\x9b1";
  await using web = new WebServer(name);
  const closed = closedPort();
  await using file = await configFile(
    webFrontend("web", web.port),
    `open: { address: 127.0.0.1, protocol: tcp, port: ${closed}, POOLS }`,
    "all: { address: 127.0.0.8, POOLS }",
    "dns: { address: 127.0.0.9, protocol: udp, port: 53, POOLS }",
  );
  const flags = ["--config", file.path, "--json", "--duration=300ms", "--interval=50ms"];
  const { code, stdout, stderr } = await run(...flags);
  equal(stderr, "");
  equal(code, exitCodes.lost);
  const report = JSON.parse(stdout);
  const [first, second, third] = report.vips;
  deepEqual([first.name, first.way, first.failures, first.lastStatus], ["web", "http", 0, "200"]);
  deepEqual(first.header.values, { [name]: first.tries });
  match(stdout, /"web\\u009b1"/);
  deepEqual([second.way, second.lossPercent, second.lastStatus], ["tcp", 100, "net"]);
  // Where pings are not permitted, that is not the VIP's fault.
  equal(third.way, "icmp");
  equal(third.failures, 0);
  equal(third.tries > 0 || third.hindered > 0, true);
  equal(report.troubles.net, second.failures);
  deepEqual(report.notAsked.map(({ name }: { name: string }) => name), ["dns"]);
  equal((await run(...flags, "--max-loss=100")).code, 0);
  equal((await run(...flags, "--filter", "^web$")).code, 0);
});

Deno.test("HTTPS and kept flows work with the permissions that are shipped", async () => {
  const tls = { cert: textOf(certFile("server")), key: textOf(keyFile("server")) };
  await using plain = new WebServer("web1");
  await using secure = new WebServer("web1", tls);
  await using file = await configFile(
    webFrontend("plain", plain.port),
    webFrontend("secure", secure.port, "https"),
  );
  const flags = ["--config", file.path, "--json", "--duration=1s", "--timeout=30s"];
  const trust = { DENO_TLS_CA_STORE: "system" };
  for (const more of [[], ["--keepalive"]]) {
    const lax = await runWith(trust, ...flags, "--insecure", ...more);
    deepEqual([lax.stderr, lax.code], ["", 0]);
    const strict = await runWith(trust, ...flags, ...more);
    deepEqual([strict.stderr, strict.code], ["", 5]);
    const [, { lastStatus }] = JSON.parse(strict.stdout).vips;
    equal(lastStatus, "tls");
  }
});

Deno.test("a signal ends it early, with the figures so far", async () => {
  const asked = Promise.withResolvers<void>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    asked.resolve();
    return new Response("well");
  });
  await using file = await configFile(webFrontend("web", server.addr.port));
  const [program = "", ...args] = maglevt("--config", file.path, "--json", "--duration=1h");
  const child = new Deno.Command(program, { args, stdout: "piped" }).spawn();
  await asked.promise;
  child.kill("SIGTERM");
  const { code, stdout } = await child.output();
  const [web] = JSON.parse(new TextDecoder().decode(stdout)).vips;
  equal(web.name, "web");
  equal([0, 5].includes(code), true);
  await server.shutdown();
});

Deno.test("what is wrong at the start is a sentence and exit code 2", async () => {
  await using file = await configFile(
    "dns: { address: 127.0.0.9, protocol: udp, port: 53, POOLS }",
  );
  const wrong: readonly (readonly [args: readonly string[], message: RegExp])[] = [
    [["--json", "--config=/nonexistent.yaml"], /^\/nonexistent\.yaml: .*\n/],
    [["--json", "--config", file.path], /^maglevt: there is no VIP to ask in \S+\n$/],
    [["--json", "--config", file.path, "--filter=x"], /no VIP to ask that matches --filter in/],
    [["--config", file.path], /^maglevt: the screen needs a terminal; --json prints figures/],
    [["--intervall=1s"], /^maglevt: unknown flag --intervall, see --help\n$/],
  ];
  for (const [args, message] of wrong) {
    const { code, stdout, stderr } = await run(...args);
    deepEqual([code, stdout], [2, ""], args.join(" "));
    match(stderr, message);
  }
});

Deno.test("--version, --help and completion need nothing", async () => {
  match((await run("--version")).stdout, /^maglevt \d+\.\d+\.\d+ \(commit /);
  match((await run("--help")).stdout, /^maglevt asks the VIPs/);
  match((await run("completion", "bash")).stdout, /complete .* maglevt\n$/);
});
