/** The command line through the API: vlib.api. */

import { call, i32, reply, request, variableString } from "../codec/mod.ts";

/** One CLI command and its output. */
export const cliInband = call(
  request(
    "cli_inband",
    "f8377302",
    { cmd: variableString },
    ({ cmd }) =>
      cmd.includes("\0")
        ? "the command contains a NUL, VPP takes commands without a terminator"
        : undefined,
  ),
  reply("cli_inband_reply", "05879051", { retval: i32, reply: variableString }),
);
