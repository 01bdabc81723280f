/** Connecting, disconnecting and pinging: memclnt.api. */

import {
  call,
  counted,
  fixedString,
  i32,
  message,
  reply,
  request,
  struct,
  u16,
  u32,
} from "../codec/mod.ts";

/**
 * The first message on a socket. Its id is always 15 and it carries no client_index; its reply is
 * id 16 and does (docs/vpp.md, "The API socket").
 */
export const sockclntCreate = message(
  "sockclnt_create",
  "455fb9c4",
  { name: fixedString(64) },
  { header: "context" },
);

/** The one message whose id does not come from VPP's table. */
export const sockclntCreateId = 15;

/** The id of its reply. */
export const sockclntCreateReplyId = 16;

/** `index` is the client_index to use from then on; the table gives every other message its id. */
export const sockclntCreateReply = message("sockclnt_create_reply", "35166268", {
  response: i32,
  index: u32,
  count: u16,
  message_table: counted(
    struct("message_table_entry", { index: u16, name: fixedString(64) }),
    "count",
  ),
}, { header: "client" });

/** Says good-bye; VPP answers with response 1 and closes. */
export const sockclntDelete = call(
  request("sockclnt_delete", "8ac76db6", { index: u32 }),
  reply("sockclnt_delete_reply", "8f38b1ee", { response: i32 }),
);

/** Asks whether VPP is there; also ends every dump. */
export const controlPing = call(
  request("control_ping", "51077d14", {}),
  reply("control_ping_reply", "f6b0b8ca", { retval: i32, client_index: u32, vpe_pid: u32 }),
);

/** Versions of VPP's API files. */
export const apiVersions = call(
  request("api_versions", "51077d14", {}),
  reply("api_versions_reply", "5f0d99d6", {
    retval: i32,
    count: u32,
    api_versions: counted(
      struct("module_version", { major: u32, minor: u32, patch: u32, name: fixedString(64) }),
      "count",
    ),
  }),
);
