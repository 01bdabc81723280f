import type { DaemonStatus } from "../../../lib/api/convert/status.ts";

/** What a daemon of a test tells of itself. */
export function anyStatus(): Promise<DaemonStatus> {
  const config = {
    path: "m.yaml",
    loadedAt: 2_000,
    isChanged: true,
    unreadable: "",
    rejected: "line 3: no",
  };
  const state = {
    directory: "/var/lib/vpp-maglev",
    notKept: { since: 3_000, reason: "the disk is full" },
    troubles: [{ at: 1_500, text: "it was damaged" }],
  };
  return Promise.resolve({ startedAt: 1_000, config, authRejected: "", state });
}
