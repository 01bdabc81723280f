import type { DaemonStatus } from "../../lib/rpc/types.ts";

/** What a daemon of a test tells of itself. */
export function anyStatus(): Promise<DaemonStatus> {
  const config = { path: "m.yaml", loadedAt: 2_000, isChanged: true, rejected: "line 3: no" };
  return Promise.resolve({ startedAt: 1_000, config });
}
