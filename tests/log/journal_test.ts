import { deepEqual, equal } from "node:assert/strict";
import { createLogger, goesToJournal, logLevels } from "../../lib/log/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";

/** Runs with both outputs going into files, and tells what it came to there, and what was complained. */
async function inFile(stream: string): Promise<[told: string, complained: string]> {
  const folder = await Deno.makeTempDir();
  try {
    const source = new URL("../../lib/log/mod.ts", import.meta.url);
    const code = `import { complain, goesToJournal } from ${JSON.stringify(source)};
      console.log(goesToJournal(1, Deno.env), goesToJournal(2, Deno.env));
      complain("one\\ntwo");`;
    await Deno.writeTextFile(`${folder}/ask.ts`, code);
    const script =
      `JOURNAL_STREAM=${stream} exec "$DENO" run -A --no-config "$ASK" >"$OUT" 2>"$ERR"`;
    await new Deno.Command("sh", {
      args: ["-c", `: >"$OUT" 2>"$ERR"; ${script}`],
      env: {
        ...{ DENO: Deno.execPath(), ASK: `${folder}/ask.ts` },
        ...{ OUT: `${folder}/out`, ERR: `${folder}/err` },
      },
    }).output();
    const read = async (name: string) => (await Deno.readTextFile(`${folder}/${name}`)).trim();
    return [await read("out"), await read("err")];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the journal is known by device and inode, each stream for itself", async () => {
  deepEqual(await inFile('$(stat -c %d:%i "$OUT")'), ["true false", "one\ntwo"]);
  deepEqual(await inFile('$(stat -c %d:%i "$ERR")'), ["false true", "<3>one\n<3>two"]);
  const inherited = "inherited from somebody whose output it was";
  deepEqual(await inFile("8:1"), ["false false", "one\ntwo"], inherited);
});

Deno.test("without JOURNAL_STREAM, or with a closed stream, there is no journal", () => {
  equal(goesToJournal(1, { get: () => undefined }), false);
  equal(goesToJournal(12_345, { get: () => "8:1" }), false);
});

Deno.test("for the journal each line begins with its priority, that of dropped ones too", async () => {
  let written = "";
  let release = () => {};
  const free = new Promise<void>((resolve) => release = resolve);
  const sink = {
    write: async (bytes: Uint8Array) => {
      await free;
      written += new TextDecoder().decode(bytes);
      return bytes.length;
    },
  };
  const log = createLogger({
    level: "debug",
    sink,
    clock: new FakeClock(),
    toJournal: true,
    limits: { queued: 400, batch: 4096 },
  });
  for (const level of logLevels) log[level]("record");
  for (let i = 0; i < 10; i++) log.error("record");
  release();
  await log.flush(60_000);
  const lines = written.trimEnd().split("\n");
  equal(lines.slice(0, 4).map((line) => line.slice(0, 4)).join(), "<7>{,<6>{,<4>{,<3>{");
  equal(lines.at(-1)?.slice(0, 4), "<4>{");
  equal(lines.at(-1)?.includes("log-dropped"), true);
});
