/** A maglevd of fixed answers, reached without a network. */

import {
  Code,
  ConnectError,
  type ConnectRouter,
  createClient,
  createRouterTransport,
} from "@connectrpc/connect";
import type { DescMessage, Message, MessageInitShape } from "@bufbuild/protobuf";
import { changes, heartbeat, opening, presentState } from "./events_fixture.ts";
import { configChanges, forecast, outcome } from "./outcome_fixture.ts";
import {
  type BackendInfoSchema,
  type FrontendInfoSchema,
  type HealthCheckInfoSchema,
  Maglev,
  type OutcomeSchema,
} from "../../../lib/gen/maglev_pb.ts";
import type { MaglevClient } from "../../../lib/cli/node.ts";

/** Unix milliseconds at which every golden file was "seen". */
export const now = Date.UTC(2026, 0, 2, 3, 4, 5);

/** Nanoseconds since the epoch, `ms` before {@link now}. */
function ago(ms: number): bigint {
  return BigInt(now - ms) * 1_000_000n;
}

/** The fields of a message, as opposed to a message already made. */
export type Plain<Desc extends DescMessage> = Exclude<MessageInitShape<Desc>, Message>;

const backends: Plain<typeof BackendInfoSchema>[] = [
  {
    name: "nginx0",
    address: "192.0.2.10",
    state: "up",
    enabled: true,
    healthcheck: "web",
    health: 4,
    sinceUnixNs: ago(192_000),
    frontends: ["api", "www"],
    lastProbe: {
      ok: true,
      code: "L7OK",
      detail: "status 200",
      durationNs: 1_234_000n,
      atUnixNs: ago(800),
    },
    probeTimes: { count: 100, p50Ns: 1_200_000n, p95Ns: 4_560_000n, maxNs: 640_000_000n },
    ...{ timeoutNs: 1_000_000_000n, recentChanges: 2, certificateEndUnixNs: ago(-800_000_000) },
    transitions: [
      { from: "unknown", to: "up", atUnixNs: ago(192_000) },
      { from: "paused", to: "unknown", atUnixNs: ago(193_000) },
    ],
  },
  {
    name: "nginx1",
    address: "192.0.2.11",
    state: "down",
    enabled: true,
    healthcheck: "web",
    sinceUnixNs: ago(3_661_000),
    frontends: ["www"],
    lastProbe: {
      ok: false,
      code: "L4CON",
      detail: "connection refused",
      durationNs: 210_000n,
      atUnixNs: ago(1500),
    },
    probeTimes: { count: 7, p50Ns: 210_000n, p95Ns: 1_000_000_000n, maxNs: 1_000_000_000n },
    ...{ timeoutNs: 1_000_000_000n, recentChanges: 100, certificateEndUnixNs: ago(90_000_000) },
    flapHold: { sinceUnixNs: ago(20_000), untilUnixNs: ago(-40_000), passing: true },
    transitions: [
      {
        ...{ from: "up", to: "down", atUnixNs: ago(3_661_000) },
        ...{ code: "L4CON", detail: "connection refused" },
      },
    ],
  },
  {
    name: "spare",
    address: "2001:db8::10",
    state: "disabled",
    healthcheck: "ping",
    sinceUnixNs: ago(200_000_000),
    frontends: ["www"],
    lastProbe: {
      ...{ ok: true, code: "L4OK", durationNs: 400_000n, atUnixNs: ago(200_001_000) },
    },
    ...{ timeoutNs: 1_500_000_000n, recentChanges: 0 },
    byHand: {
      ...{ value: "disabled", file: "enabled", atUnixNs: ago(200_000_000) },
      actor: { name: "operator", from: "192.0.2.7" },
    },
  },
];

const frontends: Plain<typeof FrontendInfoSchema>[] = [
  {
    name: "api",
    address: "198.51.100.1",
    protocol: "any",
    state: "up",
    activePool: "main",
    failOpen: "never",
    flushOnDown: true,
    pools: [{
      name: "main",
      backends: [{
        ...{ name: "nginx0", weight: 100, effectiveWeight: 100, state: "up" },
        ...{ reason: "carries", sinceUnixNs: ago(192_000) },
      }],
    }],
  },
  {
    name: "www",
    address: "2001:db8:1::1",
    protocol: "tcp",
    port: 443,
    state: "up",
    activePool: "main",
    failOpen: "50%",
    slowStartNs: 90_500_000_000n,
    failOpenSinceUnixNs: ago(61_000),
    description: "The shop",
    srcIpSticky: true,
    pools: [
      {
        name: "main",
        backends: [
          {
            ...{ name: "nginx0", weight: 100, effectiveWeight: 30, state: "up" },
            ...{ reason: "slow-start", slowStartPercent: 30, sinceUnixNs: ago(10_000) },
          },
          {
            ...{ name: "nginx1", weight: 50, effectiveWeight: 50, state: "down" },
            ...{ reason: "fail-open", sinceUnixNs: ago(3_661_000) },
            byHand: { value: "50", file: "100" },
          },
        ],
      },
      {
        name: "fallback",
        backends: [{
          ...{ name: "spare", weight: 10, effectiveWeight: 0, state: "disabled" },
          stateByHand: { value: "disabled", file: "enabled" },
        }],
      },
    ],
  },
];

const second = 1_000_000_000n;

const healthchecks: Plain<typeof HealthCheckInfoSchema>[] = [
  {
    name: "ping",
    type: "icmp",
    intervalNs: second,
    fastIntervalNs: second / 2n,
    downIntervalNs: 90n * second,
    timeoutNs: 1_500_000_000n,
    rise: 2,
    fall: 3,
    probeIpv6Src: "2001:db8::1",
  },
  {
    name: "tls",
    type: "tcp",
    port: 443,
    intervalNs: 2n * second,
    fastIntervalNs: 2n * second,
    downIntervalNs: 2n * second,
    timeoutNs: second,
    rise: 2,
    fall: 3,
    tcp: { ssl: true, serverName: "www.example.net", insecureSkipVerify: false },
  },
  {
    name: "web",
    type: "https",
    port: 8443,
    intervalNs: 2n * second,
    fastIntervalNs: second / 4n,
    downIntervalNs: 5n * second,
    timeoutNs: second,
    rise: 2,
    fall: 3,
    probeIpv4Src: "192.0.2.1",
    http: {
      path: "/healthz",
      host: "www.example.net",
      responseCodeMin: 200,
      responseCodeMax: 299,
      responseRegexp: "^ok",
    },
  },
];

/** The element of that name, or NOT_FOUND as maglevd says it. */
function find<T extends { name?: string | undefined }>(
  kind: string,
  all: readonly T[],
  name: string,
): T {
  const found = all.find((each) => each.name === name);
  if (!found) throw new ConnectError(`${kind} "${name}" not found`, Code.NotFound);
  return found;
}

const after: Readonly<Record<string, string>> = {
  pause: "paused",
  resume: "unknown",
  disable: "disabled",
  enable: "unknown",
};

function outcomeOf(
  operations: readonly { readonly action: string; readonly backends: readonly string[] }[],
): Plain<typeof OutcomeSchema> {
  const states = operations.flatMap(({ action, backends: names }) =>
    names.map((name) => ({
      backendName: name,
      stateFrom: find("backend", backends, name).state ?? "",
      stateTo: after[action] ?? "",
    }))
  );
  const isHarmful = operations.some(({ action }) => action === "pause" || action === "disable");
  const changed = states.filter(({ stateFrom, stateTo }) =>
    stateTo !== "" && stateFrom !== stateTo
  );
  return { backends: changed, ...(isHarmful && outcome) };
}

/** The service whose every answer is fixed. */
export function routes(router: ConnectRouter): void {
  router.service(Maglev, {
    listBackends: () => ({ backendNames: backends.map((b) => b.name ?? ""), backends }),
    listFrontends: () => ({ frontendNames: frontends.map((f) => f.name ?? ""), frontends }),
    listHealthChecks: () => ({ names: healthchecks.map((h) => h.name ?? "") }),
    getBackend: ({ name }) => find("backend", backends, name),
    getFrontend: ({ name }) => find("frontend", frontends, name),
    getHealthCheck: ({ name }) => find("healthcheck", healthchecks, name),
    pauseBackend: ({ name }) => ({ ...find("backend", backends, name), state: "paused" }),
    resumeBackend: ({ name }) => ({ ...find("backend", backends, name), state: "unknown" }),
    disableBackend: ({ name }) => ({ ...find("backend", backends, name), state: "disabled" }),
    enableBackend: ({ name }) => ({ ...find("backend", backends, name), state: "unknown" }),
    setFrontendPoolBackendWeight: ({ frontend, pool, backend, weight }) => ({
      name: find("frontend", frontends, frontend).name ?? "",
      pools: [{
        name: pool,
        backends: [{ name: backend, weight, effectiveWeight: 0, state: "down" }],
      }],
    }),
    operate: ({ operations }) => ({ outcome: outcomeOf(operations) }),
    async *watchEvents() {
      yield* await Promise.resolve([opening, ...presentState, heartbeat, ...changes(now)]);
    },
    listEvents: () => ({ events: changes(now).filter(({ seq }) => seq).reverse() }),
    checkConfig: ({ diff }) =>
      diff ? { ok: true, changes: configChanges, outcome, ...forecast } : {
        ok: true,
        warnings: ["maglev.yaml:9:5: maglev.backends.web9: no frontend uses this backend"],
      },
    reloadConfig: () => ({
      semanticError: 'maglev.yaml:3:5: maglev.backends.web.healthcheck: no such check: "x"',
    }),
    getStatus: () => ({
      ...{ version: "0.1.0", commit: "1a2b3c4", buildDate: "2026-01-01T00:00:00Z" },
      ...{ startedUnixNs: ago(7_500_000), configLoadedUnixNs: ago(60_000) },
      ...{ configPath: "/etc/vpp-maglev/maglev.yaml", configFileChanged: true },
      ...{ configRejected: "maglev.yaml:3:5: no\nmaglev.yaml:4:5: no", warmup: "over" },
      vpp: "connected",
      ...{ state: { directory: "/var/lib/vpp-maglev" }, role: "admin" },
      probingImpaired: { sinceUnixNs: ago(9_000), reason: "out of file descriptors", backends: 2 },
    }),
    getVPPInfo: () => ({
      version: "26.10-release",
      buildDate: "2026-10-28T12:00:00",
      buildDirectory: "/build",
      pid: 4711,
      boottimeNs: ago(86_400_000),
      connecttimeNs: ago(60_000),
      inStep: true,
      stepSinceNs: ago(59_000),
      checkedNs: ago(9_000),
    }),
    getVPPLBState: () => ({
      conf: {
        ip4SrcAddress: "192.0.2.1",
        ip6SrcAddress: "2001:db8::1",
        stickyBucketsPerCore: 65536,
        flowTimeout: 40,
      },
      vips: [
        {
          prefix: "198.51.100.1/32",
          protocol: 255,
          encap: "gre4",
          frontend: "api",
          flowTableLength: 1024,
          applicationServers: [
            { address: "192.0.2.10", weight: 100, flags: 1, numBuckets: 674, backend: "nginx0" },
            { address: "192.0.2.11", weight: 50, flags: 1, numBuckets: 350 },
            { address: "192.0.2.12", weight: 0, flags: 1, numBuckets: 0 },
          ],
        },
        {
          prefix: "2001:db8:1::1/128",
          protocol: 6,
          port: 443,
          encap: "gre6",
          flowTableLength: 1024,
          srcIpSticky: true,
        },
      ],
    }),
    getVPPLBCounters: () => ({
      atUnixNs: ago(2000),
      vips: [{
        prefix: "198.51.100.1/32",
        protocol: "any",
        nextPacket: 1_234_567n,
        firstPacket: 890n,
        packets: 1_235_457n,
        bytes: 123_545_700n,
        frontend: "api",
      }],
      addresses: [{
        ...{ prefix: "198.51.100.1/32", packets: 1_235_457n, bytes: 123_545_700n },
        frontends: ["api"],
      }],
      servers: [{
        ...{ address: "192.0.2.10", packets: 800_000n, bytes: 99_200_000n },
        backends: ["nginx0", "nginx9"],
      }],
    }),
    planVPPLBState: () => ({
      changes: [
        {
          kind: "vip-add",
          prefix: "2001:db8:1::1/128",
          protocol: "tcp",
          port: 443,
          frontend: "www",
          detail: "encap gre6, src-ip-sticky",
        },
        {
          kind: "as-weight",
          prefix: "198.51.100.1/32",
          protocol: "any",
          address: "192.0.2.11",
          detail: "weight 50 -> 0, flush",
          ...{ frontend: "api", backend: "nginx1" },
        },
      ],
      moves: [{ prefix: "198.51.100.1/32", protocol: "any", frontend: "api", share: 0.341796875 }],
      ...{ notBeforeUnixNs: ago(-3_000), notAfterUnixNs: 0n },
    }),
    syncVPPLBState: () => ({}),
  });
}

/** A client of it that needs no network. */
export function fixedClient(): MaglevClient {
  return createClient(Maglev, createRouterTransport(routes));
}
