import assert from "node:assert/strict";
import { needing } from "../support/programs.ts";
import { linkPackages } from "./support/built_packages.ts";
import { onSystemdMachine, whyNoMachine } from "./support/systemd_machine.ts";

/** What the script prints and what is expected of it, step by step: `$ command`, then its output. */
const story = `
== a new machine: installed, and not started before it is configured
$ install_version 1.0.0
$ state
disabled inactive
$ cat /etc/vpp-maglev/maglev.yaml | grep -c ipv4-src
1

== with a configuration it starts, although /var/cache is read-only
$ mount -t tmpfs -o ro tmpfs /var/cache
$ configure web ping
$ systemctl enable --now vpp-maglevd 2>/dev/null
$ note_process; state
enabled active
$ status
1 frontend, 2 backends, 2 health checks
$ until [ "$(maglevc show backends | grep -c L4OK)" = 2 ]; do sleep 0.2; done
$ maglevc set backend ping pause --yes | head -n 1
backend ping is paused
$ stat -c '%a %U %G' /run/vpp-maglev/api.sock
660 maglevd maglevd
$ maglevc show events kind audit --json | tr -d ' ' | grep -o '"name":"[a-z]*"' | sort -u
"name":"root"
$ setpriv --reuid games --regid maglevd --clear-groups maglevc set backend ping resume --yes | head -n 1
backend ping is unknown until it is probed
$ maglevc set backend ping pause --yes | head -n 1
backend ping is paused
$ maglevc show events kind audit --json | tr -d ' ' | grep -o '"name":"[a-z]*"' | sort -u
"name":"games"
"name":"root"
$ journalctl -u vpp-maglevd -p err -o cat -q
$ until journalctl -u vpp-maglevd -p warning -o cat -q | grep -q config-warning; do sleep 0.2; done
$ journalctl -u vpp-maglevd -p warning -o cat -q | grep -o '^{.*"config-warning"' | cut -d, -f2 | sort -u
"level":"WARN"

== the web view is off until it is enabled, and then shows what maglevd tells
$ state vpp-maglev-frontend
disabled inactive
$ systemctl enable --now vpp-maglev-frontend 2>/dev/null
$ until get /view/api/state 2>/dev/null | grep -q '"name":"ping"'; do sleep 0.2; done
$ get /view/ | grep -o '<title>.*</title>'
<title>maglev</title>
$ pid=$(systemctl show -P MainPID vpp-maglev-frontend)
$ stat -c %U /proc/$pid; grep ^CapEff /proc/$pid/status | tr -s '\\t ' ' '
maglevd-frontend
CapEff: 0000000000000000
$ until systemctl show -P StatusText vpp-maglev-frontend | grep -q '^1 of 1 '; do sleep 0.2; done
$ journalctl -u vpp-maglev-frontend -p warning -o cat -q
$ systemctl reload vpp-maglev-frontend
$ until journalctl -u vpp-maglev-frontend -o cat -q | grep -q '"reloaded"'; do sleep 0.2; done
$ systemctl kill -s KILL vpp-maglev-frontend
$ until [ "$(systemctl show -P NRestarts vpp-maglev-frontend)" = 1 ]; do sleep 0.2; done
$ until get /view/api/state 2>/dev/null | grep -q '"name":"ping"'; do sleep 0.2; done
$ echo MAGLEV_FRONTEND_LISTEN=here >>/etc/default/vpp-maglev-frontend
$ systemctl restart vpp-maglev-frontend 2>/dev/null || true
$ until [ "$(state vpp-maglev-frontend)" = "enabled failed" ]; do sleep 0.2; done
$ systemctl show -P NRestarts -P ExecMainStatus vpp-maglev-frontend
0
2
$ until journalctl -u vpp-maglev-frontend -p err -o cat -q | grep -q LISTEN; do sleep 0.2; done
$ journalctl -u vpp-maglev-frontend -p err -o cat -q
maglevd-frontend: MAGLEV_FRONTEND_LISTEN is an address and a port such as :9093, 127.0.0.1:9093 or [::1]:9093, not "here"
Failed to start vpp-maglev-frontend.service - Web view of maglevd, the control plane for VPP's Maglev load balancer.
$ sed -i '$d' /etc/default/vpp-maglev-frontend; systemctl start vpp-maglev-frontend
$ state vpp-maglev-frontend
enabled active

== a reload of a good file
$ configure web ping third
$ systemctl reload vpp-maglevd
$ until status | grep '3 backends'; do sleep 0.2; done
1 frontend, 3 backends, 2 health checks
$ same_process
yes

== a reload of a bad one fails, says which line, and changes nothing
$ echo '  frontend: {}' >>$config
$ systemctl reload vpp-maglevd 2>/dev/null || echo "failed with $?"
failed with 1
$ status
1 frontend, 3 backends, 2 health checks; not reloaded: /etc/vpp-maglev/maglev.yaml:12:3: maglev.frontend: unknown key "frontend"; did you mean "frontends"?
$ maglevc show events kind reload | grep -c 'rejected (parse)'
1
$ until journalctl -u vpp-maglevd -p err -o cat -q | grep -q '^/etc'; do sleep 0.2; done
$ journalctl -u vpp-maglevd -p err -o cat -q | grep '^/etc'
/etc/vpp-maglev/maglev.yaml:12:3: maglev.frontend: unknown key "frontend"; did you mean "frontends"?
$ state
enabled active
$ maglevc show backends | grep -c third
1
$ same_process
yes

== a reload that the daemon refuses fails too, also where its API listens elsewhere
$ printf '[Service]\\nExecStart=\\nExecStart=/usr/sbin/maglevd --grpc-addr 127.0.0.9:4711\\n' >/run/systemd/system/vpp-maglevd.service.d/api.conf
$ configure web ping third
$ systemctl daemon-reload; systemctl restart vpp-maglevd; note_process
$ sed -i s/198.51.100.1/198.51.100.9/ $config
$ systemctl reload vpp-maglevd 2>/dev/null || echo "failed with $?"
failed with 1
$ status | grep -o 'not reloaded: .* out of service'
not reloaded: the reload is refused: it would take 1 of 1 VIPs out of service
$ until journalctl -u vpp-maglevd -p err -o cat -q | grep -q '^the reload'; do sleep 0.2; done
$ journalctl -u vpp-maglevd -p err -o cat -q | grep -o '^the reload.* out of service'
the reload is refused: it would take 1 of 1 VIPs out of service
$ systemctl is-active vpp-maglevd; same_process
active
yes
$ maglevc --server 127.0.0.9:4711 config reload force | head -n 1
config reloaded
$ status
1 frontend, 3 backends, 2 health checks
$ configure web ping third
$ rm /run/systemd/system/vpp-maglevd.service.d/api.conf
$ systemctl daemon-reload; systemctl restart vpp-maglevd; note_process

== killed, it comes back with what operators said
$ maglevc set backend web drain for 9h --yes | head -n 1
backend web drains, and is up
$ maglevc set frontend f pool p backend web weight 30 --yes | head -n 1
backend web has weight 30 in pool p of f
$ systemctl kill -s KILL vpp-maglevd
$ until another_process; do sleep 0.2; done
$ said_by_hand
backend ping: paused by root; the file says enabled
backend web: draining by root; the file says enabled
weight of web in pool p of f: 30 by root; the file says 100

== stopped dead, it takes no reload, and the watchdog starts it afresh
$ printf '[Service]\\nWatchdogSec=10\\n' >/run/systemd/system/vpp-maglevd.service.d/w.conf
$ systemctl daemon-reload; systemctl restart vpp-maglevd; note_process
$ systemctl kill --kill-whom=main -s STOP vpp-maglevd
$ systemctl reload vpp-maglevd 2>/dev/null || echo "failed with $?"
failed with 1
$ until another_process; do sleep 0.2; done
$ until journalctl -u vpp-maglevd -o cat -q | grep -q 'Watchdog timeout'; do sleep 0.2; done
$ journalctl -u vpp-maglevd -o cat -q | grep -c 'Watchdog timeout (limit 10s)!'
1
$ rm /run/systemd/system/vpp-maglevd.service.d/w.conf; systemctl daemon-reload

== an upgrade leaves who would not start again at work, and says why
$ echo '  frontend: {}' >>$config
$ install_version 1.0.1
$ cat /tmp/dpkg.err
/etc/vpp-maglev/maglev.yaml:12:3: maglev.frontend: unknown key "frontend"; did you mean "frontends"?
/etc/vpp-maglev/maglev.yaml: 1 parse error
vpp-maglevd: not restarted, for it would not start: the former version goes on.
vpp-maglevd: mend that, then: systemctl restart vpp-maglevd.service
$ same_process; ls /run | grep maglev
yes
vpp-maglev
$ configure web ping third; seq 3000 | sed 's/^/# /' >>$config
$ systemctl reload vpp-maglevd && same_process
yes
$ chmod 600 $config
$ install_version 1.0.0
$ grep -v downgrading /tmp/dpkg.err
/etc/vpp-maglev/maglev.yaml: cannot be read: Permission denied (os error 13): open '/etc/vpp-maglev/maglev.yaml'
/etc/vpp-maglev/maglev.yaml: 1 parse error
vpp-maglevd: not restarted, for it would not start: the former version goes on.
vpp-maglevd: mend that, then: systemctl restart vpp-maglevd.service
$ configure web ping third; chmod 644 $config; echo MAGLEV_LOG_LEVEL=loud >>/etc/default/vpp-maglev
$ echo MAGLEV_FRONTEND_LISTEN=here >>/etc/default/vpp-maglev-frontend
$ pid=$(systemctl show -P MainPID vpp-maglev-frontend)
$ install_version 1.0.0
$ grep '^maglevd: ' /tmp/dpkg.err; same_process
maglevd: MAGLEV_LOG_LEVEL is debug, info, warn or error, not "loud"
yes
$ grep 'frontend: ' /tmp/dpkg.err | cut -c-95
maglevd-frontend: MAGLEV_FRONTEND_LISTEN is an address and a port such as :9093, 127.0.0.1:9093
vpp-maglev-frontend: not restarted, for it would not start: the former version goes on.
vpp-maglev-frontend: mend that, then: systemctl restart vpp-maglev-frontend.service
$ test $pid = $(systemctl show -P MainPID vpp-maglev-frontend)
$ sed -i '$d' /etc/default/vpp-maglev; systemctl restart vpp-maglevd
$ sed -i '$d' /etc/default/vpp-maglev-frontend
$ until another_process; do sleep 0.2; done

== an upgrade asks nothing, restarts it, and keeps everything: also who is paused, drained or weighed by hand
$ noted_change=$(last_change)
$ install_version 1.0.1
$ until another_process; do sleep 0.2; done
$ until get /view/api/state 2>/dev/null | grep -q '"name":"ping"'; do sleep 0.2; done
$ dpkg-query -W -f '\${Version}\\n' vpp-maglevd
1.0.1
$ state
enabled active
$ said_by_hand
backend ping: paused by root; the file says enabled
backend web: draining by root; the file says enabled
weight of web in pool p of f: 30 by root; the file says 100
$ maglevc show backends | tr -s ' ' | cut -d' ' -f1,3
name state
ping paused
third up
web up
$ maglevc show frontends f | grep -o '30 (by hand.*' | tr -s ' '
30 (by hand, file 100) 0 draining, by hand, file enabled
$ maglevc show backends web | grep ^drain | grep -o 'what is left is moved away in 8h'
what is left is moved away in 8h
$ [ "$(last_change)" = "$noted_change" ] && echo no change
no change

== removed and installed again, it is what it was
$ dpkg -r vpp-maglevd vpp-maglev-frontend
$ state; state vpp-maglev-frontend
masked inactive
masked inactive
$ install_version 1.0.1
$ state; state vpp-maglev-frontend
enabled active
enabled active
$ maglevc show backends ping | grep ^state | tr -s ' ' | cut -d' ' -f1-2
state paused

== a broken file at the start is named, and is not tried again
$ echo '  frontend: {}' >>$config
$ systemctl restart vpp-maglevd 2>/dev/null || echo "failed with $?"
failed with 1
$ status
configuration refused: /etc/vpp-maglev/maglev.yaml:12:3: maglev.frontend: unknown key "frontend"; did you mean "frontends"?
$ systemctl show -P Result -P ExecMainStatus -P NRestarts vpp-maglevd
exit-code
0
1
$ state
enabled failed
$ install_version 1.0.1; grep ^vpp /tmp/dpkg.err
vpp-maglevd: it does not start, see: systemctl status vpp-maglevd.service

== a port in use is tried again until it is free
$ configure web
$ systemd-run --quiet --unit=other maglevd --vpp-api-addr= --metrics-addr=
$ until maglevc show version >/dev/null 2>&1; do sleep 0.2; done
$ systemctl start vpp-maglevd 2>/dev/null || true
$ until [ "$(systemctl show -P NRestarts vpp-maglevd)" -gt 0 ]; do sleep 0.2; done
$ until journalctl -u vpp-maglevd -o cat -q | grep -q 'status=3'; do sleep 0.2; done
$ journalctl -u vpp-maglevd -o cat -q | grep -o 'Main process exited, code=exited, status=3' | sort -u
Main process exited, code=exited, status=3
$ systemctl stop other
$ until [ "$(state)" = "enabled active" ]; do sleep 0.2; done

== purged, nothing is left
$ dpkg -P vpp-maglevd vpp-maglev-frontend vpp-maglev 2>/dev/null
$ state; state vpp-maglev-frontend
not-found inactive
not-found inactive
$ getent passwd maglevd maglevd-frontend; getent group maglevd maglevd-frontend
$ find / -xdev -iname '*maglev*' -not -path '/proc/*' -not -path '/shared/*' -not -path '*/log/*' -not -path '*/maglev-test.service' | grep -v '^/sys'

== a configuration that was there before is honoured
$ mkdir -p /etc/vpp-maglev; configure web
$ install_version 1.0.0
$ state
enabled active
$ status
1 frontend, 1 backend, 2 health checks
`;

/** What the story's commands are made of. */
const vocabulary = `
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
config=/etc/vpp-maglev/maglev.yaml
mkdir -p /run/systemd/system/vpp-maglevd.service.d
echo '127.0.0.1 localhost' >/etc/hosts
arch=$(dpkg --print-architecture)
dpkg() { command dpkg --force-unsafe-io "$@" >/tmp/dpkg.log </dev/null || cat /tmp/dpkg.log; }
install_version() { dpkg -i /shared/vpp-maglev*_$1_$arch.deb 2>/tmp/dpkg.err; }
state() {
  unit=\${1:-vpp-maglevd}
  echo "$(systemctl is-enabled $unit 2>/dev/null || true) $(systemctl is-active $unit)" |
    sed 's/^ /not-found /'
}
get() {
  bash -c 'exec 3<>/dev/tcp/127.0.0.1/9093
    printf "GET $1 HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n" >&3
    cat <&3' get "$1"
}
# What was said a moment ago may be on its way.
journalctl() { command journalctl --sync; command journalctl "$@"; }
status() { systemctl show -P StatusText vpp-maglevd; }
process() { systemctl show -P MainPID vpp-maglevd; }
note_process() { noted=$(process); }
same_process() { [ "$(process)" = "$noted" ] && echo yes; }
another_process() {
  [ "$(process)" != "$noted" ] && [ "$(systemctl is-active vpp-maglevd)" = active ] && note_process; }
said_by_hand() { maglevc show status | sed -n '/^by hand/,$p' | sed -E '1d; s/^ +//; s/ from .* ago//'; }
last_change() { maglevc show events kind backend kind frontend kind weight kind drain num 1; }
configure() {
  {
    echo 'maglev:'
    echo '  vpp: { lb: { ipv4-src-address: 192.0.2.1, ipv6-src-address: "2001:db8::1" } }'
    echo '  healthchecks:'
    echo '    icmp: { type: icmp, interval: 100ms, timeout: 10s }'
    echo '    tcp: { type: tcp, port: 9091, interval: 100ms, timeout: 10s }'
    echo '  backends:'
    echo "    \${1}: { address: 127.0.0.1, healthcheck: tcp }"
    echo "    \${2:-b}: { address: 127.0.0.2, healthcheck: icmp }"
    echo "    \${3:-c}: { address: 127.0.0.3, healthcheck: icmp }"
    echo '  frontends:'
    echo '    f: { address: 198.51.100.1, pools: [{ name: p, backends: { web: {} } }] }'
  } | if [ $# = 1 ]; then grep -v ' [bc]: '; elif [ $# = 2 ]; then grep -v ' c: '; else cat; fi >$config
}
`;

/** The story as a script that prints each line before it does what it says. */
function scriptOf(story: string): string {
  const lines = story.trim().split("\n").flatMap((line) => {
    const shown = `printf '%s\\n' '${line.replaceAll("'", `'\\''`)}'`;
    if (line.startsWith("$ ")) return [shown, line.slice(2)];
    return line.startsWith("== ") ? [shown] : [];
  });
  return [vocabulary, "set +e", ...lines].join("\n");
}

const reason = await whyNoMachine();

Deno.test(
  needing(reason === undefined, reason ?? "", "what the unit and the packages do under systemd"),
  async () => {
    const shared = await Deno.makeTempDir();
    try {
      await linkPackages(shared);
      const { stdout, stderr } = await onSystemdMachine(scriptOf(story), shared);
      assert.equal(stdout.trim(), story.trim().replaceAll(/\n\n/g, "\n"), stderr);
    } finally {
      await Deno.remove(shared, { recursive: true });
    }
  },
);
