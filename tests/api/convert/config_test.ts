import { toJson } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import {
  CheckConfigResponseSchema,
  ReloadConfigResponseSchema,
} from "../../../lib/gen/maglev_pb.ts";
import { checkOutcomeToProto, reloadOutcomeToProto } from "../../../lib/api/convert/config.ts";
import { FakeClock } from "../../../lib/time/mod.ts";

const names = { useProtoFieldName: true };

const clock = new FakeClock();

Deno.test("each outcome of checking and reloading fills its own field", async () => {
  const message = "maglev.yaml:3:5: no";
  const check = async (kind: "ok" | "parse-error" | "semantic-error") =>
    toJson(CheckConfigResponseSchema, await checkOutcomeToProto({ kind, message }, clock), names);
  assert.deepEqual(await check("ok"), { ok: true });
  assert.deepEqual(await check("parse-error"), { parse_error: message });
  assert.deepEqual(await check("semantic-error"), { semantic_error: message });
  const reload = async (kind: "ok" | "parse-error" | "semantic-error" | "reload-error") =>
    toJson(ReloadConfigResponseSchema, await reloadOutcomeToProto({ kind, message }, clock), names);
  assert.deepEqual(await reload("ok"), { ok: true });
  assert.deepEqual(await reload("parse-error"), { parse_error: message });
  assert.deepEqual(await reload("semantic-error"), { semantic_error: message });
  assert.deepEqual(await reload("reload-error"), { reload_error: message });
});
