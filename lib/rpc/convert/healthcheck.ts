import { create } from "@bufbuild/protobuf";
import { flapText, type HealthCheck, type HttpCheck, type TcpCheck } from "../../config/mod.ts";
import type { HealthCheckInfo, HTTPCheckParams, TCPCheckParams } from "../../gen/maglev_pb.ts";
import {
  HealthCheckInfoSchema,
  HTTPCheckParamsSchema,
  TCPCheckParamsSchema,
} from "../../gen/maglev_pb.ts";
import { nanoseconds } from "./time.ts";

/** A health check as the wire shows it; what was left to its default and depends is empty. */
export function healthcheckToProto(check: HealthCheck): HealthCheckInfo {
  const info = create(HealthCheckInfoSchema);
  info.name = check.name;
  info.type = check.type;
  info.probeIpv4Src = check.probeIpv4Source?.text ?? "";
  info.probeIpv6Src = check.probeIpv6Source?.text ?? "";
  info.intervalNs = nanoseconds(check.intervalMs);
  info.fastIntervalNs = nanoseconds(check.fastIntervalMs);
  info.downIntervalNs = nanoseconds(check.downIntervalMs);
  info.timeoutNs = nanoseconds(check.timeoutMs);
  info.rise = check.rise;
  info.flap = check.flap ? flapText(check.flap) : "";
  info.fall = check.fall;
  setParams(info, check);
  return info;
}

function setParams(info: HealthCheckInfo, check: HealthCheck): void {
  switch (check.type) {
    case "icmp":
      return;
    case "tcp":
      info.port = check.port;
      info.tcp = tcpToProto(check);
      return;
    case "http":
    case "https":
      info.port = check.port;
      info.http = httpToProto(check);
      return;
    default:
      check satisfies never;
  }
}

function tcpToProto({ tls }: TcpCheck): TCPCheckParams {
  return create(TCPCheckParamsSchema, {
    ssl: tls !== undefined,
    serverName: tls?.serverName ?? "",
    insecureSkipVerify: tls?.insecureSkipVerify ?? false,
  });
}

function httpToProto(check: HttpCheck): HTTPCheckParams {
  return create(HTTPCheckParamsSchema, {
    path: check.path,
    host: check.host ?? "",
    responseCodeMin: check.responseCodeMin,
    responseCodeMax: check.responseCodeMax,
    responseRegexp: check.responseRegexp ?? "",
    serverName: check.tls.serverName ?? "",
    insecureSkipVerify: check.tls.insecureSkipVerify,
  });
}
