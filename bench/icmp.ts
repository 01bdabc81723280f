/**
 * What icmp checks of live hosts come to beside 600 dead ones on the link, while foreign echo
 * replies flood in, while somebody pings as fast as a core can, and while one of the hosts answers
 * without end. Figures and how to read them: docs/performance/probes.md.
 *
 * `deno task bench icmp [--seconds N] [--interval MS] [--buffers BYTES] [--without CAPABILITY]
 * [SCENE…]`, a minute for all. Needs root, iproute2 and setpriv. Two network namespaces stand for the host and its link.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { canMakeNamespaces, Namespace } from "../tests/net/support/namespaces.ts";
import { addresses, link, type Scene, scenes } from "./icmp/scenes.ts";

const { values, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "15" },
    interval: { type: "string", default: "200" },
    without: { type: "string", default: "" },
    buffers: { type: "string" },
  },
});

/** A host whose link is a second namespace, in which the live hosts are. */
async function wire(here: Namespace, there: Namespace): Promise<void> {
  const { name } = there;
  await here.ip("link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", name);
  for (const [namespace, address] of [[here, link.here], [there, link.there]] as const) {
    await namespace.ip("addr", "add", `${address}/20`, "dev", "wire");
    await namespace.ip("link", "set", "wire", "up");
  }
  for (const address of addresses.live) {
    await there.ip("addr", "add", `${address}/32`, "dev", "wire");
  }
}

/** A program of this benchmark, in a namespace. */
function program(namespace: Namespace, name: string, options: unknown, without = "") {
  const script = new URL(`icmp/${name}.ts`, import.meta.url).pathname;
  const deno = ["deno", "run", "-A", "--no-check", script, JSON.stringify(options)];
  const [first = "", ...rest] = without === ""
    ? deno
    : ["setpriv", `--bounding-set=-${without}`, ...deno];
  return namespace.command(first, rest, { stdout: "piped", stderr: "inherit" });
}

async function play(name: string, scene: Scene): Promise<void> {
  await using here = await Namespace.create();
  await using there = await Namespace.create();
  await wire(here, there);
  const flood = scene.flood === undefined
    ? undefined
    : program(scene.flood.from === "here" ? here : there, "flood", scene.flood).spawn();
  try {
    const options = {
      dead: scene.dead,
      seconds: Number(values.seconds),
      intervalMs: Number(values.interval),
      ...(values.buffers === undefined ? {} : { buffers: Number(values.buffers) }),
    };
    const { stdout, success } = await program(here, "checks", options, values.without).output();
    if (!success) throw new Error("the measured process failed");
    console.log(name.padEnd(10), new TextDecoder().decode(stdout).trim());
  } finally {
    flood?.kill("SIGINT");
    const output = await flood?.output();
    if (output) console.log("".padEnd(10), new TextDecoder().decode(output.stdout).trim());
  }
}

if (!canMakeNamespaces) {
  console.log("SKIPPED: bench icmp needs root and iproute2");
} else {
  for (const [name, scene] of Object.entries(scenes)) {
    if (positionals.length === 0 || positionals.includes(name)) await play(name, scene);
  }
}
