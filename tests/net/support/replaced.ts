/** Replaces itself by itself with MARK in its environment; says who it is before and after. */

import { processArguments, replaceProcess } from "../../../lib/net/mod.ts";

const { pid, env, args } = Deno;
console.log(JSON.stringify({ pid, mark: env.get("MARK") ?? "", args, open: openSockets() }));
if (!env.has("MARK")) {
  Deno.listen({ hostname: "127.0.0.1", port: 0 });
  replaceProcess(Deno.execPath(), processArguments(), { ...env.toObject(), MARK: "äß = x" });
}

/** Listening sockets of this process. */
function openSockets(): number {
  return [...Deno.readDirSync("/proc/self/fd")].filter(({ name }) => {
    try {
      return Deno.readLinkSync(`/proc/self/fd/${name}`).startsWith("socket:");
    } catch (error) {
      // The one that the folder itself was read by.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return false;
    }
  }).length;
}
