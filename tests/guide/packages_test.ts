import { deepEqual, equal } from "node:assert/strict";
import { root, run, runtimeLocked } from "../../tools/programs.ts";
import { builtVersions, linkPackages } from "../packaging/support/built_packages.ts";
import { onSystemdMachine, whyNoMachine } from "../packaging/support/systemd_machine.ts";
import { needing } from "../support/programs.ts";
import { type Fence, fencesOf, missingLines } from "../docs/support/fences.ts";
import { readPage } from "../docs/support/pages.ts";

const fences = fencesOf(await readPage("docs/setup.md"));
const steps = fences.filter(({ mark }) => mark === "package");

/** What is shown below a block. */
function expectedAfter(fence: Fence): string {
  const next = fences[fences.indexOf(fence) + 1];
  return next?.mark === "match" && next.follows ? asBuilt(next.body) : "";
}

/** The guide's versions are those of two releases, these of two builds. */
function asBuilt(text: string): string {
  const [older, newer] = builtVersions;
  return text.replaceAll("0.1.0", older).replaceAll("0.2.0", newer);
}

const begin = `
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
cd /shared
echo '127.0.0.1 localhost' >/etc/hosts
arch=$(dpkg --print-architecture)
# What the machine lacks of a router: VPP, its group, and somebody at an editor.
groupadd --system vpp
mkdir /run/vpp
printf '#!/bin/sh\\ncp /shared/maglev.yaml "$1"\\n' >/usr/bin/editor
chmod 755 /usr/bin/editor
ready() { until maglevc show version >/dev/null 2>&1; do sleep 0.2; done; }
start_vpp() {
  systemd-run --quiet --unit=vpp -p UMask=0000 /usr/lib/vpp-maglev/runtime run -A --no-config \\
    /shared/vpp.js --api /run/vpp/api.sock --stats /run/vpp/stats.sock
}
has_vips() { until maglevc show vpp lb state 2>/dev/null | grep '^vip'; do sleep 0.2; done; }
`;

/** What is done after a block, besides it: a person would wait, or has done it before. */
function between({ body }: Fence): string {
  if (body.includes("editor")) return "start_vpp";
  if (body.includes("enable --now")) return "ready; has_vips; maglevc set backend web2 pause --yes";
  if (body.includes("--show")) return "ready; maglevc show backends web2 | grep paused; has_vips";
  if (body.includes("reload force")) return "maglevc show vpp lb state | grep -c '^vip'";
  return "";
}

/** A block as a script of its own, after which the machine is as the next one expects it. */
function scriptOf(step: Fence, index: number): string {
  const body = asBuilt(step.body).replaceAll("_amd64", "_$arch");
  return `echo "== ${index}"; { ${body}\n} 2>&1\necho "== then"; ${between(step) || ":"}`;
}

const reason = await whyNoMachine();

Deno.test(
  needing(
    reason === undefined,
    reason ?? "",
    "the setup guide installs, upgrades, rolls back and uninstalls as it shows",
  ),
  async () => {
    const shared = await Deno.makeTempDir();
    try {
      await linkPackages(shared);
      const config = fences.find(({ language, mark }) => language === "yaml" && mark === "test");
      await Deno.writeTextFile(`${shared}/maglev.yaml`, config?.body ?? "");
      const bundle = ["bundle", "--quiet", ...runtimeLocked, "-o", `${shared}/vpp.js`];
      await run(Deno.execPath(), [...bundle, `${root}lib/sim/main.ts`]);
      const script = [begin, "set +e", ...steps.map(scriptOf)].join("\n");
      const { stdout, stderr } = await onSystemdMachine(script, shared);
      const parts = stdout.split(/^== /m).slice(1);
      equal(parts.length, 2 * steps.length, stdout + stderr);
      for (const [index, step] of steps.entries()) {
        const [shown = "", then = ""] = parts.slice(2 * index);
        deepEqual(missingLines(expectedAfter(step), shown), [], stdout + stderr);
        // Both ways the pause by hand is kept, and VPP has its VIPs.
        const kept = step.body.includes("--show");
        if (step.body.includes("reload force")) equal(then, "then\n0\n", stdout);
        if (kept) deepEqual(missingLines("state paused …\nvip 198.51.100.1 …", then), [], stdout);
      }
    } finally {
      await Deno.remove(shared, { recursive: true });
    }
  },
);
