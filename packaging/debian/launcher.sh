#!/bin/sh
# maglev's programs, on the one runtime that they share: the one whose name this was started by,
# through a link of that name, or else the first word after the command.
case ${0##*/} in
  @PATTERN@) name=${0##*/} ;;
  *)
    case ${1-} in
      @PATTERN@)
        name=$1
        shift
        ;;
      *)
        echo "maglev: start it as one of @NAMES@, or name one first: $0 @FIRST@ --version" >&2
        exit 2
        ;;
    esac
    ;;
esac
case $name in
@FLAGS@
esac
# Beside this file, wherever that is: a version may be tried before it is installed (dpkg -x).
here=$(readlink -f "$0") && here=${here%/*}
if ! [ -e "$here/$name.js" ]; then
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
