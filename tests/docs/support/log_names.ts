import { libSources, readPage } from "./pages.ts";

/**
 * Records whose name is not a literal beside the level, by the file that logs them. A file that
 * begins to log in such a way is found by {@link unlistedIndirections} and has to be added here.
 */
const indirect: Readonly<Record<string, readonly string[]>> = {
  "lib/probing/schedule.ts": ["error probe-failed", "error probe-lost"],
  "lib/daemon/ending.ts": ["error unhandled-rejection", "error unhandled-exception"],
  "lib/events/records.ts": [
    "info backend-transition",
    "info frontend-transition",
    "info frontend-failover",
    "info weight-change",
    "info config-diff",
    "error config-check-failed",
    "error checker-reload-error",
    "error config-reload-refused",
    "info operator-action",
    "info override-ended",
    "info backend-drain",
    "warn fail-open-begun",
    "info fail-open-ended",
    "info slow-start-begun",
    "info slow-start-ended",
    "warn flap-hold-begun",
    "info flap-hold-ended",
    "info vpp-connect",
    "warn vpp-disconnect",
    "info vpp-in-step",
    "warn vpp-out-of-step",
    "warn vpp-altered",
    "error probing-impaired",
    "info probing-restored",
    "info audit",
  ],
  // Of the level of what was left out.
  "lib/log/limited.ts": ["warn log-limited"],
  "lib/state/keeper.ts": ["error state-trouble", "error state-not-kept", "info state-kept-again"],
  "lib/log/logger.ts": ["warn log-dropped", "error log-subscriber-failed"],
  // For the metrics port the same, with its name.
  "lib/port/connections.ts": [
    "info grpc-connection-displaced",
    "warn grpc-handshake-failed",
    "warn grpc-handler-error",
  ],
  "lib/port/listener.ts": ["warn grpc-accept-error"],
  "lib/vppclient/client.ts": ["debug vpp-api-send", "debug vpp-api-recv"],
  "lib/vpp/sync/changes.ts": [],
  "lib/vpp/sync/steps.ts": ["vip-add", "vip-del", "vip-recreate", "as-add", "as-del", "as-weight"]
    .map((change) => `info vpp-lbsync-${change}`),
};

/** A call of a logger: its level, and what stands first between the parentheses. */
const call = /\b(?:log|#log|warnings|#warnings)\.(debug|info|warn|error)\(\s*("[a-z-]+"|[^)\s,]+)/g;

interface LogCall {
  readonly path: string;
  readonly level: string;
  readonly first: string;
}

/** Rooms that are not part of the daemon, or whose log is another one. */
const others = /^lib\/(gen|sim|simulation|cli|web)\//;

async function logCalls(): Promise<LogCall[]> {
  const calls: LogCall[] = [];
  for (const path of await libSources()) {
    if (others.test(path)) continue;
    const text = await readPage(path);
    for (const [, level = "", first = ""] of text.matchAll(call)) {
      calls.push({ path, level, first });
    }
  }
  return calls;
}

async function records(): Promise<string[]> {
  const literal = (await logCalls()).filter(({ first }) => first.startsWith('"'))
    .map(({ level, first }) => `${level} ${first.slice(1, -1)}`);
  return [...new Set([...literal, ...Object.values(indirect).flat()])].sort();
}

/** `warn NAME` and `error NAME` of every record that the daemon may log at these levels. */
export async function loudRecords(): Promise<string[]> {
  return (await records()).filter((record) => /^(warn|error) /.test(record));
}

/** `debug NAME` and `info NAME` of every record that the daemon may log at these levels. */
export async function quietRecords(): Promise<string[]> {
  return (await records()).filter((record) => /^(debug|info) /.test(record));
}

/** What a page does not explain though it should, and what it explains for nothing. */
export function differences(said: readonly string[], logged: readonly string[]) {
  return {
    missing: logged.filter((each) => !said.includes(each)),
    leftOver: said.filter((each) => !logged.includes(each)),
  };
}

/** Files that log records by a name which is not written beside the level. */
export async function unlistedIndirections(): Promise<string[]> {
  const found = (await logCalls()).filter(({ first }) => !first.startsWith('"'))
    .map(({ path }) => path);
  return [...new Set(found)].filter((path) => !(path in indirect));
}

/** Names in the list above that no longer stand in their file. */
export async function staleIndirections(): Promise<string[]> {
  const stale: string[] = [];
  for (const [path, names] of Object.entries(indirect)) {
    const text = await readPage(path).catch(() => "");
    if (text === "") stale.push(path);
    for (const name of names.map((each) => each.split(" ")[1] ?? "")) {
      const written = text.includes(`"${name}"`) || /-transition$|^log-|^grpc-/.test(name);
      if (!written) stale.push(`${path}: ${name}`);
    }
  }
  return stale;
}
