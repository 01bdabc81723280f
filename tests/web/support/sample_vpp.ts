import type { VppService } from "../../../lib/vpp/mod.ts";
import { ip } from "../../support/ip.ts";

/** A VPP that holds the VIP of `www`, is almost in step, and has sent something. */
export function sampleVpp(): VppService {
  const began = Date.UTC(2026, 0, 1);
  let reads = 0;
  return {
    info: () => ({
      version: "26.06",
      buildDate: "2026-06-01",
      buildDirectory: "/build",
      pid: 7,
      bootTime: began,
      connectedSince: began + 60_000,
    }),
    step: () => ({ inStep: true, since: began, checkedAt: began, differs: [] }),
    complaint: () => undefined,
    away: () => undefined,
    warmup: () => ({ phase: "over" }),
    counters: () => ({
      at: began + 5_000 * ++reads,
      vips: [{
        ...{ prefix: "203.0.113.1/32", protocol: "tcp", port: 443 },
        ...{ next: 1_000 * reads, first: 100 * reads, untracked: 0, noServer: 0 },
      }],
      addresses: [{ prefix: "203.0.113.1/32", packets: 1_100 * reads, bytes: 900_000 * reads }],
      servers: [{ address: "198.51.0.1", packets: 1_100 * reads, bytes: 900_000 * reads }],
    }),
    state: () =>
      Promise.resolve({
        conf: {
          ipv4Source: ip("192.0.2.1"),
          ipv6Source: undefined,
          stickyBucketsPerCore: 65_536,
          flowTimeoutSeconds: 40,
        },
        vips: [{
          ...{ address: ip("203.0.113.1"), prefixLength: 32, protocol: 6, port: 443 },
          ...{ encap: "gre4", flowTableLength: 1024, srcIpSticky: false },
          servers: [
            { address: ip("198.51.0.1"), weight: 100, flags: 1, buckets: 1024 },
            { address: ip("198.51.0.2"), weight: 0, flags: 1, buckets: 0 },
          ],
        }],
      }),
    plan: () => Promise.resolve({ changes: [], moves: [] }),
    foresee: () => Promise.resolve({ changes: [], moves: [] }),
    sync: () => Promise.resolve(),
  };
}
