import { create } from "@bufbuild/protobuf";
import type { HealthCheckResponse } from "../gen/grpc/health/v1/health_pb.ts";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
  HealthCheckResponseSchema,
} from "../gen/grpc/health/v1/health_pb.ts";
import { notFound } from "./errors.ts";
import { EventQueue } from "./queue.ts";
import { type Rpc, serverStream, unary } from "./rpc.ts";

/** There is one change in a life; a status is two bytes, so that their number says it all. */
const limits = { count: 16, bytes: Infinity };

/** The standard health service, `grpc.health.v1`: serving until it is told otherwise. */
export class HealthService {
  #status = Status.SERVING;
  readonly #watchers = new Set<EventQueue<HealthCheckResponse>>();

  /** `services` are those whose health is known; the empty name is the server as a whole. */
  constructor(private readonly services: readonly string[]) {}

  /** The rows of this service. */
  rpcs(): readonly Rpc[] {
    return [
      unary(Health.method.check, ({ service }) => {
        if (!this.services.includes(service)) throw notFound("service", service);
        return response(this.#status);
      }),
      serverStream(Health.method.watch, ({ service }) => this.#watch(service)),
    ];
  }

  /** From now on NOT_SERVING, which watchers are told. */
  stopServing(): void {
    this.#status = Status.NOT_SERVING;
    for (const watcher of this.#watchers) watcher.push(response(this.#status), 2);
  }

  #watch(service: string): AsyncIterable<HealthCheckResponse> {
    const known = this.services.includes(service);
    const opening = response(known ? this.#status : Status.SERVICE_UNKNOWN);
    const watcher: EventQueue<HealthCheckResponse> = new EventQueue([opening], limits, () => {
      this.#watchers.delete(watcher);
    });
    if (known) this.#watchers.add(watcher);
    return watcher;
  }
}

function response(status: Status): HealthCheckResponse {
  return create(HealthCheckResponseSchema, { status });
}
