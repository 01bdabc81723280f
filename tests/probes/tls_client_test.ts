import assert from "node:assert/strict";
import { certificateEnd, prepareTls } from "../../lib/probes/tls_client.ts";

Deno.test("a server that shows no certificate, or none that can be read, has none that ends", () => {
  assert.equal(certificateEnd({ getPeerX509Certificate: () => undefined }), undefined);
  const getPeerX509Certificate = () => {
    throw new Error("asn1 encoding routines");
  };
  assert.equal(certificateEnd({ getPeerX509Certificate }), undefined);
});

Deno.test("what the first handshake has to do besides needs no server, and leaves nothing open", async () => {
  await prepareTls();
  await prepareTls();
});
