#!/bin/sh
# @NAME@ on the runtime that comes with this package.
DENO_NO_UPDATE_CHECK=1
: "${DENO_DIR:=${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/@NAME@}"
# The CA certificates of this system, not those built into the runtime.
: "${DENO_TLS_CA_STORE:=system}"
export DENO_NO_UPDATE_CHECK DENO_DIR DENO_TLS_CA_STORE
exec /usr/lib/@PACKAGE@/@NAME@ run @FLAGS@ /usr/lib/@PACKAGE@/@NAME@.js "$@"
