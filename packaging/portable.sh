#!/bin/sh
# maglev @VERSION@ with its runtime, in one file: this script, then gzip members. It is all of
# @NAMES@.
#
# The first start unpacks it into a directory of the user's own, below one of the usual places or
# MAGLEV_CACHE_DIR. Every start makes sure that what it runs is what was unpacked, and replaces this
# shell with the program, so signals and exit codes are the program's own.
set -u
umask 077
key=@KEY@

fail() {
  echo "${name:-maglev}: $1" >&2
  exit 1
}

@CHOOSE@

# The pieces of this file: where each begins and how long it is, packed; and its hash, unpacked.
pieces='@PIECES@'
sums='@SUMS@'

# A place where nobody else can exchange what belongs to us.
trusted() {
  [ -d "$1" ] || mkdir -p "$1" || return 1
  mode=$(stat -Lc %a:%u "$1") || return 1
  case $mode in *:0 | *:"$user") ;; *) return 1 ;; esac
  mode=0${mode%:*}
  [ $((mode & 0022)) -eq 0 ] || [ $((mode & 01000)) -ne 0 ]
} 2>/dev/null

# A directory of our own, that was not put there by somebody else.
own() {
  [ -e "$1" ] || mkdir -m 700 "$1"
  [ -d "$1" ] && [ ! -L "$1" ] && [ -O "$1" ] && [ "$(stat -c %a "$1")" = 700 ]
} 2>/dev/null

# Whether a copy is whole. Files that have changed since their hashes were right, or are others, are
# hashed again; that they were right is noted inside, if that can be written.
intact() {
  [ -d "$1" ] && [ ! -L "$1" ] && [ -O "$1" ] || return 1
  now=$(cd "$1" && stat -L --printf='%d:%i %s %y %z;' runtime @FILES@ "$name") || return 1
  if [ -f "$1/verified" ] && read -r noted <"$1/verified" && [ "$noted" = "$now" ]; then return 0; fi
  (cd "$1" && echo "$sums" | sha256sum --check --status) || return 1
  [ "$(readlink "$1/$name")" = runtime ] || return 1
  echo "$now" >"$1/verified" || true
} 2>/dev/null

# One piece of this file.
piece() {
  tail -c +"$1" "$0" | head -c "$2" | gzip -dc
} 2>/dev/null

# Ends this if the file lacks bytes, or if they are not those that it was made of. The first is asked
# before anything is unpacked, the second, which takes a second, once when that has failed.
complete() {
  [ "$(stat -Lc %s "$0")" -ge @SIZE@ ] || fail "$0 is cut off or damaged: get it again"
}
sound=
undamaged() {
  [ -z "$sound" ] || return 0
  sound=$(echo "$pieces" | while read -r at size file; do
    echo "$(piece "$at" "$size" | sha256sum | cut -d' ' -f1)  $file"
  done)
  [ "$sound" = "$sums" ] || fail "$0 is cut off or damaged: get it again"
}

# Makes a copy beside the final place, on disk before it is renamed: nobody ever sees half of it,
# also not after a power cut. When another start was faster, its copy is used and ours goes away.
unpack() {
  complete
  fresh=$(mktemp -d "$home/unpacking.XXXXXX" 2>/dev/null) || return 1
  hold -x 8 "$fresh" || return 1
  if unpack_into "$fresh" && intact "$fresh" && "$fresh/$name" --version >/dev/null 2>&1; then
    if ! intact "$1"; then
      if [ -e "$1" ] || [ -L "$1" ]; then mv -T "$1" "$fresh.damaged"; fi
      mv -T "$fresh" "$1" && sync "$home"
    fi 2>/dev/null
  fi
  rm -rf "$fresh" "$fresh.damaged"
  exec 8<&-
  intact "$1" && prune
}

unpack_into() {
  while read -r at size file; do piece "$at" "$size" >"$1/$file" || return 1; done <<END
$pieces
END
  chmod 700 "$1/runtime" || return 1
  for link in @LINKS@; do ln -s runtime "$1/$link" || return 1; done
  sync "$1"/* "$1"
} 2>/dev/null

# Takes a lock on a directory for as long as the descriptor is open: a program holds the copy that it
# runs from. Where there is no flock(1) nothing is ever removed either.
hold() {
  command eval "exec $2<\"\$3\"" 2>/dev/null || return 1
  if command -v flock >/dev/null; then flock -n "$1" "$2"; fi
}

# Copies that nobody runs from any more: of other versions, and of starts that were killed.
prune() {
  command -v flock >/dev/null || return 0
  for other in "$home"/*; do
    [ "$other" != "$place" ] || continue
    (exec 7<"$other" && flock -n -x 7 && rm -rf "$other") 2>/dev/null
  done
  return 0
}

user=$(id -u) || fail "cannot tell who is running this"
caches=${CACHE_DIRECTORY:-}
[ -r "$0" ] || fail "cannot read $0"
for base in "${MAGLEV_CACHE_DIR:-}" "${caches%%:*}" "${XDG_CACHE_HOME:-}" \
  "${HOME:+$HOME/.cache}" /var/cache "/run/user/$user" /var/tmp /tmp /dev/shm; do
  case $base in /*) ;; *) continue ;; esac
  home=$base/maglev-$user
  place=$home/$key
  trusted "$base" && own "$home" || continue
  # Held before it is looked at, so that nobody removes it in between.
  hold -s 9 "$place" && intact "$place" ||
    { unpack "$place" && hold -s 9 "$place" && intact "$place"; } ||
    { undamaged && unpack "$place" && hold -s 9 "$place" && intact "$place"; } || continue
  DENO_DIR=$place/deno
  DENO_NO_UPDATE_CHECK=1
  # The CA certificates of this system, not those built into the runtime.
  : "${DENO_TLS_CA_STORE:=system}"
  export DENO_DIR DENO_NO_UPDATE_CHECK DENO_TLS_CA_STORE
  exec "$place/$name" run $flags "$place/$name.js" "$@"
done
fail "found no directory to unpack into (needs @MEGABYTES@ MB, writable, safe from other users, not mounted noexec); set MAGLEV_CACHE_DIR"
