#!/bin/sh
# The network of docs/setup.md in namespaces, for tests/docs/setup_test.ts: runs the guide's steps in
# their order, each in the namespace of its role, and prints what comes between marks. A Linux GRE
# tunnel stands in for VPP. Needs root, iproute2, bird, nginx, curl and tcpdump.
# usage: network.sh STEPS SERVER_SH PREFIX
#   STEPS      folder with NN-ROLE.sh, the guide's blocks, and bird.conf
#   SERVER_SH  docs/setup/server.sh
#   PREFIX     of the namespaces' names
set -eu
steps=$1 server=$2 p=$3
work=$(mktemp -d "${TMPDIR:-/tmp}/maglev-setup-XXXXXX")
here=$(cd "$(dirname "$0")" && pwd)

on() { ns=$p-$1; shift; ip netns exec "$ns" "$@"; }
end() {
  for name in client up lb web1 web2 lan; do
    ip netns pids "$p-$name" 2>/dev/null | xargs -r kill 2>/dev/null || true
    ip netns del "$p-$name" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap end EXIT

# configure NAME: what comes on standard input, line by line without the word `ip`. Each start of a
# program costs much where this machine's kernel lacks the tunnels.
configure() { ip -n "$p-$1" -batch -; }
# cable IF NAME IF: a network cable to another namespace.
cable() { printf '%s\n' "link add $1 mtu 1500 type veth peer name $3 netns $p-$2" "link set $1 up"; }
# plugged IF ADDRESS4 ADDRESS6
plugged() { printf '%s\n' "link set $1 up" "address add $2 dev $1" "address add $3 dev $1 nodad"; }
defaults() { printf '%s\n' "route add default via $1" "route add ::/0 via $2"; }

for name in client up lb web1 web2 lan; do ip netns add "$p-$name"; done
{
  cable eth0 up eth1
  # The servers' network: a bridge on the router.
  printf '%s\n' 'link set lo up' 'link add lan0 type bridge'
  for name in web1 web2 lan; do
    cable "port-$name" "$name" eth0
    echo "link set port-$name master lan0"
  done
  plugged lan0 192.0.2.1/24 2001:db8:2::1/64
  plugged eth0 203.0.113.2/24 2001:db8:1::2/64
} | configure lb
{
  echo 'link set lo up'
  cable eth0 client eth0
  plugged eth0 100.64.0.1/24 2001:db8:c::1/64
  plugged eth1 203.0.113.1/24 2001:db8:1::1/64
} | configure up
{
  echo 'link set lo up'
  plugged eth0 100.64.0.2/24 2001:db8:c::2/64
  defaults 100.64.0.1 2001:db8:c::1
} | configure client
for host in web1:11 web2:12 lan:99; do
  {
    echo 'link set lo up'
    plugged eth0 "192.0.2.${host#*:}/24" "2001:db8:2::${host#*:}/64"
    [ $host = lan:99 ] || defaults 192.0.2.1 2001:db8:2::1
  } | configure "${host%:*}"
done
defaults 203.0.113.1 2001:db8:1::1 | configure lb
ip -n "$p-up" route add 192.0.2.0/24 via 203.0.113.2
for name in up lb; do
  on $name sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
done
# Servers as strict as they come.
for name in web1 web2; do
  on $name sh -c 'for f in all default eth0; do echo 1 >/proc/sys/net/ipv4/conf/$f/rp_filter; done'
done

# The VPP of this network: tunnel KIND FROM TO sends the VIPs' packets to a server.
tunnel() {
  ip -n "$p-lb" link del vpp 2>/dev/null || true
  printf '%s\n' "link add vpp type $1 local $2 remote $3 ttl 64" 'link set vpp up' \
    'route replace 198.51.100.1/32 dev vpp' 'route replace 2001:db8:f::1/128 dev vpp' | configure lb
}
tunnel gre 192.0.2.1 192.0.2.11

for name in web1 web2; do
  mkdir "$work/$name"
  cat >"$work/$name/nginx.conf" <<END
daemon on; pid $work/$name/pid; error_log stderr; events { }
http {
  access_log off;
  client_body_temp_path $work/$name/a; proxy_temp_path $work/$name/b;
  fastcgi_temp_path $work/$name/c; uwsgi_temp_path $work/$name/d; scgi_temp_path $work/$name/e;
  server { listen 80; listen [::]:80; return 200 "$name saw \$remote_addr on \$server_addr\n"; }
}
END
  on $name nginx -e stderr -p "$work/$name" -c "$work/$name/nginx.conf"
done

cp "$steps/bird.conf" "$work/lb.conf"
cp "$here/upstream.conf" "$work/up.conf"
for name in up lb; do on $name bird -c "$work/$name.conf" -s "$work/$name.ctl" -P "$work/$name.pid"; done

# The programs that the guide's blocks name, as each machine has them.
mkdir "$work/bin"
printf '#!/bin/sh\nexec %s -s %s "$@"\n' "$(command -v birdc)" "$work/lb.ctl" >"$work/bin/birdc"
chmod +x "$work/bin/birdc"
cp "$server" "$work/server.sh"
export PATH="$work/bin:$PATH"

# Asks until it is so: nothing tells of a route that has come or gone.
until_so() {
  tries=0
  until "$@" >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -lt 300 ] || { echo "not so after a long time: $*"; exit 1; }
    sleep 0.2
  done
}
established() { [ "$(birdc show protocols | grep -c Established)" = 2 ]; }
routed() { ip -n "$p-up" route | grep -q 198.51.100.1 && ip -n "$p-up" -6 route | grep -q 2001:db8:f::1; }
gone() { ! ip -n "$p-up" route | grep -q 198.51.100.1 && ! ip -n "$p-up" -6 route | grep -q 2001:db8:f::1; }

# fails WHAT COMMAND…: prints whether the command fails, as it has to.
fails() { what=$1; shift; if "$@" >/dev/null 2>&1; then echo "WRONG: $what"; else echo "right: not so: $what"; fi; }
get() { on client curl -sS -m 20 "http://$1/"; }
# The segment size in the answer to a SYN, as the client sees it.
segment() {
  on client tcpdump -nvi eth0 -c 1 --immediate-mode "$2" >"$work/syn" 2>"$work/tcpdump" &
  dump=$!
  until_so grep -q listening "$work/tcpdump"
  # Again and again: a machine that is short of time may miss one.
  until_so seen "$1"
  wait $dump
  grep -o 'mss [0-9]*' "$work/syn"
}
seen() { get "$1" >/dev/null && grep -q 'mss' "$work/syn"; }
segments() {
  segment 198.51.100.1 'src port 80 and tcp[13] & 18 = 18'
  segment '[2001:db8:f::1]' 'ip6 and src port 80 and ip6[53] & 18 = 18'
}
before_and_after() {
  on web1 sh -c 'ip rule; ip -6 rule; ip route show table 1047 2>/dev/null; ip -6 route show table 1047 2>/dev/null
    ip -o link | grep -o "maglev[^:@]*"; cat /proc/sys/net/ipv4/conf/all/arp_ignore /proc/sys/net/ipv4/conf/all/arp_announce'
}
serve() { MAGLEV_SERVER_STATE=$work/state-$1 on "$1" sh -c "cd $work && $2"; }

# What the guide says of the servers, beyond its own commands.
checks() {
  echo "== checks"
  echo "segments over IPv4:"; segments
  ip -n "$p-lan" route add 198.51.100.1/32 dev eth0
  fails "the VIP is seen on the servers' network" on lan curl -sS -m 4 http://198.51.100.1/
  on web1 sh -c 'echo 0 >/proc/sys/net/ipv4/conf/all/arp_ignore'
  echo "without arp_ignore:"; on lan curl -sS -m 10 http://198.51.100.1/
  on web1 sh -c 'echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore; echo 1 >/proc/sys/net/ipv4/conf/maglev0/rp_filter'
  fails "a strict filter lets packets through" on client curl -sS -m 3 http://198.51.100.1/
  on web1 sh -c 'echo 2 >/proc/sys/net/ipv4/conf/maglev0/rp_filter'
  tunnel gre 192.0.2.1 192.0.2.12
  echo "by the other server:"; get 198.51.100.1; get '[2001:db8:f::1]'

  echo "over IPv6:"
  serve web1 './server.sh down'
  serve web1 './server.sh up --router 2001:db8:2::1 --address 2001:db8:2::11 --vip 198.51.100.1 --vip 2001:db8:f::1'
  tunnel ip6gre 2001:db8:2::1 2001:db8:2::11
  get 198.51.100.1; get '[2001:db8:f::1]'
  segments
  serve web1 './server.sh down'

  echo "a larger network, and up twice:"
  for _ in 1 2; do
    serve web1 './server.sh up --path-mtu 1600 --router 192.0.2.1 --address 192.0.2.11 --vip 198.51.100.1 --vip 2001:db8:f::1'
  done
  tunnel gre 192.0.2.1 192.0.2.11
  segments
  serve web1 './server.sh down'
  for vip in 2001:db8:f::1 2001:DB8:F:0::0001; do
    serve web1 "./server.sh up --router 192.0.2.1 --address 192.0.2.11 --vip 198.51.100.1 --vip $vip"
  done
  get 198.51.100.1; get '[2001:db8:f::1]'
  for priority in 1046 1047; do
    on web1 ip rule | grep -c "^$priority:"
    on web1 ip -6 rule | grep -c "^$priority:"
  done
  on web1 ip -6 addr show dev maglev-vip | grep -c '2001:db8:f'
}

before_and_after >"$work/before"
for step in "$steps"/*-*.sh; do
  role=$(basename "$step" .sh)
  echo "== $role"
  case ${role#*-} in
    router)
      until_so established
      on lb sh -e "$step"
      if grep -q 'enable' "$step"; then until_so routed; get 198.51.100.1
      elif grep -q 'disable' "$step"; then
        until_so gone
        fails "the VIP is reached" on client curl -sS -m 4 http://198.51.100.1/
      else until_so routed; fi
      ;;
    client) on client sh -e "$step"; checks ;;
    *) serve "${role#*-}" "sh -e '$step'" ;;
  esac
done
echo "== end"
before_and_after | diff "$work/before" - && echo "as before"
echo "== done"
