import assert from "node:assert/strict";
import { connectApi } from "../../lib/vppclient/connect.ts";
import { IncompatibleError } from "../../lib/vppclient/errors.ts";
import { checkTable } from "../../lib/vppclient/message_table.ts";
import { nameCrc } from "../../lib/binapi/mod.ts";
import { allMessages } from "../../lib/gen/vpp.ts";
import { Setup } from "./support/line.ts";
import { ScriptedVpp } from "./support/scripted_vpp.ts";

Deno.test("a VPP without weights is refused by the names of what it lacks", async () => {
  await using vpp = await ScriptedVpp.start({
    announce: (message) =>
      message.name.startsWith("lb_as_set_weight") ? undefined : nameCrc(message),
  });
  await assert.rejects(connectApi(vpp.path, new Setup().context), {
    name: "IncompatibleError",
    message: "this VPP lacks lb_as_set_weight; weights need VPP 26.10 or later",
  });
});

Deno.test("a VPP without the lb plugin is asked about it", async () => {
  await using vpp = await ScriptedVpp.start({
    announce: (message) => message.name.startsWith("lb_") ? undefined : nameCrc(message),
  });
  await assert.rejects(connectApi(vpp.path, new Setup().context), {
    name: "IncompatibleError",
    message: "this VPP lacks lb_conf, lb_conf_get, lb_add_del_vip_v2, lb_add_del_as_v2, " +
      "lb_as_set_weight, lb_vip_dump, lb_as_v2_dump; is its lb plugin loaded?",
  });
});

/** What is wrong with a VPP that lacks these messages. */
function complaint(...lacking: string[]): string {
  const announced = allMessages.filter(({ name }) => !lacking.includes(name));
  try {
    checkTable(announced.map((message, index) => ({ index, name: nameCrc(message) })));
    return "";
  } catch (error) {
    assert.ok(error instanceof IncompatibleError);
    return error.message;
  }
}

Deno.test("what is said of messages that lack depends on which they are", () => {
  assert.equal(complaint(), "");
  assert.equal(complaint("lb_flush_vip"), "", "it is never sent");
  assert.equal(complaint("show_version"), "this VPP lacks show_version");
  assert.equal(complaint("show_version_reply"), "this VPP lacks show_version_reply");
  assert.equal(
    complaint("lb_conf_get", "lb_conf_get_reply", "lb_as_v2_dump"),
    "this VPP lacks lb_conf_get, lb_as_v2_dump; weights need VPP 26.10 or later",
  );
  assert.equal(
    complaint("show_version", "lb_conf_get"),
    "this VPP lacks show_version, lb_conf_get; is its lb plugin loaded?",
  );
});

Deno.test("a message with another layout is refused by name", async () => {
  await using vpp = await ScriptedVpp.start({
    announce: (message) =>
      message.name === "lb_conf_get" ? "lb_conf_get_01234567" : nameCrc(message),
  });
  await assert.rejects(connectApi(vpp.path, new Setup().context), {
    name: "IncompatibleError",
    message: "this VPP has lb_conf_get with the CRC 01234567 instead of 51077d14, " +
      "so its layout is not the one known here",
  });
});
