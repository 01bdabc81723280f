#!/bin/sh
# Runs network.sh as the first process of a user-mode Linux, whose kernel has the tunnels that this
# machine's may lack. The root is this machine's, read-only. usage: init of linux.uml, with the words
# for network.sh in MAGLEV_SETUP, separated by commas.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs run /run
mkdir -p /run/netns /run/root/lib /run/tmp
# Debian has the modules in a place of their own; the kernel asks for them by this program.
ln -s /usr/lib/uml/modules /run/root/lib/modules
printf '#!/bin/sh\nexec /sbin/modprobe -d /run/root "$@"\n' >/run/modprobe
chmod +x /run/modprobe
echo /run/modprobe >/proc/sys/kernel/modprobe
modprobe -d /run/root -a ip_gre ip6_gre dummy veth bridge
ip link set lo up
IFS=,
# shellcheck disable=SC2086 # words between commas
set -- $MAGLEV_SETUP
unset IFS MAGLEV_SETUP
TMPDIR=/run/tmp sh "$@" 2>&1
echo "== exit $?"
halt -f
