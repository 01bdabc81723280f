import assert from "node:assert/strict";
import stringWidth from "fast-string-width";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { execute, parseCommand } from "../../lib/cli/execute.ts";
import { plainStyle } from "../../lib/cli/style.ts";
import {
  EventSchema,
  ListBackendsResponseSchema,
  ListFrontendsResponseSchema,
  VPPLBStateSchema,
} from "../../lib/gen/maglev_pb.ts";
import { fixedClient, now } from "./support/fixture.ts";

const backend = "a-backend-with-a-very-long-name.ams";
const frontend = "frontend-whose-name-is-long.zrh.net";
assert.equal(backend.length, 35);
assert.equal(frontend.length, 35);

const backends: MessageInitShape<typeof ListBackendsResponseSchema> = {
  backendNames: [backend],
  backends: [{
    ...{ name: backend, address: "2001:db8:1234:5678::99", state: "disabled", sinceUnixNs: 1n },
    ...{ frontends: [frontend], byHand: { value: "disabled", file: "enabled" } },
    lastProbe: { ok: true, code: "L7OK", durationNs: 1_234_000n, atUnixNs: 1n },
  }],
};

const frontends: MessageInitShape<typeof ListFrontendsResponseSchema> = {
  frontendNames: [frontend],
  frontends: [{
    ...{ name: frontend, address: "2001:db8:1234:5678::1", protocol: "tcp", port: 443 },
    ...{ state: "up", activePool: "primary" },
    pools: [{
      name: "primary",
      backends: [{
        ...{ name: backend, weight: 100, state: "disabled", reason: "not-up", sinceUnixNs: 1n },
        byHand: { value: "100", file: "50" },
      }],
    }],
  }],
};

const weighed = {
  ...{ frontendName: frontend, poolName: "primary", backendName: backend },
  ...{ effectiveFrom: { kind: "set", weight: 0 }, effectiveTo: { kind: "set", weight: 100 } },
};

const client = {
  ...fixedClient(),
  async *watchEvents() {
    yield create(EventSchema, { seq: 1n, event: { case: "weight", value: weighed } });
  },
  listBackends: () => Promise.resolve(create(ListBackendsResponseSchema, backends)),
  listFrontends: () => Promise.resolve(create(ListFrontendsResponseSchema, frontends)),
  getFrontend: () =>
    Promise.resolve(create(ListFrontendsResponseSchema, frontends).frontends[0] ?? fail()),
  getVPPLBState: () =>
    Promise.resolve(create(VPPLBStateSchema, {
      vips: [{
        ...{ prefix: "2001:db8:1234:5678::1/128", protocol: 6, port: 443, encap: "gre6", frontend },
        applicationServers: [
          { address: "2001:db8:1234:5678::99", weight: 100, numBuckets: 9, backend },
        ],
      }],
    })),
};

function fail(): never {
  throw new Error("there is one");
}

for (
  const line of [
    ...["show backends", "show frontends", "show frontends x", "show vpp lb state", "help"],
    "watch events pretty num 1",
  ]
) {
  Deno.test(`names of 35 characters do not break 80 columns: ${line}`, async () => {
    const printed: string[] = [];
    const print = (text: string) => void printed.push(...text.split("\n"));
    await execute(parseCommand(line.split(" ")), {
      ...{ client, server: "there", style: plainStyle, width: 80, json: false, dryRun: false },
      ...{ signal: new AbortController().signal, memory: new Map(), now: () => now },
      ...{ print, note: print, agree: () => Promise.resolve(true), timeout: undefined },
    });
    assert.ok(
      line === "help" || printed.some((each) =>
        each.includes(backend) ||
        each.includes(frontend)
      ),
      printed.join("\n"),
    );
    assert.deepEqual(printed.filter((each) => stringWidth(each) > 80), []);
  });
}
