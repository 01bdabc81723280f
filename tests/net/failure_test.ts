import assert from "node:assert/strict";
import { errnoNumber } from "../../lib/net/errno.ts";
import {
  bindFailure,
  callFailure,
  connectFailure,
  openFailure,
  sendFailure,
  watchFailure,
} from "../../lib/net/failure.ts";
import { ip } from "../support/ip.ts";

const own = (reason: string) => ({ reason, isOwn: true });
const outer = (reason: string) => ({ reason, isOwn: false });

Deno.test("what this host lacks is its own fault, everything else is not", () => {
  for (const name of ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EAGAIN", "ENOSPC"]) {
    assert.equal(callFailure(errnoNumber(name)).isOwn, true, name);
  }
  for (const name of ["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ENOENT", "EPERM", "EIO"]) {
    assert.equal(callFailure(errnoNumber(name)).isOwn, false, name);
  }
});

Deno.test("a failure says what was attempted where that is not plain", () => {
  assert.deepEqual(callFailure(24, "open a socket"), own("open a socket: out of file descriptors"));
  assert.deepEqual(callFailure(111), outer("connection refused"));
});

Deno.test("why a socket could not be opened", () => {
  assert.deepEqual(openFailure(errnoNumber("EPERM")), outer("CAP_NET_RAW is missing"));
  assert.deepEqual(watchFailure(errnoNumber("EINVAL")), own("watch the socket: invalid argument"));
  assert.deepEqual(
    openFailure(errnoNumber("EACCES")),
    outer("net.ipv4.ping_group_range allows no unprivileged ping sockets"),
  );
  assert.deepEqual(
    openFailure(errnoNumber("ENFILE")),
    own("open a socket: the system is out of file descriptors"),
  );
});

Deno.test("a source address that is gone is not this host's lack, no memory to bind it is", () => {
  const source = ip("192.0.2.9");
  assert.deepEqual(
    bindFailure(source, errnoNumber("EADDRNOTAVAIL")),
    outer("source address 192.0.2.9 is not on this host"),
  );
  assert.deepEqual(
    bindFailure(source, errnoNumber("ENOMEM")),
    own("bind to source address 192.0.2.9: out of memory"),
  );
});

Deno.test("why a connect failed", () => {
  const expected = [
    ["EADDRNOTAVAIL", own("no free source port")],
    ["EADDRINUSE", own("no free source port")],
    ["EAGAIN", own("not ready")],
    ["EACCES", outer("prohibited by a route")],
    ["EPERM", outer("prohibited by a firewall")],
    ["EINVAL", outer("dropped by a blackhole route")],
    ["ENOPROTOOPT", outer("protocol is unreachable")],
    ["ECONNREFUSED", outer("connection refused")],
  ] as const;
  for (const [name, failure] of expected) {
    assert.deepEqual(connectFailure(errnoNumber(name)), failure, name);
  }
});

Deno.test("why a ping could not be sent", () => {
  const expected = [
    ["EAGAIN", own("too many packets are waiting to be sent")],
    ["ENOBUFS", own("too many packets are waiting to be sent")],
    ["ENOMEM", own("out of memory")],
    ["EADDRNOTAVAIL", outer("no source address on this host to send from")],
    ["EACCES", outer("prohibited by a route")],
    ["EPERM", outer("prohibited by a firewall")],
    ["EINVAL", outer("dropped by a blackhole route")],
    ["ENETUNREACH", outer("network is unreachable")],
  ] as const;
  for (const [name, failure] of expected) {
    assert.deepEqual(sendFailure(errnoNumber(name)), failure, name);
  }
});
