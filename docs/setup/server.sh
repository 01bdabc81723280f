#!/bin/sh
# Makes this machine an application server behind VPP's load balancer, and undoes it: a GRE tunnel
# that takes the router's packets in, the VIPs on a dummy interface that nobody is told of, and the
# segment size that fits into the tunnel. Needs root and iproute2. docs/setup.md explains it.
set -eu

usage() {
  cat <<'END'
usage: server.sh up --router ADDR --address ADDR --vip ADDR [options]
       server.sh down | show

  --router ADDR     vpp.lb.ipv4-src-address or ipv6-src-address of maglevd; again for each router
  --address ADDR    the backend's address: this machine's, of the same family as the router's
  --vip ADDR        a frontend's address, IPv4 or IPv6; again for each
  --path-mtu N      the largest packet between router and server (default 1500)
  --dry-run         print the commands of `up` and do nothing

`up` may be run again; it then does what is new and keeps what is there.
END
}

# What was there before, for `down`.
state=${MAGLEV_SERVER_STATE:-/run/maglev-server}
# Routing table and order of its rule: GRE is IP protocol 47.
table=1047
dry=

die() { echo "server.sh: $*" >&2; exit 2; }
run() { if [ -n "$dry" ]; then echo "$*"; else "$@"; fi; }
family() { case $1 in *:*) echo 6 ;; *) echo 4 ;; esac; }
has_link() { [ -z "$dry" ] && ip link show dev "$1" >/dev/null 2>&1; }

# Sets a sysctl and remembers the first value it had.
set_sysctl() {
  file=/proc/sys/net/$1
  if [ -n "$dry" ]; then echo "echo $2 >$file"; return; fi
  if ! grep -qs "^$1 " "$state/sysctl"; then echo "$1 $(cat "$file")" >>"$state/sysctl"; fi
  echo "$2" >"$file"
}

# Adds a rule that may be there. The kernel knows it, however an address in it is written.
rule() {
  f=$1
  shift
  if [ -n "$dry" ]; then run ip "-$f" rule add "$@"; return; fi
  if ! said=$(ip "-$f" rule add "$@" 2>&1); then
    case $said in *"File exists"*) ;; *) die "$said" ;; esac
  fi
}

# One tunnel device for each router. Linux takes in only what comes from its remote address.
tunnels() {
  kind=gre
  extra=
  if [ "$(family "$address")" = 6 ]; then kind=ip6gre extra='encaplimit none'; fi
  n=0
  for router in $routers; do
    [ "$(family "$router")" = "$(family "$address")" ] ||
      die "--router $router and --address $address are of two families"
    device=maglev$n
    n=$((n + 1))
    # shellcheck disable=SC2086 # words
    has_link $device ||
      run ip link add $device type $kind local "$address" remote "$router" ttl 64 $extra
    run ip link set $device up
    # The client's packets come in by the tunnel and are answered by another interface: 2 (loose)
    # wins over whatever conf.all says. Even so Linux drops all that comes in by an interface
    # without an address (__fib_validate_source in net/ipv4/fib_frontend.c): it gets the VIPs too.
    set_sysctl ipv4/conf/$device/rp_filter 2
    for vip in $vips; do
      if [ "$(family "$vip")" = 4 ]; then run ip addr replace "$vip/32" dev $device; fi
    done
  done
}

# Nobody on this network may learn that the VIPs are here: that is what the router is for.
vips() {
  set_sysctl ipv4/conf/all/arp_ignore 1
  set_sysctl ipv4/conf/all/arp_announce 2
  has_link maglev-vip || run ip link add maglev-vip type dummy
  run ip link set maglev-vip arp off up
  for vip in $vips; do
    if [ "$(family "$vip")" = 6 ]; then run ip addr replace "$vip/128" dev maglev-vip nodad
    else run ip addr replace "$vip/32" dev maglev-vip; fi
  done
}

# Clients may send segments that fit into the tunnel only: VPP drops what does not. They are told
# by the answers to their SYN, whose size comes from the route that they leave by.
segments() {
  overhead=24
  [ "$(family "$address")" = 4 ] || overhead=44
  inner=$((path_mtu - overhead))
  if [ $inner -ge 1500 ]; then return; fi
  for vip in $vips; do
    f=$(family "$vip")
    headers=40
    [ "$f" = 4 ] || headers=60
    default=$(ip "-$f" route show default | sed -n 's/^default//; s/ nhid [0-9]*//; 1p')
    via=$(echo "$default" | sed -n 's/.* via \([^ ]*\).*/\1/p')
    dev=$(echo "$default" | sed -n 's/.* dev \([^ ]*\).*/\1/p')
    if [ -z "$dev" ]; then
      echo "server.sh: no IPv$f default route: clients of $vip are not told a segment size" >&2
      continue
    fi
    # shellcheck disable=SC2086 # words
    run ip "-$f" route replace default ${via:+via $via} dev "$dev" \
      advmss $((inner - headers)) table $table
    # Other routes than the default one stay as they are.
    rule "$f" from "$vip" lookup main suppress_prefixlength 0 priority $((table - 1))
    rule "$f" from "$vip" lookup $table priority $table
  done
}

up() {
  [ -n "$routers" ] || die "up needs --router"
  [ -n "$address" ] || die "up needs --address"
  [ -n "$vips" ] || die "up needs --vip"
  [ -n "$dry" ] || mkdir -p "$state"
  tunnels
  vips
  segments
}

down() {
  for f in 4 6; do
    for priority in $table $((table - 1)); do
      while ip "-$f" rule del priority $priority 2>/dev/null; do :; done
    done
    ip "-$f" route flush table $table 2>/dev/null || true
  done
  if [ -e "$state/sysctl" ]; then
    # Those of the tunnels go with them.
    while read -r name value; do
      case $name in ipv4/conf/all/*) echo "$value" >"/proc/sys/net/$name" ;; esac
    done <"$state/sysctl"
    rm -r "$state"
  fi
  ip -o link show | sed -n 's/^[0-9]*: \(maglev[0-9]*\|maglev-vip\)[@:].*/\1/p' |
    while read -r device; do ip link del "$device"; done
}

show() {
  ip -d link show | grep -A3 -E '^[0-9]+: maglev' || echo "nothing is set up"
  ip addr show dev maglev-vip 2>/dev/null | grep inet || true
  for f in 4 6; do ip "-$f" route show table $table 2>/dev/null || true; done
}

[ $# -gt 0 ] || { usage >&2; exit 2; }
command=$1
shift
routers='' address='' vips='' path_mtu=1500
while [ $# -gt 0 ]; do
  case $1 in --dry-run) dry=1; shift; continue ;; esac
  [ $# -ge 2 ] || die "$1 needs a value"
  case $1 in
    --router) routers="$routers $2" ;;
    --address) address=$2 ;;
    --vip) vips="$vips $2" ;;
    --path-mtu) path_mtu=$2 ;;
    *) die "unknown option $1, see server.sh help" ;;
  esac
  shift 2
done
case $command in
  up) up ;;
  down) down ;;
  show) show ;;
  help | --help) usage ;;
  *) usage >&2; exit 2 ;;
esac
