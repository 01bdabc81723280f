import assert from "node:assert/strict";
import { havePrograms, needing } from "../support/programs.ts";
import { builtPackages } from "./support/built_packages.ts";
import { canSandbox, onThrowAwayMachine } from "./support/sandbox.ts";

const tools = ["dpkg-deb", "systemd-analyze", "setpriv", "curl"];

const script = `
arch=$(command dpkg --print-architecture)
dpkg() { command dpkg --force-unsafe-io "$@"; }
step() { echo "== $*"; }
every() { for each in d "" -frontend; do echo $packages/vpp-maglev"$each"_$1_$arch.deb; done; }
enabled() { ls /etc/systemd/system/multi-user.target.wants 2>/dev/null | grep maglev || echo off; }
export SYSTEMD_OFFLINE=1
# The index of all manuals of this machine would be made anew each time, for 3 s.
rm -f /var/lib/man-db/auto-update

step install
dpkg -i $(every 1.0.0) >/tmp/dpkg.log
id -un maglevd
id -gn maglevd
id -un maglevd-frontend
ls /lib/systemd/system/vpp-maglev*.service /etc/default/vpp-maglev*
stat -c '%a %U' /etc/default/vpp-maglev-frontend
maglevd --check
enabled
dpkg-query -W -f '\${Maintainer}\\n\${Recommends}\\n\${Conffiles}' vpp-maglevd

step programs
/usr/lib/vpp-maglev/maglev maglevd --version | cut -d' ' -f1
/usr/lib/vpp-maglev/maglev maglevc --version | cut -d' ' -f1
maglevd-frontend --version | cut -d' ' -f1
maglevt --version | cut -d' ' -f1
/usr/lib/vpp-maglev/maglev other 2>&1 || echo $?
find /usr/lib/vpp-maglev -size +50M | wc -l
man -l /usr/share/man/man5/maglev.yaml.5.gz 2>&1 | grep -c '^KEYS'

step try before the installation
for package in $(every 1.0.1); do dpkg -x $package /srv/new; done
/srv/new/usr/sbin/maglevd --version | cut -d' ' -f1
PATH=/srv/new/usr/bin:$PATH maglevc --version | cut -d' ' -f1
rm -r /srv/new

step unit
for unit in /lib/systemd/system/vpp-maglev*.service; do
  systemd-analyze verify $unit 2>&1 | grep vpp-maglev || true
done

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
echo MAGLEV_LOG_LEVEL=debug >>/etc/default/vpp-maglev
mkdir -p /var/lib/vpp-maglev
chown maglevd /var/lib/vpp-maglev
as_maglevd() {
  exec setpriv --reuid=maglevd --regid=maglevd --init-groups --inh-caps=-all,+$1,+sys_admin \\
    --ambient-caps=-all,+$1,+sys_admin --no-new-privs \\
    env HOME=/nonexistent maglevd --vpp-api-addr= --state-dir /var/lib/vpp-maglev
}
as_maglevd net_raw >/tmp/log 2>&1 &
until [ "$(maglevc show backends 2>/dev/null | grep -c OK)" = 2 ]; do kill -0 $!; sleep 0.2; done
maglevc show backends | awk '{ print $1, $3, $5 }'
tr '\\0' '\\n' </proc/$!/environ | grep ^DENO_TLS_CA_STORE=
cat /proc/$!/comm
daemon=$!
setpriv --reuid=maglevd-frontend --regid=maglevd-frontend --init-groups --bounding-set=-all \\
  --inh-caps=-all --no-new-privs env HOME=/nonexistent maglevd-frontend >/tmp/web.log 2>&1 &
web=$!
until curl -sS localhost:9093/view/api/state 2>/dev/null | grep -q '"name":"ping"'; do
  kill -0 $web; sleep 0.2
done
curl -sS localhost:9093/view/ | grep -o '<title>.*</title>'
curl -sS localhost:9093/view/app.js | grep -q maglev_scope && echo script
cat /proc/$web/comm
kill $web; wait $web; echo "ended with $?"
maglevc set backend ping pause --yes
kill $daemon; wait $daemon
ls /var/lib/vpp-maglev
ls -d /nonexistent 2>&1 | cut -d: -f3
tail -n 1 /tmp/log | grep -o '"msg":"stopped"'
echo 0 0 >/proc/sys/net/ipv4/ping_group_range
: >/tmp/log
as_maglevd kill >/tmp/log 2>&1 &
until grep -q api-listening /tmp/log; do kill -0 $!; sleep 0.2; done
kill $!; wait $!
grep -o '"capability-missing","capability":"[A-Z_]*"' /tmp/log

step upgrade
ln -s /lib/systemd/system/vpp-maglevd.service /etc/systemd/system/multi-user.target.wants/
dpkg -i $(every 1.0.1) >/tmp/dpkg.log 2>&1 </dev/null
dpkg-query -W -f '\${Version}\\n' vpp-maglevd
grep -c 'port: 9091' /etc/vpp-maglev/maglev.yaml
grep -c LOG_LEVEL=debug /etc/default/vpp-maglev
enabled

step remove and install again
dpkg -r vpp-maglevd >/tmp/dpkg.log 2>&1
readlink /etc/systemd/system/vpp-maglevd.service
dpkg -i $packages/vpp-maglevd_1.0.1_$arch.deb >/tmp/dpkg.log 2>&1 </dev/null
readlink /etc/systemd/system/vpp-maglevd.service || true
enabled
grep -c 'port: 9091' /etc/vpp-maglev/maglev.yaml

step only the client is left
dpkg --force-depends -r vpp-maglevd >/tmp/dpkg.log 2>&1
/usr/lib/vpp-maglev/maglev maglevd 2>&1 || echo $?

step purge
dpkg -P vpp-maglevd vpp-maglev-frontend vpp-maglev >/tmp/dpkg.log 2>&1
getent passwd maglevd || echo no user
getent group maglevd || echo no group
getent passwd maglevd-frontend || echo no user
ls -d /etc/vpp-maglev /etc/default/vpp-maglev* /usr/lib/vpp-maglev* /usr/share/vpp-maglev* \\
  /var/*/vpp-maglev /var/lib/systemd/deb-systemd-helper-*/*maglev* 2>/dev/null ||
  echo no files
enabled

step an image with a configuration of its own
mkdir -p /etc/vpp-maglev
cat >/etc/vpp-maglev/maglev.yaml <<END
maglev: { vpp: { lb: { ipv4-src-address: 10.0.0.1, ipv6-src-address: 2001:db8::1 } } }
END
dpkg -i $(every 1.0.0) >/tmp/dpkg.log
enabled
grep -c 10.0.0.1 /etc/vpp-maglev/maglev.yaml
rm /etc/systemd/system/multi-user.target.wants/vpp-maglevd.service
dpkg -i $(every 1.0.1) >/tmp/dpkg.log
enabled
`;

const expected = `== install
maglevd
maglevd
maglevd-frontend
/etc/default/vpp-maglev
/etc/default/vpp-maglev-frontend
/lib/systemd/system/vpp-maglev-frontend.service
/lib/systemd/system/vpp-maglevd.service
600 root
/etc/vpp-maglev/maglev.yaml: valid: 0 frontends, 0 backends, 0 health checks
off
Tess Ter <tess@example.net>
ca-certificates
== programs
maglevd
maglevc
maglevd-frontend
maglevt
maglev: start it as one of maglevd, maglevc, maglevd-frontend and maglevt, or name one first: /usr/lib/vpp-maglev/maglev maglevd --version
2
1
1
== try before the installation
maglevd
maglevc
== unit
== run
name state last
own up L4OK
ping up L4OK
DENO_TLS_CA_STORE=system
maglevd
<title>maglev</title>
script
maglevd-fronten
ended with 0
backend ping is paused
no frontend's weights change
state.db
 No such file or directory
"msg":"stopped"
"capability-missing","capability":"CAP_NET_RAW"
== upgrade
1.0.1
1
1
vpp-maglevd.service
== remove and install again
/dev/null
vpp-maglevd.service
1
== only the client is left
maglev: maglevd is not installed, it is in the package vpp-maglevd
127
== purge
no user
no group
no user
no files
off
== an image with a configuration of its own
vpp-maglevd.service
1
off
`;

const name =
  "the packages install, run with two capabilities, upgrade, come back as they were, and purge";

Deno.test(
  needing(canSandbox && havePrograms(...tools), `root, namespaces, ${tools.join(", ")}`, name),
  async () => {
    await using packages = await builtPackages();
    const { stdout, stderr, code } = await onThrowAwayMachine(
      `packages=${packages.path}\n${script}`,
      [packages.path],
    );
    assert.equal(stdout, expected, stderr);
    assert.equal(code, 0, stderr);
  },
);
