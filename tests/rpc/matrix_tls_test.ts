import { Code } from "@connectrpc/connect";
import { Http2SessionManager } from "@connectrpc/connect-node";
import type { DescMethod } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import {
  accessByRules,
  type AuthRules,
  covers,
  type Role,
  roleOfMethod,
  roles,
} from "../../lib/access/mod.ts";
import { apiServices } from "../../lib/api/server.ts";
import { rulesOf } from "../access/support/auth_bed.ts";
import { certFile, keyFile, serverIdentity, textOf } from "../support/certificates.ts";
import { codeOf, makers } from "./support/asking.ts";
import { serve } from "../api/support/harness.ts";

const methods: readonly DescMethod[] = apiServices(true).flatMap((service) => service.methods);

/** Who shakes hands, and whether the file has an entry for that. */
const clients = [
  { who: "alice's certificate", as: "alice", has: true },
  { who: "no certificate", as: undefined, has: false },
] as const;

Deno.test({
  name: "the matrix, over mutual TLS: a certificate gives its role and nothing else",
  async fn() {
    let rules: AuthRules | undefined;
    const access = accessByRules(() => rules ?? rulesFor("view"));
    await using harness = await serve({ tls: { identity: await serverIdentity(true) }, access });
    const baseUrl = `https://localhost:${harness.server.port}`;
    let calls = 0;
    for (const { who, as, has } of clients) {
      const session = new Http2SessionManager(baseUrl, {}, {
        ca: [textOf(certFile("authority"))],
        ...as && { cert: textOf(certFile(as)), key: textOf(keyFile(as)) },
      });
      for (const given of roles) {
        rules = rulesFor(given);
        const role = has ? given : "none";
        for (const [way, make] of Object.entries(makers)) {
          const transport = make(baseUrl, session);
          for (const method of methods) {
            // Connect's own client carries no call of many requests over gRPC-Web.
            if (way !== "gRPC" && method.methodKind === "bidi_streaming") continue;
            const code = await codeOf(transport, method);
            const needed = roleOfMethod(`${method.parent.typeName}/${method.name}`);
            const refusal = role === "none" ? Code.Unauthenticated : Code.PermissionDenied;
            const what = `${method.name} by ${who} for ${given} over ${way}: ${code}`;
            assert.equal(code === refusal, !covers(role, needed), what);
            // Neither is it the connection that fails.
            if (code !== refusal && method.name.startsWith("List")) assert.equal(code, 0, what);
            calls++;
          }
        }
      }
      session.abort();
    }
    assert.ok(calls > 400, String(calls));
  },
});

function rulesFor(role: Role): AuthRules {
  return rulesOf(`auth: { certificates: [{ subject: "CN=alice,O=Example", role: ${role} }] }`);
}
