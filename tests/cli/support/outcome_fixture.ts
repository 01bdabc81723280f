/** What changes come to, as the fixed maglevd foresees it. */

import type {
  CheckConfigResponseSchema,
  ConfigChangeSchema,
  OutcomeSchema,
} from "../../../lib/gen/maglev_pb.ts";
import type { Plain } from "./fixture.ts";

const set = (weight: number) => ({ kind: "set", weight });

/** What taking out any backend comes to. */
export const outcome: Plain<typeof OutcomeSchema> = {
  frontends: [
    {
      frontendName: "api",
      before: { state: "up", activePool: "main", weight: 100 },
      after: { state: "down", activePool: "main", weight: 0 },
      danger: "goes-down",
      weights: [{
        ...{ poolName: "main", backendName: "nginx0" },
        ...{ configuredFrom: set(100), configuredTo: set(100) },
        ...{ effectiveFrom: set(100), effectiveTo: set(0), shareFrom: 1 },
      }],
    },
    {
      frontendName: "www",
      before: { state: "up", activePool: "main", weight: 150 },
      after: { state: "up", activePool: "fallback", weight: 10 },
      danger: "loses-most",
      hasMore: true,
      weights: [
        {
          ...{ poolName: "main", backendName: "nginx0" },
          ...{ configuredFrom: set(100), configuredTo: set(50) },
          ...{ effectiveFrom: set(100), effectiveTo: set(0), shareFrom: 2 / 3 },
        },
        {
          ...{ poolName: "fallback", backendName: "spare" },
          ...{ configuredFrom: { kind: "absent" }, configuredTo: set(10) },
          ...{ effectiveFrom: { kind: "kept" }, effectiveTo: set(10), shareTo: 1 },
        },
      ],
    },
    {
      frontendName: "old",
      before: { state: "up", activePool: "main", weight: 100 },
      danger: "removed",
    },
    { frontendName: "new", after: { state: "unknown", activePool: "main" } },
    {
      frontendName: "same",
      before: { state: "up", activePool: "main", weight: 100 },
      after: { state: "up", activePool: "main", weight: 100 },
    },
  ],
};

/** What a configuration file differs in. */
export const configChanges: Plain<typeof ConfigChangeSchema>[] = [
  { kind: "vpp", change: "changed", details: ["flow-timeout 40s -> 60s"] },
  { kind: "backend", change: "added", name: "web9", details: ["address 192.0.2.99"] },
  { kind: "frontend", change: "removed", name: "old" },
];

/** What a reload does to VPP and to what was set by hand. */
export const forecast: Pick<Plain<typeof CheckConfigResponseSchema>, "vpp" | "overrides"> = {
  vpp: {
    total: 2,
    changes: [
      {
        ...{ kind: "as-weight", prefix: "198.51.100.1/32", protocol: "any" },
        ...{ address: "192.0.2.11", detail: "weight 50 -> 0, flush" },
        ...{ frontend: "api", backend: "nginx1" },
      },
      { kind: "vip-del", prefix: "198.51.100.9/32", protocol: "tcp", port: 80 },
    ],
    moves: [{ prefix: "198.51.100.1/32", protocol: "any", frontend: "api", share: 0.25 }],
  },
  overrides: [
    {
      ...{ change: "ended", backendName: "nginx1", frontendName: "www", poolName: "main" },
      ...{ byHand: "50", fileFrom: "100", fileTo: "70" },
    },
    {
      ...{ change: "kept", backendName: "spare", byHand: "disabled" },
      ...{ fileFrom: "disabled", fileTo: "enabled" },
    },
    {
      ...{ change: "ended", backendName: "former", byHand: "paused" },
      ...{ fileFrom: "enabled", fileTo: "none" },
    },
  ],
};
