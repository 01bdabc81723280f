import { create } from "@bufbuild/protobuf";
import { flapText, type HealthCheck } from "../../config/mod.ts";
import { type HealthCheckInfo, HealthCheckInfoSchema } from "../../gen/maglev_pb.ts";
import { nanoseconds } from "./time.ts";

/** A health check as the wire shows it; what was left to its default and depends is empty. */
export function healthcheckToProto(check: HealthCheck): HealthCheckInfo {
  return create(HealthCheckInfoSchema, {
    name: check.name,
    type: check.type,
    port: check.type === "icmp" ? 0 : check.port,
    probeIpv4Src: check.probeIpv4Source?.text ?? "",
    probeIpv6Src: check.probeIpv6Source?.text ?? "",
    intervalNs: nanoseconds(check.intervalMs),
    fastIntervalNs: nanoseconds(check.fastIntervalMs),
    downIntervalNs: nanoseconds(check.downIntervalMs),
    timeoutNs: nanoseconds(check.timeoutMs),
    rise: check.rise,
    flap: check.flap ? flapText(check.flap) : "",
    fall: check.fall,
    ...paramsToProto(check),
  });
}

/** Of a type that has any. */
function paramsToProto(check: HealthCheck) {
  switch (check.type) {
    case "tcp": {
      const { tls } = check;
      const { serverName = "", insecureSkipVerify = false } = tls ?? {};
      return { tcp: { ssl: tls !== undefined, serverName, insecureSkipVerify } };
    }
    case "http":
    case "https": {
      const { path, host = "", responseCodeMin, responseCodeMax, tls } = check;
      const { responseRegexp = "" } = check;
      const { serverName = "", insecureSkipVerify } = tls;
      const response = { responseCodeMin, responseCodeMax, responseRegexp };
      return { http: { path, host, ...response, serverName, insecureSkipVerify } };
    }
    default:
      return {};
  }
}
