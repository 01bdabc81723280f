"""A client on python3-h2 that checks every frame it gets. Prints one JSON object per script."""

import json
import socket
import sys

import h2.config
import h2.connection
import h2.events
import h2.settings


class Client:
    def __init__(self, port, settings=None):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        if settings:
            self.h2.local_settings = h2.settings.Settings(client=True, initial_values=settings)
        self.h2.initiate_connection()
        self.flush()
        self.bodies = {}
        self.trailers = {}
        self.ended = set()
        self.resets = {}
        self.goaway = None
        self.acknowledged = 0

    def flush(self):
        data = self.h2.data_to_send()
        if data:
            self.socket.sendall(data)

    def request(self, path, end=True, extra=(), method="POST"):
        stream = self.h2.get_next_available_stream_id()
        fields = [(":method", method), (":scheme", "http"), (":path", path), (":authority", "x")]
        self.h2.send_headers(stream, fields + list(extra), end_stream=end)
        self.bodies[stream] = bytearray()
        return stream

    def turn(self, acknowledge=True):
        """Reads once and acts on it. False at the end of the connection."""
        self.flush()
        data = self.socket.recv(65536)
        if not data:
            return False
        for event in self.h2.receive_data(data):
            if isinstance(event, h2.events.DataReceived):
                self.bodies[event.stream_id] += event.data
                if acknowledge and event.flow_controlled_length:
                    self.h2.acknowledge_received_data(
                        event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.TrailersReceived):
                self.trailers[event.stream_id] = [
                    [n.decode(), v.decode()] for n, v in event.headers]
            elif isinstance(event, h2.events.StreamEnded):
                self.ended.add(event.stream_id)
            elif isinstance(event, h2.events.StreamReset):
                self.resets[event.stream_id] = int(event.error_code)
            elif isinstance(event, h2.events.SettingsAcknowledged):
                self.acknowledged += 1
            elif isinstance(event, h2.events.ConnectionTerminated):
                self.goaway = int(event.error_code)
        self.flush()
        return True

    def finish(self, streams):
        while not set(streams) <= self.ended | set(self.resets):
            if not self.turn():
                break

    def upload(self, stream, size):
        sent = 0
        while sent < size:
            room = min(
                self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size,
                size - sent)
            if room == 0:
                self.turn()
                continue
            self.h2.send_data(stream, bytes(room), end_stream=sent + room == size)
            sent += room
            self.flush()


def unary(port):
    client = Client(port)
    stream = client.request("/echo", end=False, extra=[("te", "trailers")])
    client.h2.send_data(stream, b"hello", pad_length=20)
    client.h2.send_headers(stream, [("x-request-trailer", "yes")], end_stream=True)
    client.finish([stream])
    return {"body": client.bodies[stream].decode(), "trailers": client.trailers[stream]}


def large(port):
    """32 MiB up and down, with windows a fraction of that."""
    client = Client(port)
    up = client.request("/count", end=False)
    client.upload(up, 32 << 20)
    client.finish([up])
    down = client.request(f"/zeros?{32 << 20}")
    client.finish([down])
    return {"counted": client.bodies[up].decode(), "received": len(client.bodies[down])}


def many(port):
    """500 streams open at the same time, then all cancelled."""
    client = Client(port)
    waiting = [client.request("/wait") for _ in range(500)]
    while any(bytes(client.bodies[s]) != b"waiting" for s in waiting):
        client.turn()
    for stream in waiting:
        client.h2.reset_stream(stream, 8)
    after = client.request("/zeros?5")
    client.finish([after])
    return {"after": len(client.bodies[after]), "goaway": client.goaway}


def tiny_windows(port):
    """A client whose windows and frames are as small as can be."""
    codes = h2.settings.SettingCodes
    client = Client(port, {codes.INITIAL_WINDOW_SIZE: 1, codes.HEADER_TABLE_SIZE: 0})
    streams = [client.request("/zeros?50") for _ in range(3)]
    client.finish(streams)
    return {"received": [len(client.bodies[s]) for s in streams]}


def unread(port):
    """A client that never opens its window: other streams go on, this one stops at 65,535."""
    client = Client(port)
    stuck = client.request("/zeros?1000000")
    while len(client.bodies[stuck]) < 65535:
        client.turn(acknowledge=False)
    client.h2.increment_flow_control_window(65535)
    other = client.request("/zeros?1000")
    client.finish([other])
    return {"stuck": len(client.bodies[stuck]), "other": len(client.bodies[other])}


def settings_in_between(port):
    """SETTINGS that change windows and tables while a response is under way."""
    client = Client(port)
    codes = h2.settings.SettingCodes
    stream = client.request("/zeros?300000")
    for sent, size in enumerate((10, 70000, 0, 65535)):
        # python3-h2 takes any acknowledgement for that of the oldest change.
        while client.acknowledged <= sent:
            client.turn()
        client.h2.update_settings({codes.INITIAL_WINDOW_SIZE: size, codes.HEADER_TABLE_SIZE: size})
        client.flush()
    client.finish([stream])
    return {"received": len(client.bodies[stream]), "trailers": client.trailers[stream]}


def main():
    port = int(sys.argv[1])
    scripts = [unary, large, many, tiny_windows, unread, settings_in_between]
    print(json.dumps({script.__name__: script(port) for script in scripts}))


main()
