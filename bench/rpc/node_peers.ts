import { output } from "./processes.ts";

const root = new URL("../../", import.meta.url).pathname;
const packages = [
  "@bufbuild/protobuf",
  "@connectrpc/connect",
  "@connectrpc/connect-node",
  "@grpc/grpc-js",
];

/** Where Node finds the peers: installed with npm, in the versions that the tests pin. */
export async function installPeers(): Promise<string> {
  const directory = `${root}dist/bench-peers`;
  const { imports } = JSON.parse(
    await Deno.readTextFile(`${root}tests/rpc/interop/grpc_js/deno.json`),
  );
  const wanted = packages.map((name) => String(imports[name]).replace(/^npm:/, ""));
  await Deno.mkdir(directory, { recursive: true });
  await output("npm", [
    ...["install", "--prefix", directory, "--no-save", "--no-audit", "--no-fund"],
    ...wanted,
  ]);
  for (const name of ["connect_node_server.mjs", "grpc_js_client.mjs"]) {
    await Deno.copyFile(new URL(name, import.meta.url), `${directory}/${name}`);
  }
  return directory;
}

/** The health service's descriptor, as the generated code has it. */
export async function healthDescriptor(): Promise<string> {
  const code = await Deno.readTextFile(`${root}lib/gen/grpc/health/v1/health_pb.ts`);
  const descriptor = /fileDesc\("([^"]+)"\)/.exec(code)?.[1];
  if (!descriptor) throw new Error("lib/gen has no descriptor of the health service");
  return descriptor;
}
