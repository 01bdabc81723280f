import { Code } from "@connectrpc/connect";
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import {
  type Access,
  accessByPlace,
  accessByRules,
  certificateCredentials,
  covers,
  type Credentials,
  type Role,
  roleOfMethod,
  roles,
} from "../../lib/access/mod.ts";
import { Client, identifyBy } from "../../lib/port/caller.ts";
import { HealthService } from "../../lib/rpc/health.ts";
import { apiServices } from "../../lib/api/server.ts";
import { reflectionRpcs } from "../../lib/rpc/reflection.ts";
import { rulesOf } from "../access/support/auth_bed.ts";
import { certFile, textOf } from "../support/certificates.ts";
import { ApiBed } from "../api/support/api_bed.ts";
import { CheckerBed } from "../api/support/checker_bed.ts";
import { call, carries, messageOf, type Sending, ways } from "./support/ways.ts";
import { newToken } from "../support/tokens.ts";

const services = apiServices(true);
const methods = services.flatMap((service) => service.methods);

/** Somebody who calls, and what it is to be taken for. */
interface Column {
  readonly who: string;
  readonly role: Role | "none";
  readonly access: Access;
  readonly sending: Sending;
}

/** What connections bring whose client is known by a certificate or by a Unix socket. */
function shown(credentials: Credentials): Sending {
  return { connection: new Client(credentials) };
}

function certificateOf(name: "alice" | "mallory", problem?: string): Sending {
  const { raw } = new X509Certificate(textOf(certFile(name)));
  return shown(certificateCredentials({ der: new Uint8Array(raw), problem }));
}

function unixOf(user: string, uid: number, ...gids: number[]): Sending {
  return shown({ kind: "unix", user, uid, gids });
}

function known(role: Role): readonly Column[] {
  const { token, sha256 } = newToken();
  const access = (entry: string) => {
    const rules = rulesOf(`auth: { ${entry} }`);
    return accessByRules(() => rules);
  };
  const column = (who: string, entry: string, sending: Sending): Column => ({
    ...{ who: `${who} that has ${role}`, role, access: access(entry), sending },
  });
  const subject = `certificates: [{ subject: "CN=alice,O=Example", role: ${role} }]`;
  const san = `certificates: [{ san: "DNS:alice.example.net", role: ${role} }]`;
  const user = `unix: [{ user: alice, role: ${role} }]`;
  const group = `unix: [{ group: ops, role: ${role} }]`;
  return [
    column("a token", `tokens: [{ name: it, role: ${role}, sha256: "${sha256}" }]`, { token }),
    column("the subject of a certificate", subject, certificateOf("alice")),
    column("a name of a certificate", san, certificateOf("alice")),
    column("a user", user, unixOf("alice", 1000, 1000)),
    column("a group", group, unixOf("bob", 1001, 1001, 500)),
    // Who shows nothing right is nobody, however much the file gives to others.
    ...[
      column("a wrong token beside somebody", subject, {
        ...certificateOf("alice"),
        token: newToken().token,
      }),
      column(
        "a foreign certificate beside somebody",
        subject,
        certificateOf("mallory", "is not one"),
      ),
      column("a certificate without an entry beside somebody", user, certificateOf("alice")),
      column("another user beside somebody", user, unixOf("bob", 1001, 1001)),
      column("nothing beside somebody", subject, {}),
    ].map((each) => ({ ...each, role: "none" as const })),
  ];
}

const columns: readonly Column[] = [
  ...roles.flatMap(known),
  // Without a file of --auth.
  { who: "a stranger", role: "view", access: accessByPlace({ open: false }), sending: {} },
  { who: "anybody, by --open", role: "admin", access: accessByPlace({ open: true }), sending: {} },
];

/** Everything that is served; each call comes from an address of its own. */
function apiFor(access: Access): ApiBed {
  const more = [...new HealthService([""]).rpcs(), ...reflectionRpcs(services)];
  const identify = identifyBy(access);
  let calls = 0;
  // Who fails again and again waits for the answer, address by address.
  return new ApiBed(new CheckerBed(), {}, more, (request) => {
    calls++;
    return identify({ ...request, peer: `198.51.${calls >> 8}.${calls & 255}` });
  });
}

for (const { who, role, access, sending } of columns) {
  Deno.test(`the matrix: ${who} may call what ${role} may, in each protocol and version`, async () => {
    using api = apiFor(access);
    const cells = methods.flatMap((method) =>
      ways.filter((way) => carries(way, method)).map((way) => ({ method, way }))
    );
    const isDone = await Promise.all(cells.map(async ({ method, way }) => {
      const sent = messageOf(way, method);
      const { code, text } = await call(api.handlers, way, method, sent, { ...sending, most: 1 });
      const refusal = role === "none" ? Code.Unauthenticated : Code.PermissionDenied;
      const isRefused = code === refusal;
      const needed = roleOfMethod(`${method.parent.typeName}/${method.name}`);
      const what = `${method.name} over ${way.name}: ${code} ${text}`;
      assert.equal(isRefused, !covers(role, needed), what);
      if (isRefused) assert.match(text, /^this takes the role /, what);
      return !isRefused;
    }));
    // From a role that may nothing to one that may everything.
    assert.equal(isDone.some((each) => each), role !== "none");
    assert.equal(isDone.every((each) => each), role === "admin");
    assert.ok(cells.length > 200, String(cells.length));
  });
}
