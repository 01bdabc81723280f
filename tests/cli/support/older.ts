/** A maglevd of before: the calls and the fields that the first implementation has, no others. */

import {
  Code,
  ConnectError,
  createClient,
  createRouterTransport,
  type ServiceImpl,
} from "@connectrpc/connect";
import { Maglev } from "../../../lib/gen/maglev_pb.ts";
import type { MaglevClient } from "../../../lib/cli/node.ts";
import { now } from "./fixture.ts";

function ago(ms: number): bigint {
  return BigInt(now - ms) * 1_000_000n;
}

const backends = [
  {
    ...{ name: "nginx0", address: "192.0.2.10", state: "up", enabled: true, healthcheck: "web" },
    transitions: [{ from: "unknown", to: "up", atUnixNs: ago(192_000) }],
  },
  // Never probed.
  { name: "nginx1", address: "192.0.2.11", state: "unknown", enabled: true, healthcheck: "web" },
];

const frontends = [
  {
    ...{ name: "www", address: "198.51.100.1", protocol: "tcp", port: 80 },
    pools: [{
      name: "main",
      backends: [
        { name: "nginx0", weight: 100, effectiveWeight: 100 },
        { name: "nginx1", weight: 50, effectiveWeight: 0 },
      ],
    }],
  },
];

function find<T extends { readonly name: string }>(all: readonly T[], name: string): T {
  const found = all.find((each) => each.name === name);
  if (!found) throw new ConnectError(`"${name}" not found`, Code.NotFound);
  return found;
}

/** What it answers. */
export const olderService: Partial<ServiceImpl<typeof Maglev>> = {
  listBackends: () => ({ backendNames: backends.map(({ name }) => name) }),
  listFrontends: () => ({ frontendNames: frontends.map(({ name }) => name) }),
  listHealthChecks: () => ({ names: ["web"] }),
  getBackend: ({ name }) => find(backends, name),
  getFrontend: ({ name }) => find(frontends, name),
  getHealthCheck: ({ name }) => ({ ...find([{ name: "web" }], name), rise: 2, fall: 3 }),
  disableBackend: ({ name }) => ({ ...find(backends, name), state: "disabled" }),
  checkConfig: () => ({ ok: true }),
  reloadConfig: () => ({ ok: true }),
  getVPPInfo: () => ({
    ...{ version: "26.06-release", pid: 4711, buildDate: "2026-06-24", buildDirectory: "/b" },
    ...{ boottimeNs: ago(86_400_000), connecttimeNs: ago(60_000) },
  }),
  async *watchEvents() {
    yield* await Promise.resolve([
      {
        event: {
          case: "backend" as const,
          value: { backendName: "nginx0", transition: { from: "up", to: "up" } },
        },
      },
      {
        event: {
          case: "backend" as const,
          value: {
            backendName: "nginx0",
            transition: { from: "up", to: "down", atUnixNs: ago(0) },
          },
        },
      },
    ]);
  },
};

const transport = createRouterTransport(({ service }) => service(Maglev, olderService));

/** A client of it that needs no network. */
export function olderClient(): MaglevClient {
  return createClient(Maglev, transport);
}
