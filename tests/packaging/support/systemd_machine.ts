/** A small Debian with systemd as its first process, in namespaces of its own. */

import { havePrograms } from "../../support/programs.ts";
import { bare, type Finished } from "./sandbox.ts";

const root = new URL("../../../", import.meta.url).pathname;

/** What stands in the way of such a machine here, or undefined. */
export async function whyNoMachine(): Promise<string | undefined> {
  if (Deno.uid() !== 0) return "root";
  const tools = ["mmdebstrap", "systemd-nspawn", "dpkg-deb"];
  if (!havePrograms(...tools)) return tools.join(", ");
  // A hierarchy of the second version is all that systemd needs, whatever this machine itself uses.
  const { code } = await bare("unshare", ["-m", "sh", "-ec", ownHierarchy("maglev-probe")]);
  if (code !== 0) return "namespaces, and a cgroup2 hierarchy that can be mounted";
  return await debianTree().then(() => undefined, (error) => error.message);
}

/**
 * The file system as an archive, made once and kept in dist/: nothing but dpkg, systemd and what our
 * packages depend on. Of the release that runs here, because its archive keys are here.
 */
async function debianTree(): Promise<string> {
  const release = await Deno.readTextFile("/etc/os-release").catch(() => "");
  const codename = release.match(/^VERSION_CODENAME=(\w+)$/m)?.[1];
  if (!/^ID=debian$/m.test(release) || codename === undefined) throw new Error("Debian");
  const path = `${root}dist/systemd-${codename}.tar`;
  if (await exists(path)) return path;
  await Deno.mkdir(`${root}dist`, { recursive: true });
  const fresh = `${path}.${Deno.pid}`;
  // Unpacked in memory: a disk costs a quarter more CPU time, and twice the time.
  const inMemory = 'mount -t tmpfs -o mode=755 tmpfs "$TMPDIR"; exec mmdebstrap "$@"';
  const folder = await Deno.makeTempDir();
  const { code, stderr } = await bare("unshare", [
    ...["-m", "sh", "-ec", inMemory, "sh"],
    ...["--quiet", "--variant=essential", "--format=tar", "--include=systemd,adduser"],
    ...['--aptopt=Acquire::Languages "none"', "--dpkgopt=force-unsafe-io"],
    ...[codename, fresh],
  ], { ...proxies(), TMPDIR: folder });
  await Deno.remove(folder);
  if (code !== 0) {
    await Deno.remove(fresh).catch(() => {});
    throw new Error(`Debian's archive (mmdebstrap: ${stderr.trim().split("\n").at(-1)})`);
  }
  await Deno.rename(fresh, path);
  return path;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** How this machine reaches Debian's archive, where it does not do so directly. */
function proxies(): Record<string, string> {
  const names = ["http_proxy", "https_proxy", "no_proxy"];
  return Object.fromEntries(names.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
}

/** Mounts a cgroup hierarchy over the machine's in this mount namespace, and enters a group there. */
function ownHierarchy(group: string): string {
  return [
    "mount --make-rprivate /",
    "umount -R /sys/fs/cgroup 2>/dev/null || true",
    "mount -t cgroup2 cgroup2 /sys/fs/cgroup",
    `g=/sys/fs/cgroup/${group}; mkdir -p $g/m; trap 'echo $$ >/sys/fs/cgroup/cgroup.procs; ` +
    `find $g -depth -type d -exec rmdir {} +' EXIT`,
    "echo $$ >$g/m/cgroup.procs",
  ].join("\n");
}

/**
 * Boots a fresh machine without a network, runs the script there as a service, and ends it. The
 * folder `shared` is /shared there. It is never this machine's own root: what systemd does, it does
 * in a tree in memory.
 */
export async function onSystemdMachine(script: string, shared: string): Promise<Finished> {
  const tree = await debianTree();
  const folder = await Deno.makeTempDir();
  const name = `maglev-${Deno.pid}`;
  const unit = [
    "[Unit]",
    "Requires=basic.target",
    "After=basic.target",
    "SuccessAction=exit",
    "FailureAction=exit",
    "[Service]",
    "Type=oneshot",
    "ExecStart=/bin/sh -eu /shared/script",
    "StandardOutput=file:/shared/stdout",
    "StandardError=file:/shared/stderr",
    "",
  ].join("\n");
  try {
    await Deno.writeTextFile(`${shared}/script`, script);
    await Deno.writeTextFile(`${folder}/maglev-test.service`, unit);
    const boot = [
      ownHierarchy(name),
      // What nspawn leaves there goes away with this.
      "mkdir -p /run/systemd; mount -t tmpfs tmpfs /run/systemd",
      `mkdir ${folder}/tree; mount -t tmpfs -o mode=755 tmpfs ${folder}/tree`,
      `tar -C ${folder}/tree -xf ${tree}`,
      `cp ${folder}/maglev-test.service ${folder}/tree/etc/systemd/system/`,
      "timeout --kill-after=10 420 systemd-nspawn --quiet --boot --private-network " +
      `--register=no --keep-unit --console=pipe --machine=${name} --directory=${folder}/tree ` +
      `--bind=${shared}:/shared systemd.unit=maglev-test.service </dev/null`,
    ].join("\n");
    const { code, stderr } = await bare("unshare", ["-m", "sh", "-ec", boot]);
    const read = (file: string) => Deno.readTextFile(`${shared}/${file}`).catch(() => "");
    return { code, stdout: await read("stdout"), stderr: await read("stderr") + stderr };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
