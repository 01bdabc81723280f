/** Which VPP this is: vpe.api. */

import { call, fixedString, i32, reply, request } from "../codec/mod.ts";

/** Version and build. */
export const showVersion = call(
  request("show_version", "51077d14", {}),
  reply("show_version_reply", "c919bde1", {
    retval: i32,
    program: fixedString(32),
    version: fixedString(32),
    build_date: fixedString(32),
    build_directory: fixedString(256),
  }),
);
