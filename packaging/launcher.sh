#!/bin/sh
# maglev's programs, on the one runtime that they share.
@CHOOSE@
# Beside this file, wherever that is: a version may be tried before it is installed (dpkg -x).
here=$(readlink -f "$0") && here=${here%/*}
if ! [ -e "$here/$name.js" ]; then
  case $name in
@PACKAGES@
  esac
  echo "maglev: $name is not installed, it is in the package $package" >&2
  exit 127
fi
# Where the runtime may keep what speeds up the next start. It does without where it cannot, and for
# those without a home that is nowhere.
: "${DENO_DIR:=${XDG_CACHE_HOME:-${HOME:-/dev/null}/.cache}/$name}"
# The CA certificates of this system, not those built into the runtime.
: "${DENO_TLS_CA_STORE:=system}"
DENO_NO_UPDATE_CHECK=1
export DENO_NO_UPDATE_CHECK DENO_DIR DENO_TLS_CA_STORE
exec "$here/$name" run $flags "$here/$name.js" "$@"
