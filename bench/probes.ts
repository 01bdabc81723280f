/**
 * What a check costs: CPU per check and achieved rate of the whole of maglevd, its API and metrics
 * open, and of HAProxy's own checker, against the same nginx in a network namespace, alternating.
 * Figures and how to read them: docs/performance/probes.md.
 *
 * `deno task bench probes [--rounds N] [--seconds N] [TYPE@RATE[/BACKENDS]…]`, such as `http@2000`;
 * all of http, tcp and icmp at 2,000/s and 20,000/s unless told otherwise, http with a slow server at
 * 2,000/s and https at 300/s, in about twenty minutes. Needs root, iproute2 and nginx; without haproxy
 * its side and the slow server are left out.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { canMakeNamespaces, Namespace } from "../tests/net/support/namespaces.ts";
import { Nginx } from "../tests/probes/support/servers.ts";
import { certFile, keyFile } from "../tests/support/certificates.ts";
import { havePrograms } from "../tests/support/programs.ts";
import { measureHaproxy, SlowServer } from "./probes/haproxy.ts";
import { type Load, type Measured, parseLoad, tlsPort } from "./probes/load.ts";
import { measureOurs } from "./probes/maglevd.ts";
import { printRatios, printRow, printTitle } from "./probes/print.ts";

const usual = [
  "http@2000",
  "http@20000",
  "slow@2000",
  "tcp@2000",
  "tcp@20000",
  "icmp@2000",
  "icmp@20000",
  "https@300",
];

const { values, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "5" },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const hasHaproxy = havePrograms("haproxy");
const loads = (positionals.length > 0 ? positionals : usual).map(parseLoad)
  .filter(({ type }) => hasHaproxy || type !== "slow");

/** Both sides of one load, by turns, so that what else the machine does hits both. */
async function compare(namespace: Namespace, load: Load): Promise<void> {
  const ours: Measured[] = [];
  const theirs: Measured[] = [];
  for (let round = 0; round < rounds; round++) {
    ours.push(await measureOurs(namespace, load, seconds));
    printRow("maglevd", load, ours.at(-1));
    // As a slow server it is what is checked.
    if (!hasHaproxy || load.type === "icmp" || load.type === "slow") continue;
    theirs.push(await measureHaproxy(namespace, load, seconds));
    printRow("haproxy", load, theirs.at(-1));
  }
  printRatios(load, ours, theirs);
}

if (!canMakeNamespaces || !havePrograms("nginx")) {
  console.log("SKIPPED: bench probes needs root, iproute2 and nginx");
} else {
  if (!hasHaproxy) console.log("haproxy is not installed: its side is left out");
  await using namespace = await Namespace.create();
  await using _nginx = await Nginx.start(
    namespace,
    `ssl_certificate ${certFile("server")}; ssl_certificate_key ${keyFile("server")};
     ssl_session_tickets off; ssl_session_cache off;
     server {
       listen 80 backlog=4096; listen ${tlsPort} ssl backlog=4096;
       location / { return 200 "ok\\n"; }
     }`,
  );
  await using _slow = hasHaproxy ? await SlowServer.start(namespace) : undefined;
  printTitle();
  for (const load of loads) await compare(namespace, load);
}
