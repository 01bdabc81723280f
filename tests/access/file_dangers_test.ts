import assert from "node:assert/strict";
import { fileDangers, isOpenToAll, systemModeOf } from "../../lib/access/file_dangers.ts";

const tls = { key: "/tls/key.pem", clientCa: "/ca/ca.pem" };
const files = { authPath: "/etc/auth.yaml", tls };

/** Files and folders, and what is said of them when their permissions are these. */
function said(modes: Readonly<Record<string, number>>, these = files): string[] {
  const safe: Readonly<Record<string, number>> = {
    ...{ "/etc": 0o755, "/etc/auth.yaml": 0o644, "/tls": 0o777, "/tls/key.pem": 0o640 },
    ...{ "/ca": 0o755, "/ca/ca.pem": 0o644 },
  };
  return fileDangers(these, (path) => ({ ...safe, ...modes })[path])
    .map(({ where, reason }) => `${where}: ${reason}`);
}

Deno.test("files that their owner alone may write are fine, wherever the key lies", () => {
  assert.deepEqual(said({}), []);
  assert.deepEqual(said({ "/etc": 0o1777, "/ca": 0o1777 }), [], "nobody replaces another's there");
  assert.deepEqual(fileDangers(files, () => undefined), [], "what cannot be told is no danger");
});

Deno.test("who may write the file of --auth, or put another there, has any role", () => {
  assert.deepEqual(said({ "/etc/auth.yaml": 0o646, "/etc": 0o757 }), [
    "/etc/auth.yaml: everybody may write to it, and so give themselves any role",
    "/etc/auth.yaml: everybody may put another file in its place, and so get any role",
  ]);
});

Deno.test("who may read the key passes for the server", () => {
  assert.deepEqual(said({ "/tls/key.pem": 0o644 }), [
    "/tls/key.pem: everybody on this machine can read the key, and so pass for this server",
  ]);
});

Deno.test("who may write the authorities, or put others there, has any role", () => {
  const danger =
    "/ca/ca.pem: everybody may put an authority of their own there, and so get any role";
  assert.deepEqual(said({ "/ca/ca.pem": 0o646 }), [danger]);
  assert.deepEqual(said({ "/ca": 0o777 }), [danger]);
});

Deno.test("what is not there is not looked at", () => {
  const open = { "/etc": 0o777, "/ca": 0o777, ".": 0o777 };
  assert.deepEqual(said(open, { authPath: "", tls: { ...tls, clientCa: "" } }), []);
  assert.deepEqual(fileDangers({ authPath: "", tls: undefined }, () => 0o777), []);
});

Deno.test("a folder is open to all unless its sticky bit is set", () => {
  assert.deepEqual([0o777, 0o1777, 0o775, 0o002].map(isOpenToAll), [true, false, false, true]);
});

Deno.test("permissions are the file system's, of nothing none", async () => {
  const path = await Deno.makeTempFile();
  await Deno.chmod(path, 0o646);
  assert.equal((systemModeOf(path) ?? 0) & 0o777, 0o646);
  await Deno.remove(path);
  assert.equal(systemModeOf(path), undefined);
});
