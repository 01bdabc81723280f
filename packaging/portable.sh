#!/bin/sh
# @NAME@ @VERSION@ with its runtime, in one file: this script, then two gzip members.
# The first start unpacks them into a cache directory named after their content; every start
# replaces this shell with the program, so signals and exit codes are the program's own.
# MAGLEV_CACHE_DIR names the directory to unpack below, if the usual ones will not do.
set -u
umask 077
name=@NAME@
unpacked=maglev-@KEY@

fail() {
  echo "$name: $1" >&2
  exit 1
}

# Ours, whole, and on a file system that lets it run.
ready() {
  [ ! -L "$1" ] && [ -O "$1" ] && [ -f "$1/$name.js" ] && [ -x "$1/$name" ]
}

# Unpacks beside the final place and renames, so that nobody ever sees half of it. When another
# start was faster, its directory is there already and ours goes away.
unpack() {
  temporary=$1.$$
  mkdir -p "$temporary" 2>/dev/null || return 1
  if tail -c +@RUNTIME_AT@ "$0" | head -c @RUNTIME_SIZE@ | gzip -dc >"$temporary/$name" 2>/dev/null &&
    tail -c +@PROGRAM_AT@ "$0" | head -c @PROGRAM_SIZE@ | gzip -dc >"$temporary/$name.js" 2>/dev/null &&
    chmod 700 "$temporary/$name" && "$temporary/$name" --version >/dev/null 2>&1; then
    mv -T "$temporary" "$1" 2>/dev/null
  fi
  rm -rf "$temporary"
  ready "$1"
}

user=$(id -u) || fail "cannot tell who is running this"
caches=${CACHE_DIRECTORY:-}
[ -r "$0" ] || fail "cannot read $0"
for base in "${MAGLEV_CACHE_DIR:-}" "${caches%%:*}" "${XDG_CACHE_HOME:-}" \
  "${HOME:+$HOME/.cache}" /var/cache "/run/user/$user" /var/tmp /tmp /dev/shm; do
  case $base in /*) ;; *) continue ;; esac
  place=$base/$unpacked-$user
  if ready "$place" || unpack "$place"; then
    DENO_DIR=$place/deno
    DENO_NO_UPDATE_CHECK=1
    # The CA certificates of this system, not those built into the runtime.
    : "${DENO_TLS_CA_STORE:=system}"
    export DENO_DIR DENO_NO_UPDATE_CHECK DENO_TLS_CA_STORE
    exec "$place/$name" run @FLAGS@ "$place/$name.js" "$@"
  fi
done
fail "found no directory to unpack into (needs @MEGABYTES@ MB, writable, not mounted noexec); set MAGLEV_CACHE_DIR"
