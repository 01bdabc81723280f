import { deepEqual, equal, match, ok } from "node:assert/strict";
import { run } from "../e2e/support/process.ts";
import { havePrograms, needing } from "../support/programs.ts";
import { type Fence, fencesOf, missingLines } from "./support/fences.ts";
import { readPage, root } from "./support/pages.ts";
import { networkKind, runNetwork } from "./support/setup_network.ts";
import { startSite, temporaryFile } from "./support/site.ts";

const fences = fencesOf(await readPage("docs/setup.md"));
/** Machines of the guide, whose blocks are run in namespaces. */
const machines = ["web1", "web2", "router", "client"];

Deno.test("every command of the setup guide is run, or says in its first line that it is not", () => {
  const commands = fences.filter(({ language }) => language === "sh");
  for (const { mark, body, line } of commands) {
    // Those of the package are run by tests/guide/packages_test.ts.
    const isRun = ["test", "package"].includes(mark) || machines.includes(mark);
    if (!isRun) ok(/^# not run: \S/.test(body), `docs/setup.md:${line}`);
  }
  ok(commands.filter(({ mark }) => mark !== "").length > 12);
});

/** What is shown below a block, which has to come in this order. */
function expectedAfter(fence: Fence): string {
  const next = fences[fences.indexOf(fence) + 1];
  return next?.mark === "match" && next.follows ? next.body : "";
}

Deno.test(
  needing(
    networkKind !== undefined && havePrograms("bird", "nginx", "curl", "tcpdump"),
    "root, iproute2, bird, nginx, curl, tcpdump, and GRE tunnels or user-mode Linux",
    "the setup guide's servers, tunnels and BIRD carry real packets",
  ),
  async () => {
    const steps = fences.filter(({ language, mark }) =>
      language === "sh" && machines.includes(mark)
    );
    const bird = fences.find(({ mark }) => mark === "bird")?.body ?? "";
    const output = await runNetwork(steps, bird);
    match(output, /^== done$/m, output);
    const parts = output.split(/^== /m);
    for (const [index, step] of steps.entries()) {
      const name = `${String(index + 1).padStart(2, "0")}-${step.mark}\n`;
      const shown = parts.find((part) => part.startsWith(name)) ?? "";
      deepEqual(missingLines(expectedAfter(step), shown), [], output);
    }
    const checks = parts.find((part) => part.startsWith("checks\n"));
    equal(checks, await readPage("tests/docs/setup/checks.txt"), output);
    const end = parts.find((part) => part.startsWith("end\n"));
    equal(end, "end\nas before\n", output);
  },
);

Deno.test("the setup guide's configuration, first look and first failure are as it shows", async () => {
  const config = fences.find(({ language, mark }) => language === "yaml" && mark === "test");
  await using site = await startSite({ config: config?.body ?? "", vpp: true });
  // The daemon's own is another one: its servers listen on a port that was free.
  await using file = await temporaryFile(config?.body ?? "");
  await site.daemon.log("vpp-lbsync-done");
  await site.settled();
  for (const fence of fences) {
    if (fence.mark === "stop-web1") await site.kill(11);
    if (fence.mark === "start-web1") site.revive(11);
    if (fence.language !== "sh" || fence.mark !== "test") continue;
    const own = fence.body.includes("--check") ? `export MAGLEV_CONFIG=${file.path}\n` : "";
    const { code, output } = await site.run(own + fence.body);
    equal(code, 0, `docs/setup.md:${fence.line}:\n${output}`);
    deepEqual(missingLines(expectedAfter(fence), output), [], output);
  }
});

Deno.test("server.sh says what it lacks, and prints what it would do", async () => {
  const server = async (...args: string[]) => {
    const { code, stdout, stderr } = await run("sh", `${root}docs/setup/server.sh`, ...args);
    return [code, stdout + stderr] as const;
  };
  deepEqual(await server("up"), [2, "server.sh: up needs --router\n"]);
  deepEqual(await server("up", "--vip"), [2, "server.sh: --vip needs a value\n"]);
  deepEqual(await server("up", "--vipp", "x"), [
    2,
    "server.sh: unknown option --vipp, see server.sh help\n",
  ]);
  const mixed = ["--router=", "--router", "2001:db8::1", "--address", "192.0.2.11"].slice(1);
  deepEqual(await server("up", ...mixed, "--vip", "198.51.100.1", "--dry-run"), [
    2,
    "server.sh: --router 2001:db8::1 and --address 192.0.2.11 are of two families\n",
  ]);
  const [code, printed] = await server(
    ...["up", "--router", "192.0.2.1", "--router", "192.0.2.2", "--address", "192.0.2.11"],
    ...["--vip", "198.51.100.1", "--path-mtu", "1600", "--dry-run"],
  );
  equal(code, 0, printed);
  match(printed, /^ip link add maglev0 type gre local 192\.0\.2\.11 remote 192\.0\.2\.1 ttl 64$/m);
  match(printed, /^ip link add maglev1 type gre local 192\.0\.2\.11 remote 192\.0\.2\.2 ttl 64$/m);
  match(printed, /^ip addr replace 198\.51\.100\.1\/32 dev maglev-vip$/m);
  ok(!printed.includes("advmss"), printed);
});

Deno.test(
  needing(
    havePrograms("systemd-analyze"),
    "systemd-analyze",
    "systemd takes the unit of the setup guide's servers",
  ),
  async () => {
    const block = fences.find(({ body }) => body.includes("maglev-server.service"))?.body ?? "";
    const unit = block.match(/<<'END'\n([^]*?)\nEND\n/)?.[1] ?? "";
    const folder = await Deno.makeTempDir();
    try {
      const path = `${folder}/maglev-server.service`;
      await Deno.writeTextFile(path, unit.replaceAll("/usr/local/sbin/maglev-server", "/bin/true"));
      const { code, stderr } = await run("systemd-analyze", "verify", path);
      equal([code, stderr].join(), "0,");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
