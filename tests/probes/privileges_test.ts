import assert from "node:assert/strict";
import type { HealthCheck } from "../../lib/config/mod.ts";
import { Namespace, needingNamespaces } from "../net/support/namespaces.ts";
import { icmpCheck, tcpCheck } from "./support/checks.ts";

/** What one probe comes to in a process inside `namespace` that lacks `capability`. */
async function without(
  capability: string,
  namespace: Namespace,
  check: HealthCheck,
  netns = "",
  address = "127.0.0.1",
): Promise<string> {
  const script = new URL("support/one_probe.ts", import.meta.url).pathname;
  const child = namespace.command(
    "setpriv",
    [`--bounding-set=-${capability}`, Deno.execPath(), "run", "-A", "--no-check", script],
    { env: { ONE_PROBE: JSON.stringify({ check, address, netns }) }, stderr: "inherit" },
  );
  return new TextDecoder().decode((await child.output()).stdout).trim();
}

Deno.test({
  ...needingNamespaces(
    "without CAP_NET_RAW pings use the unprivileged socket, or say what is missing",
    "setpriv",
  ),
  fn: async () => {
    await using namespace = await Namespace.create();
    const range = (from: number, to: number) =>
      namespace.command("sh", [
        "-c",
        `echo ${from} ${to} > /proc/sys/net/ipv4/ping_group_range`,
      ]).output();
    await range(1, 0);
    assert.equal(
      await without("net_raw", namespace, icmpCheck()),
      "L4CON CAP_NET_RAW is missing, and net.ipv4.ping_group_range allows no unprivileged " +
        "ping sockets",
    );
    await range(0, 2147483647);
    for (const address of ["127.0.0.1", "::1"]) {
      const outcome = await without("net_raw", namespace, icmpCheck(), "", address);
      assert.equal(outcome, "L4OK echo reply");
    }
  },
});

Deno.test({
  ...needingNamespaces(
    "without CAP_SYS_ADMIN a namespace can't be entered, which is said",
    "setpriv",
  ),
  fn: async () => {
    await using namespace = await Namespace.create();
    // `ip netns exec` gives its command another view of /run, where the name still stands.
    assert.equal(
      await without("sys_admin", namespace, tcpCheck(), namespace.name),
      `L4CON CAP_SYS_ADMIN is missing: cannot enter netns ${namespace.name}`,
    );
  },
});
