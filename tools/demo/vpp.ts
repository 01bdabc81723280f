import { SimulatedVpp } from "../../lib/sim/mod.ts";

/** A simulated VPP with traffic to every VIP. */
export interface DemoVpp extends AsyncDisposable {
  readonly apiSocket: string;
  readonly statsSocket: string;
}

/** Flows to each VIP at a time; a few end and begin each second. */
const flows = 40;
const newFlowsPerSecond = 4;

/** Starts the VPP with its sockets in `folder`. */
export function startVpp(folder: string): DemoVpp {
  const apiSocket = `${folder}/api.sock`;
  const statsSocket = `${folder}/stats.sock`;
  const vpp = new SimulatedVpp({ apiPath: apiSocket, statsPath: statsSocket, workers: 1 });
  vpp.start();
  let firstFlow = 0;
  const traffic = setInterval(() => {
    if (!vpp.running) return;
    for (const vip of vpp.state().filter(({ used }) => used)) {
      vpp.traffic({ vip, flows, firstFlow, packets: 5, bytes: 600 });
    }
    firstFlow += newFlowsPerSecond;
  }, 1000);
  return {
    apiSocket,
    statsSocket,
    async [Symbol.asyncDispose]() {
      clearInterval(traffic);
      await vpp.stop();
    },
  };
}
