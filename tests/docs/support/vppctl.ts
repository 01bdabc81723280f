/** vppctl for the simulated VPP: `vppctl.ts API-SOCKET WORDS…` prints what VPP says to them. */

import { Client } from "../../sim/support/client.ts";

const [path = "", ...words] = Deno.args;
using client = await Client.connect(path);
// The test's servers have other addresses than the page says.
const command = words.map((word) => word.replace(/^192\.0\.2\./, "127.0.9.")).join(" ");
const { retval, reply } = await client.cli(command);
if (reply !== "") console.log(reply.trimEnd());
Deno.exitCode = retval === 0 ? 0 : 1;
