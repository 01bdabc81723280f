/** Where Debian's golang-google-grpc-dev puts its sources. */
const goPath = "/usr/share/gocode";

/** Builds the server on Go's gRPC; undefined, with a word about it, where that is not installed. */
export async function buildGoServer(): Promise<string | undefined> {
  try {
    Deno.statSync(`${goPath}/src/google.golang.org/grpc/health`);
    const program = `${await Deno.makeTempDir()}/server`;
    const source = new URL("go_server/main.go", import.meta.url).pathname;
    const { success, stderr } = await new Deno.Command("go", {
      args: ["build", "-o", program, source],
      env: { GO111MODULE: "off", GOPATH: goPath, GOFLAGS: "" },
    }).output();
    if (success) return program;
    throw new Error(`go build failed: ${new TextDecoder().decode(stderr)}`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.log("without Go's server: needs go and golang-google-grpc-dev");
    return undefined;
  }
}
