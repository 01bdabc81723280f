import { deepEqual } from "node:assert/strict";
import { type Targets, targetsOf, type Way } from "../../lib/tester/targets.ts";
import { placeOf } from "../../lib/tester/targets.ts";
import { configOf } from "./support/vips.ts";

function told({ vips, unasked }: Targets): string[] {
  return [
    ...vips.map((each) => `${each.name} ${each.protocol} ${placeOf(each)} ${each.way}`),
    ...unasked.map(({ name, place, why }) => `${name} ${place}: ${why}`),
  ];
}

const several = [
  "web: { address: 192.0.2.1, protocol: tcp, port: 80, POOLS }",
  'tls: { address: "2001:db8::1", protocol: tcp, port: 443, POOLS }',
  "smtp: { address: 192.0.2.1, protocol: tcp, port: 25, POOLS }",
  'api: { description: "The API [HTTPS]", address: 192.0.2.1, protocol: tcp, port: 8443, POOLS }',
  'raw: { description: "no HTTP [tcp]", address: 192.0.2.2, protocol: tcp, port: 80, POOLS }',
  "dns: { address: 192.0.2.3, protocol: udp, port: 53, POOLS }",
  'ntp: { description: "[icmp]", address: 192.0.2.3, protocol: udp, port: 123, POOLS }',
  'web3: { description: "[http]", address: 192.0.2.3, protocol: udp, port: 80, POOLS }',
  'all: { description: "[http]", address: 192.0.2.4, POOLS }',
];

const expected = (other: Way) => [
  "web tcp 192.0.2.1:80 http",
  "tls tcp [2001:db8::1]:443 https",
  `smtp tcp 192.0.2.1:25 ${other}`,
  "api tcp 192.0.2.1:8443 https",
  "raw tcp 192.0.2.2:80 tcp",
  "ntp udp 192.0.2.3:123 icmp",
  "all any 192.0.2.4 icmp",
  "dns 192.0.2.3:53: UDP has no answer to wait for",
  "web3 192.0.2.3:80: UDP has no answer to wait for",
];

Deno.test("ports, the description and the scheme say how a VIP is asked", () => {
  const config = configOf(...several);
  deepEqual(told(targetsOf([config], "")), expected("tcp"));
  deepEqual(told(targetsOf([config], "http")), expected("http"));
});

Deno.test("files are united by address, protocol and port", () => {
  const one = configOf(
    "web: { address: 192.0.2.1, protocol: tcp, port: 80, POOLS }",
    'v6: { address: "2001:DB8:0::1", protocol: tcp, port: 80, POOLS }',
  );
  const other = configOf(
    "www: { description: '[tcp]', address: 192.0.2.1, protocol: tcp, port: 80, POOLS }",
    'v6: { address: "2001:db8::1", protocol: tcp, port: 80, POOLS }',
    "web: { address: 192.0.2.1, protocol: tcp, port: 81, POOLS }",
  );
  deepEqual(told(targetsOf([one, other], "")), [
    "web, www tcp 192.0.2.1:80 http",
    "v6 tcp [2001:db8::1]:80 http",
    "web tcp 192.0.2.1:81 tcp",
  ]);
});
