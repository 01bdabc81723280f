"""A gRPC client that is not ours: Debian's grpcio, driven over stdin.

Each line in is a JSON command {"do": name, ...}, each line out its JSON answer. Arguments: the
directory with what protoc made of proto/, and the server's address; where that speaks TLS, the
files of its authority and of the client's certificate and key as well.
"""

import importlib.util
import json
import sys
import threading
import time

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, wrappers_pb2

stubs, address, *files = sys.argv[1:]


def load(name, path):
    spec = importlib.util.spec_from_file_location(name, f"{stubs}/{path}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


pb = load("maglev_pb2", "maglev_pb2.py")
health = load("health_pb2", "grpc/health/v1/health_pb2.py")
reflections = {
    version: load(f"reflection_{version}_pb2", f"grpc/reflection/{version}/reflection_pb2.py")
    for version in ("v1", "v1alpha")
}

unlimited = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
]


def channel_to(address):
    if not files:
        return grpc.insecure_channel(address, options=unlimited)
    authority, *own = [open(file, "rb").read() for file in files]
    certificate, key = own or (None, None)
    credentials = grpc.ssl_channel_credentials(authority, key, certificate)
    return grpc.secure_channel(address, credentials, options=unlimited)


channel = channel_to(address)
calls = {}


def unary(path, request, response, **options):
    stub = channel.unary_unary(path, type(request).SerializeToString, response.FromString)
    return stub(request, **{"timeout": 30, **options})


def maglev(method, request, response, **options):
    return unary(f"/maglev.Maglev/{method}", request, response, **options)


def status(error):
    return {"code": error.code().name, "details": error.details()}


def do_get_backend(name, timeout=30, compress=False):
    compression = grpc.Compression.Gzip if compress else None
    info = maglev(
        "GetBackend",
        pb.GetBackendRequest(name=name),
        pb.BackendInfo,
        timeout=timeout,
        compression=compression,
    )
    return json_format.MessageToDict(info)


def do_pause(name):
    return json_format.MessageToDict(
        maglev("PauseBackend", pb.BackendRequest(name=name), pb.BackendInfo)
    )


def do_list_backends(details):
    request = pb.ListBackendsRequest(details=details)
    response = maglev("ListBackends", request, pb.ListBackendsResponse)
    return {
        "names": len(response.backend_names),
        "details": len(response.backends),
        "agree": [b.name for b in response.backends] == list(response.backend_names),
    }


def do_check_config(timeout):
    response = maglev(
        "CheckConfig", pb.CheckConfigRequest(), pb.CheckConfigResponse, timeout=timeout
    )
    return json_format.MessageToDict(response)


def do_unknown(path):
    return unary(path, pb.ListBackendsRequest(), pb.ListBackendsResponse)


def open_watch(timeout=None, **filters):
    stub = channel.unary_stream(
        "/maglev.Maglev/WatchEvents",
        pb.WatchRequest.SerializeToString,
        pb.Event.FromString,
    )
    return stub(pb.WatchRequest(**filters), timeout=timeout)


def describe(event):
    kind = event.WhichOneof("event")
    value = getattr(event, kind)
    if kind == "log":
        return f"log {value.level} {value.msg}"
    if kind not in ("backend", "frontend"):
        return f"{kind} {event.seq}"
    name = value.backend_name if kind == "backend" else value.frontend_name
    t = value.transition
    return f"{kind} {name} {t.from_ if hasattr(t, 'from_') else getattr(t, 'from')}-{t.to}"


def do_watch(id, timeout=None, **filters):
    calls[id] = open_watch(timeout, **filters)
    return {}


def do_read(id, count):
    """The next events of a watcher, or the status it ended with."""
    events = []
    try:
        for _ in range(count):
            events.append(describe(next(calls[id])))
    except grpc.RpcError as error:
        return {"events": events, **status(error)}
    except StopIteration:
        return {"events": events, "code": "OK"}
    return {"events": events}


def do_list_events(**filters):
    response = maglev("ListEvents", pb.ListEventsRequest(**filters), pb.ListEventsResponse)
    return {"events": [describe(event) for event in response.events]}


def do_cancel(id):
    calls.pop(id).cancel()
    return {}


def do_many_watchers(count, events):
    """`count` watchers on one channel; each reads `events` events."""
    watchers = [open_watch(log=False) for _ in range(count)]
    results = [None] * count
    seen = [threading.Semaphore(0) for _ in range(count)]

    def read(i):
        results[i] = []
        for _ in range(events):
            results[i].append(describe(next(watchers[i])))
            seen[i].release()

    threads = [threading.Thread(target=read, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    calls["many"] = (watchers, threads, results, seen)
    return {}


def do_many_snapshots(count):
    """Waits until every watcher has read `count` events more; says how many have."""
    _, _, _, seen = calls["many"]
    deadline = time.monotonic() + 60

    def left():
        return max(0, deadline - time.monotonic())

    def has_read(events):
        return all(events.acquire(timeout=left()) for _ in range(count))

    return {"watchers": sum(has_read(events) for events in seen)}


def do_many_results():
    watchers, threads, results, _ = calls.pop("many")
    for thread in threads:
        thread.join()
    for watcher in watchers:
        watcher.cancel()
    return {"distinct": [list(r) for r in {tuple(r) for r in results}]}


def do_health(service):
    response = unary(
        "/grpc.health.v1.Health/Check",
        health.HealthCheckRequest(service=service),
        health.HealthCheckResponse,
    )
    return json_format.MessageToDict(response)


def do_health_watch(id, service):
    stub = channel.unary_stream(
        "/grpc.health.v1.Health/Watch",
        health.HealthCheckRequest.SerializeToString,
        health.HealthCheckResponse.FromString,
    )
    calls[id] = stub(health.HealthCheckRequest(service=service))
    return {}


def do_health_read(id):
    try:
        return json_format.MessageToDict(next(calls[id]))
    except grpc.RpcError as error:
        return status(error)


class Reflection:
    """Asks one question at a time on one stream, as grpcurl does."""

    def __init__(self, version):
        self.pb = reflections[version]
        self.stub = channel.stream_stream(
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
            self.pb.ServerReflectionRequest.SerializeToString,
            self.pb.ServerReflectionResponse.FromString,
        )
        self.turn = threading.Condition()
        self.questions = []
        self.answers = self.stub(self.ask_all())

    def ask_all(self):
        while True:
            with self.turn:
                self.turn.wait_for(lambda: self.questions)
                question = self.questions.pop(0)
            if question is None:
                return
            yield question

    def ask(self, **question):
        with self.turn:
            self.questions.append(self.pb.ServerReflectionRequest(host="here", **question))
            self.turn.notify()
        answer = next(self.answers)
        assert answer.valid_host == "here", answer
        return answer

    def close(self):
        with self.turn:
            self.questions.append(None)
            self.turn.notify()
        assert list(self.answers) == []


def do_reflect(version):
    """Lists services, fetches the files of each, and calls a method by what they say."""
    reflection = Reflection(version)
    services = [s.name for s in reflection.ask(list_services="").list_services_response.service]
    pool = descriptor_pool.DescriptorPool()
    for service in services:
        files = reflection.ask(file_containing_symbol=service).file_descriptor_response
        for data in reversed(files.file_descriptor_proto):
            pool.Add(descriptor_pb2.FileDescriptorProto.FromString(data))
    methods = [m.name for m in pool.FindServiceByName("maglev.Maglev").methods]
    by_name = reflection.ask(file_by_filename="maglev.proto").file_descriptor_response
    errors = [
        reflection.ask(file_containing_symbol="maglev.Nope").error_response.error_code,
        reflection.ask(file_by_filename="nope.proto").error_response.error_code,
        reflection.ask(
            file_containing_extension={"containing_type": "maglev.Event", "extension_number": 7}
        ).error_response.error_code,
        reflection.ask(all_extension_numbers_of_type="maglev.Nope").error_response.error_code,
    ]
    extensions = reflection.ask(all_extension_numbers_of_type="maglev.Event")
    base = extensions.all_extension_numbers_response.base_type_name
    deep = reflection.ask(file_containing_symbol="maglev.Maglev.WatchEvents")
    reflection.close()
    return {
        "services": services,
        "methods": methods,
        "by_name": len(by_name.file_descriptor_proto),
        "errors": errors,
        "extensions_of": base,
        "method_found": len(deep.file_descriptor_response.file_descriptor_proto),
    }


def do_echo(size, compress=False):
    """A message of `size` bytes up and down."""
    stub = channel.unary_unary(
        "/test.Echo/Unary",
        wrappers_pb2.BytesValue.SerializeToString,
        wrappers_pb2.BytesValue.FromString,
    )
    value = bytes(range(256)) * (size // 256)
    compression = grpc.Compression.Gzip if compress else None
    answer = stub(wrappers_pb2.BytesValue(value=value), timeout=120, compression=compression)
    return {"equal": answer.value == value}


def do_ping_pong(count, size):
    """`count` messages each way on one stream, one at a time."""
    stub = channel.stream_stream(
        "/test.Echo/Bidi",
        wrappers_pb2.BytesValue.SerializeToString,
        wrappers_pb2.BytesValue.FromString,
    )
    turn = threading.Semaphore(1)

    def requests():
        for i in range(count):
            turn.acquire()
            yield wrappers_pb2.BytesValue(value=bytes([i % 256]) * size)

    equal = 0
    for i, answer in enumerate(stub(requests(), timeout=120)):
        equal += answer.value == bytes([i % 256]) * size
        turn.release()
    return {"equal": equal}


for line in sys.stdin:
    command = json.loads(line)
    name = command.pop("do")
    try:
        answer = globals()[f"do_{name}"](**command)
    except grpc.RpcError as error:
        answer = status(error)
    except Exception as error:  # pylint: disable=broad-except
        answer = {"exception": repr(error)}
    print(json.dumps(answer), flush=True)
