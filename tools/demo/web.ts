import { silentLogger } from "../../lib/log/mod.ts";
import { startFrontend } from "../../lib/web/mod.ts";
import { buildPage } from "../page.ts";

/** Who may steer in the demo. It listens on loopback only. */
export const demoUser = { user: "demo", password: "demo" };

/** The web view of the demo. */
export interface DemoWeb extends AsyncDisposable {
  /** Where a browser finds it. */
  readonly url: string;
}

/**
 * Builds the page into `folder`, and shows the maglevds of `servers`, as its flag has them, at a
 * port of loopback. Throws a sentence when it cannot, as on a machine that has never fetched the bundler.
 */
export async function startDemoWeb(
  folder: string,
  servers: string,
  port: number,
): Promise<DemoWeb> {
  const frontend = await startFrontend(
    {
      servers,
      listen: { hostname: "127.0.0.1", port },
      tokenFile: "",
      tls: {},
      certificate: undefined,
      authPath: "",
      hostNames: [],
      credentials: demoUser,
      logLevel: "error",
    },
    silentLogger,
    await buildPage(folder),
  );
  return { ...frontend, url: `http://${frontend.address}` };
}
