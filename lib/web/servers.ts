import { type Environment, resolveServers, type Server } from "../cli/mod.ts";

/**
 * The maglevds of a list as maglevc takes it; besides, `https://rtr1:9090` is one that is asked over
 * TLS whatever the others are. Throws CommandFailure when something is wrong with the list.
 */
export async function serversIn(
  list: string,
  environment: Environment,
): Promise<readonly Server[]> {
  const secured = new Set<string>();
  const bare = list.split(",").map((each) => {
    const word = each.trim();
    const [, address] = /^https:\/\/([^/]+)\/?$/.exec(word) ?? [];
    if (address !== undefined) secured.add(address);
    return address ?? word;
  });
  const servers = await resolveServers(bare.join(","), environment);
  return servers.map((server) => secured.has(server.name) ? { ...server, tls: true } : server);
}
