import assert from "node:assert/strict";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { execute, parseCommand } from "../../../lib/cli/execute.ts";
import type { MaglevClient } from "../../../lib/cli/node.ts";
import { colourStyle, plainStyle } from "../../../lib/cli/style.ts";
import { VPPInfoSchema, VPPLBStateSchema } from "../../../lib/gen/maglev_pb.ts";
import { fixedClient, now } from "../support/fixture.ts";

/** The lines of a command. */
async function linesOf(
  command: string,
  client: Partial<MaglevClient>,
  style = plainStyle,
): Promise<string[]> {
  const lines: string[] = [];
  await execute(parseCommand(command.split(" ")), {
    client: { ...fixedClient(), ...client },
    ...{ style, json: false, signal: new AbortController().signal },
    ...{ memory: new Map(), now: () => now, server: "localhost:9090" },
    ...{ dryRun: false, timeout: undefined, agree: () => Promise.resolve(true) },
    print: (text) => void lines.push(...text.split("\n")),
    note: () => {},
  });
  return lines;
}

/** The lines of `show vpp info` behind those of VPP itself. */
async function shown(step: MessageInitShape<typeof VPPInfoSchema>): Promise<string[]> {
  const connecttimeNs = BigInt(now) * 1_000_000n;
  const info = create(VPPInfoSchema, { version: "25.02", pid: 7, connecttimeNs, ...step });
  const lines = await linesOf("show vpp info", { getVPPInfo: () => Promise.resolve(info) });
  return lines.slice(lines.findIndex((line) => line.startsWith("connected")) + 1);
}

Deno.test("what VPP holds otherwise is told, and when it was looked at last", async () => {
  const since = BigInt(now - 90_000) * 1_000_000n;
  const differs = ["192.0.2.1/32 tcp/80 is missing", "10.0.0.1 has weight 3, not 100"];
  const [step = "", ...others] = await shown({ stepSinceNs: since, differs });
  assert.match(step, /^in-step +no, since .* \(1m30s ago\)$/);
  assert.deepEqual(others, [
    "checked          unknown",
    `differs          ${differs[0]}`,
    `differs          ${differs[1]}`,
  ]);
});

Deno.test("a maglevd that does not say whether VPP is in step is not said to be out of it", async () => {
  assert.deepEqual(await shown({}), []);
});

Deno.test("a server that VPP gives no flows is painted as a warning, no other is", async () => {
  const applicationServers = [
    { address: "192.0.2.11", backend: "web0", weight: 0, numBuckets: 0 },
    { address: "192.0.2.12", backend: "web1", weight: 100, numBuckets: 1024 },
  ];
  const state = create(VPPLBStateSchema, {
    vips: [{ prefix: "192.0.2.1/32", applicationServers }],
  });
  const getVPPLBState = () => Promise.resolve(state);
  const lines = await linesOf("show vpp lb state", { getVPPLBState }, colourStyle);
  const row = (backend: string) => lines.find((line) => line.includes(backend)) ?? "";
  assert.ok(row("web0").includes(colourStyle.paint("warning", "0")), row("web0"));
  assert.ok(!row("web1").includes("\x1b["), row("web1"));
});
