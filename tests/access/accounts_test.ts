import assert from "node:assert/strict";
import { Accounts, systemAccounts } from "../../lib/access/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";

/** Accounts of files in a test's hands, and how often they were read. */
function accounts(passwd: string, group = "") {
  const files = { passwd, reads: 0 };
  const clock = new FakeClock();
  const known = new Accounts(clock, {
    users: () => {
      files.reads++;
      return files.passwd;
    },
    groups: () => group,
  });
  return { known, clock, files };
}

const passwd = `root:x:0:0:root:/root:/bin/bash
alice:x:1000:1000:,,,:/home/alice:/bin/bash
toor:x:0:0::/root:/bin/sh
broken
:x:7:7::/:/bin/sh
odd:x:-1:0::/:/bin/sh
+nis
alice:x:1001:1001::/:/bin/sh
`;

Deno.test("users have the names and numbers of the file, the first of several counts", () => {
  const { known } = accounts(passwd);
  assert.deepEqual(["root", "alice", "toor", "odd", "", "+nis"].map((name) => known.uid(name)), [
    ...[0, 1000, 0, undefined, undefined, undefined],
  ]);
  assert.deepEqual([0, 1000, 1001, 7, 4294967295].map((uid) => known.userName(uid)), [
    ...["root", "alice", "1001", "7", "4294967295"],
  ]);
});

Deno.test("groups are those of the file", () => {
  const { known } = accounts("", "adm:x:4:syslog\nmaglevd:x:997:alice,bob\n");
  assert.deepEqual(["adm", "maglevd", "none"].map((name) => known.gid(name)), [4, 997, undefined]);
});

Deno.test("a file that has changed is read again, but not for each caller", () => {
  const { known, clock, files } = accounts(passwd);
  for (let i = 0; i < 100; i++) known.userName(1000);
  files.passwd = "bob:x:1000:1000::/:/bin/sh";
  clock.advance(9_999);
  assert.deepEqual([known.userName(1000), files.reads], ["alice", 1]);
  clock.advance(1);
  assert.deepEqual([known.userName(1000), known.uid("alice"), files.reads], ["bob", undefined, 2]);
});

Deno.test("this machine has a root", () => {
  assert.equal(new Accounts(new FakeClock(), systemAccounts).uid("root"), 0);
  assert.equal(new Accounts(new FakeClock()).gid("root"), 0);
});
