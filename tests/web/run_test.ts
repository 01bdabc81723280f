import assert from "node:assert/strict";
import { loadAssets } from "../../lib/web/assets.ts";
import { runFrontend } from "../../lib/web/mod.ts";
import { serve } from "../api/support/harness.ts";
import { blank, Events, operator, startWeb, stateOf, untilLink } from "./support/bed.ts";

/** What comes of these arguments when it does not come to serving. */
async function ran(...args: readonly string[]) {
  const { log, error } = console;
  const [out, err]: string[][] = [[], []];
  console.log = (text: string) => void out?.push(text);
  console.error = (text: string) => void err?.push(text);
  try {
    return { code: await runFrontend(args), out: out?.join("\n"), err: err?.join("\n") };
  } finally {
    Object.assign(console, { log, error });
  }
}

Deno.test("who asks for the version or for help has it, and what cannot be understood is said", async () => {
  const version = await ran("--version");
  assert.deepEqual([version.code, version.err], [0, ""]);
  assert.match(version.out ?? "", /^maglevd-frontend /);
  const help = await ran("--help");
  assert.deepEqual([help.code, help.err], [0, ""]);
  assert.match(help.out ?? "", /usage: maglevd-frontend/);
  const wrong = await ran("--no-such-flag");
  assert.deepEqual([wrong.code, wrong.out], [2, ""]);
  assert.match(wrong.err ?? "", /^maglevd-frontend: .*no-such-flag/);
});

Deno.test("a page that was not built is told how to be, a page that cannot be read why not", async () => {
  const { readTextFile } = Deno;
  const failing = (error: Error) => async () => {
    Deno.readTextFile = () => Promise.reject(error);
    try {
      await loadAssets();
    } finally {
      Deno.readTextFile = readTextFile;
    }
  };
  await assert.rejects(failing(new Deno.errors.NotFound("no such file")), {
    message: "the page is not built: deno task web does that first",
  });
  await assert.rejects(failing(new Deno.errors.PermissionDenied("not you")), /not you/);
});

Deno.test("who is ended ends the streams of browsers, and leaves its port", async () => {
  const web = await startWeb(["127.0.0.1:1"]);
  const { id } = await stateOf(web.url);
  await using events = await Events.open(web.url, id);
  const last = (async () => {
    while (true) await events.next();
  })();
  await Promise.all([web[Symbol.asyncDispose](), assert.rejects(last, /the stream has ended/)]);
  await assert.rejects(fetch(`${web.url}/healthz`), TypeError);
});

Deno.test("which maglevds are not heard is told in a line, however they are called", async () => {
  await using maglevd = await serve();
  const names = Array.from({ length: 20 }, (_, i) => `unix:/no/such/${i}/maglevd.sock`);
  let status = "";
  const tell = (now: string) => void (status = now);
  await using web = await startWeb([maglevd.address, ...names], {}, blank, tell);
  await untilLink(web.url, "connected");
  const [, list = ""] = /^1 of 21 maglevds heard; not: (.*)$/.exec(status) ?? [];
  assert.equal(list, names.join(", ").slice(0, 200));
});

Deno.test("passwords are warned of where others could read them along, on this machine they are not", async () => {
  const warned = async (hostname: string) => {
    const listen = { port: 0, hostname };
    await using web = await startWeb(["127.0.0.1:1"], { credentials: operator, listen }, blank);
    return web.log.named("access-unsafe").map(({ addr }) => addr);
  };
  assert.deepEqual(await warned("127.0.0.1"), []);
  assert.deepEqual(await warned("localhost"), []);
  assert.deepEqual(await warned("0.0.0.0"), ["0.0.0.0:0"]);
});
