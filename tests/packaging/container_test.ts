import assert from "node:assert/strict";
import { havePrograms, needing } from "../support/programs.ts";
import { builtPortable } from "./support/built_packages.ts";
import { findBuilder, onThisMachine } from "./support/container_builder.ts";
import { canSandbox, onThrowAwayMachine } from "./support/sandbox.ts";

const root = new URL("../../", import.meta.url).pathname;

/** One instruction of a Containerfile. */
interface Instruction {
  readonly name: string;
  readonly rest: string;
}

function instructions(text: string): Instruction[] {
  const whole = text.replaceAll(/^#.*\n/gm, "").replaceAll(/\\\n/g, " ");
  return [...whole.matchAll(/^([A-Z]+)\s+(.*)$/gm)]
    .map(([, name = "", rest = ""]) => ({ name, rest: rest.trim() }));
}

/** A builder's work, as shell commands for a machine that has what `apt-get install` would bring. */
function stepsOf({ name, rest }: Instruction): string {
  switch (name) {
    case "FROM":
    case "EXPOSE":
      return "";
    case "RUN":
      return `as_user sh -c '${rest.replaceAll("'", `'\\''`)}'`;
    case "COPY": {
      const [from, to] = rest.split(/\s+/);
      return `cp --preserve=mode $context/${from} ${to}`;
    }
    case "ENV":
      return `environment="$environment ${rest}"`;
    case "USER":
      return `user=${rest}`;
    case "ENTRYPOINT":
      return `entry='${(JSON.parse(rest) as string[]).join(" ")}'`;
    default:
      throw new Error(`this test does not know ${name}`);
  }
}

/** What a container runtime does with the image: a read-only root, volumes, and few capabilities. */
const running = `
echo 'maglev:
  vpp: { lb: { ipv4-src-address: 192.0.2.1, ipv6-src-address: "2001:db8::1" } }
  healthchecks: { p: { type: icmp, interval: 100ms, timeout: 10s } }
  backends: { b: { address: 127.0.0.1, healthcheck: p } }
  frontends: { f: { address: 198.51.100.1, pools: [{ name: p, backends: { b: {} } }] } }
' >/etc/vpp-maglev/maglev.yaml
mount -t tmpfs -o uid=9090 tmpfs /var/lib/vpp-maglev
mount --bind / /; mount -o remount,ro,bind /
if (: >/usr/new) 2>/dev/null; then echo "the root can be written"; fi
echo 0 0 >/proc/sys/net/ipv4/ping_group_range

start() {
  setpriv --reuid=\${user%:*} --regid=\${user#*:} --clear-groups --inh-caps=-all \\
    --bounding-set=-all$1 env -i PATH=$PATH $environment $entry --vpp-api-addr= >/tmp/log 2>&1 &
}
facts() {
  tr -s '\\t ' ' ' </proc/$!/status | grep '^Uid\\|^CapEff\\|^NoNewPrivs'
  cat /proc/$!/comm
}

start ,+net_raw,+sys_admin
until maglevc show backends 2>/dev/null | grep -o L4OK; do kill -0 $!; sleep 0.2; done
facts
ls /var/lib/vpp-maglev/state.db
kill $!; wait $!; echo "ended with $?"

start ,+net_raw
until maglevc show backends 2>/dev/null | grep -o L4OK; do kill -0 $!; sleep 0.2; done
facts
daemon=$!
setpriv --reuid=\${user%:*} --regid=\${user#*:} --clear-groups --inh-caps=-all --bounding-set=-all \\
  env -i PATH=$PATH $environment maglevd-frontend >/tmp/log 2>&1 &
until curl -sS localhost:9093/view/api/state 2>/dev/null | grep -q L4OK; do kill -0 $!; sleep 0.2; done
facts
kill $!; wait $!
kill $daemon; wait $daemon

start ""
until maglevc show backends b 2>/dev/null | grep -m 1 -o 'CAP_NET_RAW is missing'; do kill -0 $!; sleep 0.2; done
facts
kill $!; wait $!
grep -o '"capability-missing","capability":"[A-Z_]*"' /tmp/log
`;

const expected = `L4OK
Uid: 9090 9090 9090 9090
CapEff: 0000000000202000
NoNewPrivs: 1
maglevd
/var/lib/vpp-maglev/state.db
ended with 0
L4OK
Uid: 9090 9090 9090 9090
CapEff: 0000000000002000
NoNewPrivs: 1
maglevd
Uid: 9090 9090 9090 9090
CapEff: 0000000000000000
NoNewPrivs: 0
maglevd-fronten
CAP_NET_RAW is missing
Uid: 9090 9090 9090 9090
CapEff: 0000000000000000
NoNewPrivs: 0
maglevd
"capability-missing","capability":"CAP_NET_RAW"
`;

/** What a builder works in: the built executable, and what the Containerfile copies besides. */
async function makeContext(): Promise<AsyncDisposable & { readonly path: string }> {
  await using made = new AsyncDisposableStack();
  const path = await Deno.makeTempDir();
  made.defer(() => Deno.remove(path, { recursive: true }));
  await using portable = await builtPortable();
  for (const folder of ["dist", "packaging"]) await Deno.mkdir(`${path}/${folder}`);
  await Deno.link(`${portable.path}/maglev`, `${path}/dist/maglev`);
  for (const file of ["packaging/Containerfile", "packaging/container-entry.sh"]) {
    await Deno.copyFile(root + file, `${path}/${file}`);
  }
  const own = made.move();
  return { path, [Symbol.asyncDispose]: () => own.disposeAsync() };
}

const builder = await findBuilder(onThisMachine);
const tools = ["setpriv", "setcap", "curl"];

if ("build" in builder) {
  Deno.test(`the image that ${builder.name} builds runs without root, on a read-only root`, async () => {
    await using context = await makeContext();
    const image = `maglev-test:${Deno.pid}`;
    const built = await onThisMachine(builder.build, image, context.path);
    assert.equal(built.code, 0, built.stderr);
    try {
      const version = await onThisMachine(builder.run, image, "maglevd", "--version");
      assert.match(version.stdout, /^maglevd /, version.stderr);
      const user = await onThisMachine(builder.run, image, "id", "-u");
      assert.equal(user.stdout, "9090\n", user.stderr);
    } finally {
      await onThisMachine(builder.remove, image);
    }
  });
}

Deno.test(
  needing(
    canSandbox && havePrograms(...tools),
    `root, namespaces, ${tools.join(", ")}`,
    "the steps of the Containerfile make something that runs without root, on a read-only root" +
      ("why" in builder ? `, in an overlay: no image is built for ${builder.why}` : ""),
  ),
  async () => {
    await using context = await makeContext();
    const file = instructions(await Deno.readTextFile(`${root}packaging/Containerfile`));
    const script = [
      `context=${context.path}; environment=; user=0:0`,
      "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "printf '#!/bin/sh\\n' >/usr/local/bin/apt-get; chmod 755 /usr/local/bin/apt-get",
      `chmod 755 ${context.path}`,
      "as_user() { setpriv --reuid=${user%:*} --regid=${user#*:} --clear-groups " +
      'env -i PATH=$PATH $environment "$@" >/dev/null; }',
      ...file.map(stepsOf),
      running,
    ].join("\n");
    const run = await onThrowAwayMachine(script, [context.path]);
    assert.equal(run.stdout, expected, run.stderr);
    assert.equal(run.code, 0, run.stderr);
  },
);
