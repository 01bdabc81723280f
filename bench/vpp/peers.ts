/** The other ends, each in a process of its own, so that they do not count as ours. */

import { SimulatedVpp } from "../../lib/sim/mod.ts";
import type { Message } from "../../lib/binapi/mod.ts";
import { concatenated } from "../../lib/h2/mod.ts";
import {
  cliInband,
  controlPing,
  ipRouteLookup,
  lbAsV2Dump,
  lbConfGet,
  lbVipDump,
  showVersion,
} from "../../lib/gen/vpp.ts";
import { frameOf, ScriptedVpp } from "../../tests/vppclient/support/scripted_vpp.ts";
import { benchConfig, serversPerVip } from "./daemon.ts";

/** Runs `work` while another process plays the part `args[0]`, `ready` being its last socket. */
export async function withPeer<T>(
  args: string[],
  ready: string,
  work: () => Promise<T>,
): Promise<T> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL(import.meta.url).pathname, ...args],
    stdin: "piped",
  }).spawn();
  try {
    while (!await Deno.stat(ready).then(() => true, () => false)) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return await work();
  } finally {
    await child.stdin.close();
    await child.status;
  }
}

/** Ends when whoever started this process closes its input. */
async function untilInputEnds(): Promise<void> {
  for await (const _ of Deno.stdin.readable);
}

/** The simulated VPP, empty. */
async function serveVpp(apiPath: string, statsPath: string): Promise<void> {
  await using sim = new SimulatedVpp({ apiPath, statsPath });
  sim.start();
  await untilInputEnds();
}

/** Answers what a full sync asks with bytes prepared beforehand, as fast as a real VPP at least. */
async function servePrepared(path: string): Promise<void> {
  const config = benchConfig();
  const text: string[] = [];
  const vips: Uint8Array[] = [];
  const servers: Uint8Array[] = [];
  for (const [i, frontend] of [...config.frontends.values()].entries()) {
    const pfx = { address: frontend.address, len: 32 };
    const vip = { pfx, protocol: 6, port: 80 };
    const gre4 = { encap: 0, dscp: 0, srv_type: 0, target_port: 0, flow_table_length: 1024 };
    vips.push(frameOf(lbVipDump.details, 0, { vip, ...gre4 }));
    text.push(` ip4-gre4 [${i + 1}] ${pfx.address.text}/32\n  new_size:1024\n`);
    text.push(`  protocol:6 port:80\n  counters:\n    packet from existing sessions: 0\n`);
    text.push(`    first session packet: 0\n    untracked packet: 0\n`);
    text.push(`    no server configured: 0\n  #as:${serversPerVip}\n`);
    for (const { backend } of frontend.pools[0]?.backends ?? []) {
      const address = config.backends.get(backend)?.address ?? pfx.address;
      const used = { flags: 1, in_use_since: 0, weight: 100, num_buckets: 51 };
      servers.push(frameOf(lbAsV2Dump.details, 0, { vip, app_srv: address, ...used }));
      text.push(`    ${address.text} weight:100 buckets:51 flows:0 dpo:9 used\n`);
    }
    text.push("\n");
  }
  const { ipv4Source, ipv6Source } = config.lb;
  const noRoute = { table_id: 0, stats_index: 0, n_paths: 0, paths: [] };
  const nowhere = { address: ipv4Source, len: 32 };
  const answers = new Map<Message, Uint8Array[]>([
    [showVersion.request, [frameOf(showVersion.reply, 0, {
      ...{ retval: 0, program: "vpe", version: "prepared", build_date: "", build_directory: "" },
    })]],
    [ipRouteLookup.request, [frameOf(ipRouteLookup.reply, 0, {
      retval: -6,
      route: { ...noRoute, prefix: nowhere },
    })]],
    [lbVipDump.request, vips],
    [lbAsV2Dump.request, servers],
    [cliInband.request, [frameOf(cliInband.reply, 0, { retval: 0, reply: text.join("") })]],
    [controlPing.request, [frameOf(controlPing.reply, 0, {
      retval: 0,
      client_index: 1,
      vpe_pid: 1,
    })]],
    [lbConfGet.request, [frameOf(lbConfGet.reply, 0, {
      retval: 0,
      ip4_src_address: ipv4Source,
      ip6_src_address: ipv6Source,
      sticky_buckets_per_core: 65_536,
      flow_timeout: 40,
    })]],
  ]);
  const whole = new Map([...answers].map(([message, frames]) => [message, concatenated(frames)]));
  await using _vpp = await ScriptedVpp.start({
    socketPath: path,
    async asked({ message, context, peer }) {
      const frames = answers.get(message) ?? [];
      const bytes = whole.get(message) ?? new Uint8Array();
      const view = new DataView(bytes.buffer);
      let at = 0;
      for (const { length } of frames) {
        view.setUint32(at + 18, context);
        at += length;
      }
      await peer.sendRaw(bytes);
    },
  });
  await untilInputEnds();
}

/** Answers pings by writing into copies of one prepared frame: cheaper than any client. */
async function serveReplier(path: string): Promise<void> {
  const reply = frameOf(controlPing.reply, 0, { retval: 0, client_index: 1, vpe_pid: 1 });
  const pingBytes = 26;
  await using _vpp = await ScriptedVpp.start({
    socketPath: path,
    afterGreeting: async (conn) => {
      const input = new Uint8Array(1 << 20);
      const output = new Uint8Array(1 << 20);
      const from = new DataView(input.buffer);
      const to = new DataView(output.buffer);
      for (let left = 0;;) {
        const got = await conn.read(input.subarray(left));
        if (got === null) return;
        const end = left + got;
        let at = 0;
        let out = 0;
        for (; end - at >= pingBytes; at += pingBytes, out += reply.length) {
          if (from.getUint32(at + 8) !== 10) return;
          output.set(reply, out);
          to.setUint32(out + 18, from.getUint32(at + 22));
        }
        input.copyWithin(0, at, end);
        left = end - at;
        for (let sent = 0; sent < out;) sent += await conn.write(output.subarray(sent, out));
      }
    },
  });
  await untilInputEnds();
}

const [part, ...paths] = import.meta.main ? Deno.args : [];
if (part === "vpp") await serveVpp(paths[0] ?? "", paths[1] ?? "");
if (part === "prepared") await servePrepared(paths[0] ?? "");
if (part === "replier") await serveReplier(paths[0] ?? "");
