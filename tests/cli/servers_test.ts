import assert from "node:assert/strict";
import { namedServers, resolveServers, serversPath, shortName } from "../../lib/cli/servers.ts";
import { readServers } from "../../lib/cli/servers_file.ts";

function environment(variables: Record<string, string>) {
  return { get: (name: string) => variables[name] };
}

async function withFile(text: string, run: (home: string) => Promise<void>): Promise<void> {
  const home = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${home}/.config/maglev`, { recursive: true });
    await Deno.writeTextFile(`${home}/.config/maglev/servers.yaml`, text);
    await run(home);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test("servers have their names in XDG_CONFIG_HOME, else below the home, else nowhere", () => {
  assert.equal(
    serversPath(environment({ XDG_CONFIG_HOME: "/c", HOME: "/h" })),
    "/c/maglev/servers.yaml",
  );
  assert.equal(serversPath(environment({ HOME: "/h" })), "/h/.config/maglev/servers.yaml");
  assert.equal(serversPath(environment({})), undefined);
});

const file = `servers:
  rtr1: { address: rtr1.example.net:9090 }
  rtr2:
    address: unix:/run/vpp-maglev/api.sock
    token-file: /home/alice/token
  rtr3: { address: rtr3, tls: true, ca: /a, cert: /c, key: /k }
`;

Deno.test("names of the file stand for their addresses, other words for themselves", () =>
  withFile(file, async (home) => {
    const servers = await resolveServers(
      "rtr1, rtr2,rtr3,other,[::1]:1",
      environment({ HOME: home }),
    );
    assert.deepEqual(servers, [
      { name: "rtr1", address: "rtr1.example.net:9090" },
      { name: "rtr2", address: "unix:/run/vpp-maglev/api.sock", tokenFile: "/home/alice/token" },
      { name: "rtr3", address: "rtr3", tls: true, ca: "/a", cert: "/c", key: "/k" },
      { name: "other", address: "other" },
      { name: "[::1]:1", address: "[::1]:1" },
    ]);
  }));

Deno.test("without a file every word is an address", async () => {
  assert.deepEqual(await namedServers("/proc/no/such/servers.yaml"), new Map());
  assert.deepEqual(await resolveServers("rtr1", environment({})), [
    { name: "rtr1", address: "rtr1" },
  ]);
});

Deno.test("a file of servers that is there and cannot be read is told, not passed over", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await assert.rejects(namedServers(folder), {
      message: /^cannot read .*directory/,
      exitCode: 2,
    });
  } finally {
    await Deno.remove(folder);
  }
});

Deno.test("a list that names a server twice, or nothing, is refused", async () => {
  await assert.rejects(resolveServers("a,b,a", environment({})), {
    message: "--server names a twice",
    exitCode: 2,
  });
  await assert.rejects(resolveServers("a,,b", environment({})), { exitCode: 2 });
});

const wrong: readonly (readonly [text: string, message: string])[] = [
  [
    "servers:\n  a: { adress: x }\n",
    '2:8: unknown key "adress"; there is address, tls, token-file',
  ],
  ["servers:\n  a: { address: x, token-file: t }\n", "2:32: token-file is to be an absolute path"],
  ["servers:\n  a: { address: x, token-file: 7 }\n", "2:32: token-file is to be an absolute path"],
  ["servers:\n  a: { address: x, ca: t }\n", "2:24: ca is to be an absolute path"],
  ["servers:\n  a: { address: x, tls: 1 }\n", "2:25: tls is to be true or false"],
  ["server: {}\n", '1:1: unknown key "server"; there is servers'],
  ["servers:\n  a: {}\n", "2:6: server a needs an address such as rtr1:9090"],
  ["servers:\n  a: { address: 7 }\n", "2:17: server a needs an address such as rtr1:9090"],
  ["servers:\n  a: { address: 'x:y' }\n", '2:17: server a: "x:y" is neither host:port nor'],
  ["servers:\n  a: b\n", "2:6: a is to be a mapping"],
  ["servers:\n  'a,b': { address: x }\n", '2:10: "a,b" is no name for a server'],
  ["servers: [\n", "2:1: "],
  ["servers:\n  a: { address: x }\n  a: { address: y }\n", "3:3: Map keys must be unique"],
];

for (const [text, message] of wrong) {
  Deno.test(`servers.yaml is refused with its place: ${message}`, () => {
    assert.throws(() => readServers("f.yaml", text), (error) => {
      assert.ok(
        error instanceof Error && error.message.startsWith(`f.yaml:${message}`),
        `${error}`,
      );
      return true;
    });
  });
}

Deno.test("a file that is wrong is an error of usage, whichever server is named", () =>
  withFile("servers: 1\n", async (home) => {
    await assert.rejects(resolveServers("rtr1", environment({ HOME: home })), { exitCode: 2 });
    assert.equal((await resolveServers("rtr1:9090", environment({ HOME: home }))).length, 1);
  }));

Deno.test("the prompt has the name, or as much of the address as tells servers apart", () => {
  const short = (address: string, name = address) => shortName({ name, address });
  assert.equal(short("192.0.2.1:9191", "rtr1"), "rtr1");
  assert.equal(short("rtr1.example.net"), "rtr1");
  assert.equal(short("rtr1.example.net:9191"), "rtr1:9191");
  assert.equal(short("192.0.2.1:9090"), "192.0.2.1");
  assert.equal(short("::1"), "[::1]");
  assert.equal(short("unix:/run/api.sock"), "localhost");
});
