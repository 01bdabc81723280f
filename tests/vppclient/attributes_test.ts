import assert from "node:assert/strict";
import { messageAttributes } from "../../lib/vppclient/client.ts";
import { ip } from "../support/ip.ts";

/** How a record shows one field. */
const shown = (field: unknown) => messageAttributes({ field }).field;

Deno.test("numbers and booleans stay what they are in a record", () => {
  assert.deepEqual(messageAttributes({ retval: -6, is_del: false, weight: 100 }), {
    retval: -6,
    is_del: false,
    weight: 100,
  });
});

Deno.test("addresses, prefixes, bytes and structures are text in a record", () => {
  assert.equal(shown(ip("2001:db8::1")), "2001:db8::1");
  assert.equal(shown({ address: ip("192.0.2.1"), len: 32 }), "192.0.2.1/32");
  assert.equal(shown(Uint8Array.of(0, 1, 0xab, 0xff)), "0001abff");
  assert.equal(shown({ address: ip("192.0.2.1"), via: 3 }), "{address 192.0.2.1, via 3}");
  assert.equal(shown({ le: 0, ge: 32 }), "{le 0, ge 32}");
  assert.equal(shown(null), "null");
  assert.equal(shown(undefined), "undefined");
  assert.equal(shown(5n), "5");
});

Deno.test("a list of up to 16 entries is shown, of a longer one the length", () => {
  const list = (length: number) => Array.from({ length }, (_, i) => ({ index: i }));
  assert.equal(shown(list(2)), "[{index 0}, {index 1}]");
  assert.match(String(shown(list(16))), /^\[\{index 0\}, .*\{index 15\}\]$/);
  assert.equal(shown(list(17)), "17 entries");
});

Deno.test("text of up to 1,024 characters is shown whole, of a longer one the beginning", () => {
  const whole = "a" + "x".repeat(1023);
  assert.equal(shown(whole), whole);
  assert.equal(shown(`${whole}y`), `${whole}… (1025 characters)`);
});
