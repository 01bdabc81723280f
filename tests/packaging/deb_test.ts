import assert from "node:assert/strict";
import { havePrograms, needing } from "../support/programs.ts";
import { canSandbox, onThrowAwayMachine } from "./sandbox.ts";

const root = new URL("../../", import.meta.url).pathname;

const tools = ["dpkg-deb", "systemd-analyze", "setpriv"];

/** Packages of two versions, uncompressed, because compressing takes half a minute. */
async function build(out: string): Promise<void> {
  for (const version of ["1.0.0", "1.0.1"]) {
    const args = ["--compression", "none", "--version", version, "--out", out];
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", `${root}tools/deb.ts`, ...args],
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
  }
}

const script = `
arch=$(dpkg --print-architecture)
step() { echo "== $1"; }

step install
dpkg -i $packages/vpp-maglevd_1.0.0_$arch.deb $packages/vpp-maglev_1.0.0_$arch.deb >/tmp/dpkg.log
id -un maglevd
id -gn maglevd
ls /lib/systemd/system/vpp-maglevd.service /etc/default/vpp-maglev
maglevd --check

step unit
systemd-analyze verify /lib/systemd/system/vpp-maglevd.service 2>&1 | grep vpp-maglevd || true
grep CA_STORE /lib/systemd/system/vpp-maglevd.service

step run
cat >/etc/vpp-maglev/maglev.yaml <<END
maglev:
  vpp: {lb: {ipv4-src-address: 192.0.2.1, ipv6-src-address: "2001:db8::1"}}
  healthchecks: {c: {type: tcp, port: 9091, interval: 100ms}, p: {type: icmp, interval: 100ms}}
  backends:
    own: {address: 127.0.0.1, healthcheck: c}
    ping: {address: 127.0.0.1, healthcheck: p}
  frontends: {f: {address: 198.51.100.1, pools: [{name: p, backends: {own: {}}}]}}
END
mkdir -p /var/cache/vpp-maglev /var/lib/vpp-maglev
chown maglevd /var/cache/vpp-maglev /var/lib/vpp-maglev
setpriv --reuid=maglevd --regid=maglevd --init-groups --inh-caps=-all,+net_raw,+sys_admin \\
  --ambient-caps=-all,+net_raw,+sys_admin --no-new-privs \\
  env DENO_DIR=/var/cache/vpp-maglev maglevd --vpp-api-addr= --state-dir /var/lib/vpp-maglev >/tmp/log 2>&1 &
until [ "$(maglevc show backends 2>/dev/null | grep -c OK)" = 2 ]; do kill -0 $!; done
maglevc show backends | awk '{ print $1, $3, $5 }'
tr '\\0' '\\n' </proc/$!/environ | grep ^DENO_TLS_CA_STORE=
maglevc set backend ping pause --yes
kill $!; wait $!
ls /var/lib/vpp-maglev
tail -n 1 /tmp/log | grep -o '"msg":"stopped"'

step upgrade
dpkg --force-confdef -i $packages/vpp-maglevd_1.0.1_$arch.deb >/tmp/dpkg.log 2>&1
dpkg-query -W -f '\${Version}\\n' vpp-maglevd
grep -c 'port: 9091' /etc/vpp-maglev/maglev.yaml

step purge
dpkg -P vpp-maglevd vpp-maglev >/tmp/dpkg.log 2>&1
getent passwd maglevd || echo no user
getent group maglevd || echo no group
ls -d /etc/vpp-maglev /etc/default/vpp-maglev /usr/lib/vpp-maglev* /var/*/vpp-maglev 2>/dev/null ||
  echo no files
`;

const expected = `== install
maglevd
maglevd
/etc/default/vpp-maglev
/lib/systemd/system/vpp-maglevd.service
/etc/vpp-maglev/maglev.yaml: valid: 1 frontend, 2 backends, 1 health check
== unit
Environment=DENO_TLS_CA_STORE=system
== run
name state last
own up L4OK
ping up L4OK
DENO_TLS_CA_STORE=system
backend ping is paused
no frontend's traffic changes
state.db
"msg":"stopped"
== upgrade
1.0.1
1
== purge
no user
no group
no files
`;

const name = "the packages install, check, run with two capabilities, upgrade and purge";

Deno.test(
  needing(canSandbox && havePrograms(...tools), `root, namespaces, ${tools.join(", ")}`, name),
  async () => {
    const out = await Deno.makeTempDir();
    try {
      await build(out);
      const { stdout, stderr, code } = await onThrowAwayMachine(`packages=${out}\n${script}`, [
        out,
      ]);
      assert.equal(stdout, expected, stderr);
      assert.equal(code, 0, stderr);
    } finally {
      await Deno.remove(out, { recursive: true });
    }
  },
);
