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
  assert.deepEqual(
    ["root", "alice", "toor", "odd", "", "+nis"].map((name) => known.numbers().uid(name)),
    [
      ...[0, 1000, 0, undefined, undefined, undefined],
    ],
  );
  assert.deepEqual([0, 1000, 1001, 7, 4294967295].map((uid) => known.userName(uid)), [
    ...["root", "alice", "1001", "7", "4294967295"],
  ]);
});

Deno.test("groups are those of the file", () => {
  const { known } = accounts("", "adm:x:4:syslog\nmaglevd:x:997:alice,bob\n");
  assert.deepEqual(["adm", "maglevd", "none"].map((name) => known.numbers().gid(name)), [
    4,
    997,
    undefined,
  ]);
});

Deno.test("a file that has changed is read again, but not for each caller", () => {
  const { known, clock, files } = accounts(passwd);
  for (let i = 0; i < 100; i++) known.userName(1000);
  files.passwd = "bob:x:1000:1000::/:/bin/sh";
  clock.advance(9_999);
  assert.deepEqual([known.userName(1000), files.reads], ["alice", 1]);
  clock.advance(1);
  assert.deepEqual([known.userName(1000), known.numbers().uid("alice"), files.reads], [
    "bob",
    undefined,
    3,
  ]);
});

Deno.test("the number of a user who has just been made is known at once", () => {
  const { known, files } = accounts(passwd);
  assert.equal(known.numbers().uid("bob"), undefined);
  files.passwd += "bob:x:1002:1002::/:/bin/sh\n";
  assert.equal(known.numbers().uid("bob"), 1002);
});

Deno.test("for any number of names the files are read once, and none that nobody asks for", () => {
  const reads = { users: 0, groups: 0 };
  const read = (file: keyof typeof reads, text: string) => () => {
    reads[file]++;
    return text;
  };
  const files = { users: read("users", passwd), groups: read("groups", "adm:x:4:") };
  const numbers = new Accounts(new FakeClock(), files).numbers();
  assert.deepEqual(reads, { users: 0, groups: 0 });
  assert.deepEqual(["root", "alice"].map((name) => numbers.uid(name)), [0, 1000]);
  assert.deepEqual(reads, { users: 1, groups: 0 });
  assert.deepEqual(["adm", "none"].map((name) => numbers.gid(name)), [4, undefined]);
  assert.deepEqual(reads, { users: 1, groups: 1 });
});

Deno.test("where the file cannot be read callers have numbers, and nobody is taken for another", () => {
  const clock = new FakeClock();
  const cannot = () => {
    throw new Error("Too many open files (os error 24)");
  };
  const known = new Accounts(clock, { users: cannot, groups: cannot });
  assert.equal(known.userName(1000), "1000");
  assert.throws(() => known.numbers().uid("alice"), /Too many open files/);
  assert.throws(() => known.numbers().gid("ops"), /Too many open files/);
});

Deno.test("this machine has a root", () => {
  assert.equal(new Accounts(new FakeClock(), systemAccounts).numbers().uid("root"), 0);
  assert.equal(new Accounts(new FakeClock()).numbers().gid("root"), 0);
});
