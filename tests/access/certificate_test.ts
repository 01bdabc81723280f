import assert from "node:assert/strict";
import fc from "fast-check";
import { accessByRules, certificateCredentials } from "../../lib/access/mod.ts";
import { canonicalName } from "../../lib/access/distinguished_name.ts";
import { certFile, textOf } from "../support/certificates.ts";
import { problemsOf, rulesOf } from "./support/auth_bed.ts";
import * as der from "./support/der_bed.ts";

const { attribute, certificate, element, name, octets, printable, sequence, set, types, utf8 } =
  der;
const cn = (text: string) => attribute(types.CN, utf8(text));
const nobody = name();

function shown(certificate: Uint8Array) {
  return certificateCredentials({ der: certificate, problem: undefined });
}

/** Who it is that shows a certificate, by a file with these entries. */
function told(certificate: Uint8Array, ...entries: string[]): string {
  const lines = entries.map((entry) => `    - ${entry}\n`).join("");
  const rules = rulesOf(`auth:\n  certificates:\n${lines}`);
  const access = accessByRules(() => rules);
  const { name, role, method, isFailure } = access({
    ...{ peer: "192.0.2.1", isLocal: false, credentials: shown(certificate) },
  });
  return `${name} ${role} ${method}${isFailure ? " failed" : ""}`;
}

Deno.test("a real certificate tells its subject and its names", () => {
  const [, base64 = ""] = /-----BEGIN CERTIFICATE-----([^-]*)/.exec(textOf(certFile("alice"))) ??
    [];
  assert.deepEqual(shown(Uint8Array.fromBase64(base64)), {
    ...{ kind: "certificate", subject: "CN=alice,O=Example", problem: undefined },
    names: ["email:alice@example.net", "DNS:alice.example.net"],
  });
});

Deno.test("subjects and alternative names have roles, the one that allows most of all that fits", () => {
  const subject = name(attribute(types.O, printable("Example")), cn("alice"));
  const alice = certificate(
    subject,
    element(0x81, octets("alice@example.net")),
    element(0x82, octets("CI.example.net")),
    element(0x86, octets("spiffe://example.net/ci")),
    element(0x87, new Uint8Array([192, 0, 2, 7])),
  );
  const operates = '{ subject: "CN=alice,O=Example", role: operate, name: alice }';
  assert.equal(told(alice, operates), "alice operate certificate");
  assert.equal(
    told(alice, '{ subject: "cn = alice, o = Example", role: view }'),
    "cn = alice, o = Example view certificate",
  );
  assert.equal(
    told(alice, operates, '{ san: "email:alice@example.net", role: admin }'),
    "email:alice@example.net admin certificate",
  );
  for (const san of ["DNS:ci.Example.net", "URI:spiffe://example.net/ci", "IP:192.0.2.7"]) {
    assert.equal(told(alice, `{ san: "${san}", role: view, name: x }`), "x view certificate", san);
  }
  for (
    const other of [
      '{ subject: "CN=alice", role: admin }',
      '{ subject: "O=Example,CN=alice", role: admin }',
      '{ subject: "CN=Alice,O=Example", role: admin }',
      '{ subject: "CN=alice+O=Example", role: admin }',
      '{ san: "DNS:example.net", role: admin }',
      '{ san: "email:Alice@example.net", role: admin }',
    ]
  ) assert.equal(told(alice, other), "anonymous none none", other);
});

Deno.test("names that look like another's are not it", () => {
  const alice = '{ subject: "CN=alice,O=Example", role: admin }';
  const example = attribute(types.O, utf8("Example"));
  const subjects: [what: string, subject: Uint8Array, text: string][] = [
    ["one value with a comma", name(cn("alice,O=Example")), "CN=alice\\,O\\=Example"],
    ["a NUL behind", name(example, cn("alice\0")), "CN=alice\\00,O=Example"],
    ["a NUL and more", name(example, cn("alice\0.evil")), "CN=alice\\00.evil,O=Example"],
    ["two common names", name(example, cn("alice"), cn("alice")), "CN=alice,CN=alice,O=Example"],
    ["more above", name(cn("x"), example, cn("alice")), "CN=alice,O=Example,CN=x"],
    ["one rank", sequence(set(cn("alice"), example)), "CN=alice+O=Example"],
    ["blanks at the ends", name(example, cn(" alice ")), "CN=\\ alice\\ ,O=Example"],
    ["turned text", name(example, cn("\u202ealice")), "CN=\\e2\\80\\aealice,O=Example"],
    ["a hidden space", name(example, cn("al\u200bice")), "CN=al\\e2\\80\\8bice,O=Example"],
    ["another alphabet", name(example, cn("аlice")), "CN=аlice,O=Example"],
    ["a line end", name(example, cn("alice\n")), "CN=alice\\0a,O=Example"],
    ["an escape", name(example, cn("\\alice")), "CN=\\\\alice,O=Example"],
    ["hexadecimal", name(example, cn("#0c05616c696365")), "CN=\\#0c05616c696365,O=Example"],
    [
      "an old kind of string",
      name(example, attribute(types.CN, element(0x14, octets("alice")))),
      "CN=#1405616c696365,O=Example",
    ],
    [
      "no text",
      name(example, attribute(types.CN, element(0x0c, new Uint8Array([0xff])))),
      "CN=#0c01ff,O=Example",
    ],
    [
      "a type of one's own",
      name(example, attribute("2a0304", utf8("alice"))),
      "1.2.3.4=#0c05616c696365,O=Example",
    ],
    ["nothing", nobody, ""],
  ];
  for (const [what, subject, text] of subjects) {
    assert.deepEqual([shown(certificate(subject)).subject], [text], what);
    assert.equal(told(certificate(subject), alice), "anonymous none none", what);
  }
  const good = certificate(name(example, cn("alice")));
  assert.equal(told(good, alice), "CN=alice,O=Example admin certificate");
});

Deno.test("alternative names that could deceive are nobody's", () => {
  const ci = '{ san: "DNS:ci.example.net", role: admin }';
  for (
    const text of [
      "ci.example.net\0",
      "ci.example.net\0.evil.example",
      "ci.example.net, DNS:x",
      "*.example.net",
      "ci.example.net ",
      "çi.example.net",
    ]
  ) {
    const deceiver = certificate(nobody, element(0x82, octets(text)));
    assert.equal(told(deceiver, ci), "anonymous none none");
    assert.deepEqual(shown(deceiver).names, []);
  }
  // Of another kind.
  for (const tag of [0x81, 0x86, 0x83, 0x88, 0xa0, 0x02]) {
    const other = certificate(nobody, element(tag, octets("ci.example.net")));
    assert.equal(told(other, ci), "anonymous none none");
  }
  assert.deepEqual(shown(certificate(nobody, element(0x87, new Uint8Array(5)))).names, []);
  const one = der.san(element(0x82, octets("ci.example.net")));
  assert.equal(told(der.certificateOf(nobody, [one, one]), ci), "anonymous none none failed");
});

Deno.test("what is no certificate, or counts for nothing, is nobody's", () => {
  const alice = '{ subject: "CN=alice", role: admin }';
  const good = certificate(name(cn("alice")));
  assert.equal(told(good, alice), "CN=alice admin certificate");
  for (let length = 0; length < good.length; length++) {
    assert.equal(told(good.subarray(0, length), alice), "anonymous none none failed");
  }
  assert.equal(told(der.join([good, new Uint8Array([5, 0])]), alice), "anonymous none none failed");
  const type = element(0x06, Uint8Array.fromHex(types.CN));
  for (
    const odd of [
      sequence(type, utf8("alice"), utf8("bob")),
      // A tag that goes on in the next octet, which is none of a certificate's.
      sequence(type, element(0x1f, octets("alice"))),
    ]
  ) assert.equal(told(certificate(name(odd)), alice), "anonymous none none failed");
  const rules = rulesOf(`auth: { anonymous: view, certificates: [${alice}] }`);
  const credentials = certificateCredentials({ der: good, problem: "has expired on 2021-01-01" });
  const { role, isFailure, advice } = accessByRules(() => rules)({
    ...{ peer: "192.0.2.1", isLocal: false, credentials },
  });
  assert.deepEqual([role, isFailure, advice], [
    "none",
    true,
    'the certificate that it shows, of "CN=alice", has expired on 2021-01-01',
  ]);
});

const value = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 6 }),
  fc.string({ unit: fc.constantFrom(...'a,+=\\" #<>;\0\u202eé'), minLength: 1, maxLength: 6 }),
).filter((text) => text.isWellFormed());
const part = fc.record({ type: fc.constantFrom("CN", "O", "OU", "DC" as const), value });

Deno.test("two subjects have the same text only if they are the same, and are found by it", () => {
  const build = (parts: readonly { type: string; value: string }[]) =>
    name(
      ...parts.map(({ type, value }) => attribute(types[type as keyof typeof types], utf8(value))),
    );
  const parts = fc.array(part, { minLength: 1, maxLength: 3 });
  fc.assert(fc.property(parts, parts, (one, other) => {
    const [a, b] = [one, other].map((each) => shown(certificate(build(each))).subject);
    assert.equal(a === b, JSON.stringify(one) === JSON.stringify(other));
    // Whoever copies it from a refusal into the file means that certificate.
    assert.equal(canonicalName(a ?? ""), a);
  }));
});

Deno.test("whatever octets somebody has signed, they are read or refused", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(), fc.nat(255), (tail, at, octet) => {
      certificateCredentials({ der: tail, problem: undefined });
      const broken = certificate(name(cn("alice")), element(0x82, octets("ci.example.net")));
      broken[at % broken.length] = octet;
      const { subject, names, problem } = shown(broken);
      for (const text of [subject, ...names]) assert.doesNotMatch(text, /\p{C}/u);
      if (problem !== undefined) assert.deepEqual([subject, names], ["", []]);
    }),
  );
});

Deno.test("what is wrong with an entry for a certificate is said with its place", () => {
  const cases: [entry: string, said: string][] = [
    ["role: view", "needs either a subject or a san, and not both"],
    ['subject: "CN=a", san: "DNS:a", role: view', "needs either a subject or a san, and not both"],
    ...[
      "alice",
      "CN=",
      "CN=a,",
      "CN=a,,O=b",
      "X=a",
      "CN=a+",
      'CN="a"',
      "CN=a<b",
      "CN=a\\",
      "CN=#1",
    ].map(
      (subject): [string, string] => [
        `subject: '${subject}', role: view`,
        "subject is to be a whole name such as CN=alice,O=Example, with a backslash before each " +
        "comma and plus sign that is part of a value",
      ],
    ),
    [
      'san: "DNS:*.example.net", role: view',
      "san is to be one name or address: a wildcard stands for many clients, and for none",
    ],
    [
      'san: "IP:192.0.2", role: view',
      "san is to be one name or address: a wildcard stands for many clients, and for none",
    ],
  ];
  for (const [entry, said] of cases) {
    const text = `auth:\n  certificates:\n    - { ${entry} }\n`;
    assert.equal(problemsOf(text).split(": ").slice(2).join(": "), said, entry);
  }
  assert.match(
    problemsOf('auth: { certificates: [{ san: "ci.example.net", role: view }] }'),
    /san: must be DNS:, email:, URI: or IP: and a name in printable ASCII without spaces/,
  );
  const twice = '{ subject: "CN=a, O=b", role: view }, { subject: "cn=a,o=b", role: admin }';
  assert.match(problemsOf(`auth: { certificates: [${twice}] }`), /subject stands there twice$/);
  const sans = '{ san: "DNS:A", role: view }, { san: "DNS:a", role: admin }';
  assert.match(problemsOf(`auth: { certificates: [${sans}] }`), /san stands there twice$/);
});

Deno.test("types that have no name here are told by their numbers, and written in one way", () => {
  const subjectOf = (type: string) => shown(certificate(name(attribute(type, utf8("x"))))).subject;
  const numbers = [
    ...[["00", "0.0"], ["27", "0.39"], ["28", "1.0"], ["4f", "1.39"], ["50", "2.0"]] as const,
    ...[["8837", "2.999"], ["2a03", "1.2.3"], ["2a8101", "1.2.129"]] as const,
    ...[["2a864886f70d", "1.2.840.113549"], ["2a817f01", "1.2.255.1"]] as const,
  ];
  for (const [type, told] of numbers) {
    assert.match(subjectOf(type), new RegExp(`^${told.replaceAll(".", "\\.")}=`), type);
  }
  // None at all, one without its end, and numbers with zeros before them.
  for (const type of ["", "2a81", "81", "2a8001", "8001"]) assert.equal(subjectOf(type), "", type);
});

Deno.test("what is as long as no shorter length could tell is read", () => {
  for (const length of [126, 127, 128, 129, 255, 256]) {
    const text = "a".repeat(length);
    assert.equal(shown(certificate(name(cn(text)))).subject, `CN=${text}`);
  }
  // Written longer than it had to be.
  for (const head of [[0x81, 1], [0x81, 0x7f], [0x82, 0, 0x85]]) {
    const value = new Uint8Array([0x0c, ...head, ...octets("a".repeat(head.at(-1) ?? 0))]);
    assert.equal(shown(certificate(name(attribute(types.CN, value)))).subject, "");
  }
});
