/** What goes into the Debian packages. Data; tools/deb.ts carries it out. */

import { type ProgramName, programs } from "../programs.ts";
import { choosingScript, filledIn, perProgram } from "../scripts.ts";
import { changes, documentFolder, documents, share } from "./documents.ts";

/** A file of a package, by its place in the file system. */
export interface PackageFile {
  readonly path: string;
  readonly from: Source;
  readonly mode?: number;
  readonly gzip?: boolean;
}

/** Where a file's content is from. */
export type Source =
  /** A file of the project, relative to its root. */
  | { readonly file: string }
  /** The same, a text that names files of the project: there it names what is installed. */
  | { readonly page: string }
  | { readonly text: string }
  /** What a symbolic link says. */
  | { readonly link: string }
  /** What is built: the runtime, or a program's bundle. */
  | { readonly built: "runtime" | `${ProgramName}.js` };

/** One package. */
export interface DebianPackage {
  readonly name: string;
  /** Fields of its control file, besides those that all have. */
  readonly relations: Readonly<Record<string, string>>;
  /** First line short, the rest a paragraph; no line is longer than 79 characters. */
  readonly description: readonly string[];
  readonly files: readonly PackageFile[];
  /** Maintainer scripts in packaging/debian, by the name dpkg knows. */
  readonly scripts: readonly ("postinst" | "prerm" | "postrm")[];
}

/** The package that has the runtime, and the folder that all programs are in. */
const shared = "vpp-maglev";
const library = `/usr/lib/${shared}`;

/** A shell whose words are completed. */
export type Shell = "bash" | "zsh" | "fish";

/** A program whose words are completed, by scripts that it prints itself. */
export type Completed = Extract<ProgramName, "maglevc" | "maglevt">;

/** Where shells look for the script of a program. */
const completions: Readonly<Record<Shell, (program: string) => string>> = {
  bash: (program) => `/usr/share/bash-completion/completions/${program}`,
  zsh: (program) => `/usr/share/zsh/vendor-completions/_${program}`,
  fish: (program) => `/usr/share/fish/vendor_completions.d/${program}.fish`,
};

/** The packages of this version. `completion` gives a program's script for a shell. */
export function packages(
  version: string,
  completion: (program: Completed, shell: Shell) => string,
): readonly DebianPackage[] {
  return [
    {
      name: "vpp-maglevd",
      relations: {
        Depends: `${shared} (= ${version}), adduser`,
        Recommends: "ca-certificates",
      },
      description: [
        "health checker and control plane for VPP's Maglev load balancer",
        "maglevd probes backends over ICMP, TCP, HTTP and HTTPS and programs the lb",
        "plugin of VPP on the same host: VIPs, application servers and their weights.",
        "It has a gRPC API and metrics for Prometheus.",
      ],
      files: [
        ...programFiles("vpp-maglevd"),
        { path: `${share}/minimal.yaml`, from: { file: "packaging/minimal.yaml" } },
        { path: `${share}/vpp-maglev.default`, from: { file: "packaging/vpp-maglev.default" } },
        {
          path: "/lib/systemd/system/vpp-maglevd.service",
          from: { file: "packaging/systemd/vpp-maglevd.service" },
        },
        manual("maglev.yaml.5"),
        { path: `${documentFolder}/examples/maglev.yaml`, from: { file: "packaging/maglev.yaml" } },
        ...documents(),
      ],
      scripts: ["postinst", "prerm", "postrm"],
    },
    {
      name: "vpp-maglev-frontend",
      relations: { Depends: `${shared} (= ${version}), adduser`, Suggests: "vpp-maglevd" },
      description: [
        "web view of the maglevd load balancer control plane",
        "maglevd-frontend shows one or more maglevds in browsers: what is wrong, since",
        "when and why, pools, probes, traffic and the journal. With a password one may",
        "steer, too. It may run on any machine that reaches the maglevds.",
      ],
      files: [
        ...programFiles("vpp-maglev-frontend"),
        {
          path: "/usr/share/vpp-maglev-frontend/vpp-maglev-frontend.default",
          from: { file: "packaging/vpp-maglev-frontend.default" },
        },
        {
          path: "/lib/systemd/system/vpp-maglev-frontend.service",
          from: { file: "packaging/systemd/vpp-maglev-frontend.service" },
        },
      ],
      scripts: ["postinst", "prerm", "postrm"],
    },
    {
      name: shared,
      // glibc of the runtime: Deno is built against 2.27.
      // What maglevc and maglevt trust over TLS are the authorities of the system.
      relations: { Depends: "libc6 (>= 2.27), libgcc-s1", Recommends: "ca-certificates" },
      description: [
        "command line of the maglevd load balancer control plane",
        "maglevc shows frontends, backends and the state of VPP, and changes what may",
        "be changed at run time: one command at a time, or in a shell with completion.",
        "maglevt asks VIPs from outside and shows how they answer.",
        "This package has the runtime of maglevd and maglevd-frontend, too.",
      ],
      files: [
        { path: `${library}/runtime`, from: { built: "runtime" }, mode: 0o755 },
        { path: `${library}/maglev`, from: { text: "launcher" }, mode: 0o755 },
        ...programFiles(shared),
        { path: changes, from: { page: "CHANGELOG.md" }, gzip: true },
        ...(["maglevc", "maglevt"] as const).flatMap((program) =>
          (["bash", "zsh", "fish"] as const).map((shell) => ({
            path: completions[shell](program),
            from: { text: `${completion(program, shell)}\n` },
          }))
        ),
      ],
      scripts: [],
    },
  ];
}

/** The script behind all commands of the packages. */
export async function launcher(): Promise<string> {
  const script = await choosingScript("packaging/launcher.sh", programs);
  return filledIn(script, {
    PACKAGES: perProgram(programs, ({ home }) => `package=${home.package}`),
  });
}

/**
 * The programs of a package: bundle, the runtime under its name, which is what ps(1) shows, its
 * command, and its manual.
 */
function programFiles(packageName: string): PackageFile[] {
  const own = programs.filter(({ home }) => home.package === packageName);
  return own.flatMap(({ name, home }) => [
    { path: `${library}/${name}.js`, from: { built: `${name}.js` } },
    { path: `${library}/${name}`, from: { link: "runtime" } },
    { path: home.command, from: { link: `..${library.slice("/usr".length)}/maglev` } },
    manual(home.manual),
  ]);
}

function manual(name: string): PackageFile {
  const section = name.slice(-1);
  return {
    path: `/usr/share/man/man${section}/${name}.gz`,
    from: { file: `docs/man/${name}` },
    gzip: true,
  };
}
