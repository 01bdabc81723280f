#!/bin/sh
# maglevd with what the container has of the capabilities that it can use. All arguments are its own.
capabilities=
for each in net_raw sys_admin; do
  if maglev-capabilities --inh-caps "+$each" --ambient-caps "+$each" true 2>/dev/null; then
    capabilities=$capabilities${capabilities:+,}+$each
  fi
done
if [ -z "$capabilities" ]; then exec maglevd "$@"; fi
exec maglev-capabilities --inh-caps "$capabilities" --ambient-caps "$capabilities" \
  --no-new-privs maglevd "$@"
