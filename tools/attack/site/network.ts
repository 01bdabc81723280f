/** The machine that maglevd runs on and the network that attackers are in, as two namespaces. */
export interface Network extends AsyncDisposable {
  /** Paths of the namespaces, for `nsenter --net=`. */
  readonly machine: string;
  readonly attackers: string;
}

/** The machine's addresses on the link between the two. */
export const machineAddress = "10.200.0.1";

/** Of IPv6. */
export const machineAddress6 = "fd00:200::1";

/** Attackers are in 198.18.0.0/16 and in 2001:db8::/32; a polite client is at 10.200.0.2. */
const setup = (machine: string, attackers: string) => `
  netns add ${machine}
  netns add ${attackers}
  -n ${machine} link set lo up
  -n ${attackers} link set lo up
  link add attack-m netns ${machine} type veth peer name attack-a netns ${attackers}
  -n ${machine} link set attack-m up
  -n ${attackers} link set attack-a up
  -n ${machine} addr add ${machineAddress}/24 dev attack-m
  -n ${machine} addr add ${machineAddress6}/64 dev attack-m nodad
  -n ${attackers} addr add 10.200.0.2/24 dev attack-a
  -n ${attackers} addr add fd00:200::2/64 dev attack-a nodad
  -n ${attackers} route add local 198.18.0.0/16 dev lo
  -n ${attackers} -6 route add local 2001:db8::/32 dev lo
  -n ${machine} route add 198.18.0.0/16 via 10.200.0.2
  -n ${machine} -6 route add 2001:db8::/32 via fd00:200::2
`;

/** Makes both. Needs root. */
export async function makeNetwork(): Promise<Network> {
  const machine = `maglev-machine-${Deno.pid}`;
  const attackers = `maglev-attack-${Deno.pid}`;
  const network = {
    machine: `/run/netns/${machine}`,
    attackers: `/run/netns/${attackers}`,
    async [Symbol.asyncDispose]() {
      for (const name of [machine, attackers]) await run("ip", ["netns", "del", name]);
    },
  };
  try {
    for (const line of setup(machine, attackers).trim().split("\n")) {
      await run("ip", line.trim().split(" "));
    }
    for (const setting of ["net.ipv4.ip_nonlocal_bind=1", "net.ipv6.ip_nonlocal_bind=1"]) {
      await run("nsenter", [`--net=${network.attackers}`, "sysctl", "-qw", setting]);
    }
    return network;
  } catch (error) {
    await network[Symbol.asyncDispose]().catch(() => {});
    throw error;
  }
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args: [...args] }).output();
  if (success) return;
  throw new Error(`${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr).trim()}`);
}
