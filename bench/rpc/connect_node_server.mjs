// The trivial service that peers are compared by, on connect-node. Prints its address.
// HEALTH_DESCRIPTOR is the service's file descriptor, base64, as protoc-gen-es writes it.

import { fileDesc, serviceDesc } from "@bufbuild/protobuf/codegenv2";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { createServer } from "node:http2";

const Health = serviceDesc(fileDesc(process.env.HEALTH_DESCRIPTOR), 0);
const serving = { status: 1 };

function routes(router) {
  router.service(Health, {
    check: () => serving,
    async *watch(_, { signal }) {
      yield serving;
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
  });
}

const server = createServer(connectNodeAdapter({ routes }));
server.listen(0, "127.0.0.1", () => console.log(`127.0.0.1:${server.address().port}`));
