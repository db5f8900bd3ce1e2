"""The tutorial's own design: a thread for each client, pickle behind a header of ten bytes, two calls of
`send` for a message. Without its prints, which would be all that is measured, and with `recv` repeated
until the bytes are there. Speaks the control protocol of control.ts; checks nothing, like the tutorial.
"""

import gc
import json
import os
import pickle
import selectors
import socket
import sys
import threading
import time

HEADERLENGTH = 10
# The messages of the workload, as JSON, from the runner: the same that the other systems send.
MESSAGES = json.loads(sys.argv[1])


def epoch_ms():
    return time.time() * 1000


def send(msg, client_socket):
    message = pickle.dumps(msg)
    send_length = str(len(message)).encode("utf-8")
    send_length += b" " * (HEADERLENGTH - len(send_length))
    client_socket.sendall(send_length)
    client_socket.sendall(message)


def receive_exactly(client, length):
    received = b""
    while len(received) < length:
        part = client.recv(length - len(received))
        if not part:
            raise ConnectionError("the peer has ended")
        received += part
    return received


def receive(client):
    length = int(receive_exactly(client, HEADERLENGTH).decode("utf-8"))
    return pickle.loads(receive_exactly(client, length))


class Server:
    def __init__(self):
        self.clients = set()
        self.lock = threading.Lock()
        self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.clients.add(client)
            threading.Thread(target=self.handle_client, args=(client,), daemon=True).start()

    def handle_client(self, client):
        try:
            while True:
                send(receive(client), client)
        except (ConnectionError, OSError):
            with self.lock:
                self.clients.discard(client)

    def listen(self, _):
        return {"port": self.listener.getsockname()[1], "pid": os.getpid()}

    def connected(self, command):
        while len(self.clients) < command["connections"]:
            time.sleep(0.001)
        return {"atMs": epoch_ms()}

    def stream(self, command):
        started = epoch_ms()

        def one(client):
            for index in range(command["each"]):
                send(MESSAGES[index % len(MESSAGES)], client)

        threads = [threading.Thread(target=one, args=(client,)) for client in self.clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {"startedAtMs": started}

    def broadcast(self, _):
        started = epoch_ms()
        with self.lock:
            clients = list(self.clients)
        for client in clients:
            send(MESSAGES[0], client)
        return {"startedAtMs": started, "recipients": len(clients)}


class Client:
    """Holds many connections; what comes unasked is awaited only when it is asked for."""

    def __init__(self):
        self.connections = []
        self.each = 0
        self.verify = False

    def connect(self, command):
        started = epoch_ms()
        for _ in range(command["connections"]):
            connection = socket.create_connection(("127.0.0.1", command["port"]))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections.append(connection)
        return {"startedAtMs": started, "connectedAtMs": epoch_ms()}

    def expect(self, command):
        self.each = command["each"]
        self.verify = command["verify"]
        return {}

    def received(self, _):
        if len(self.connections) == 1:
            for index in range(self.each):
                self.take(self.connections[0], index)
            return {"lastAtMs": epoch_ms()}
        with selectors.DefaultSelector() as selector:
            for connection in self.connections:
                selector.register(connection, selectors.EVENT_READ, [0])
            left = len(self.connections)
            while left > 0:
                for key, _ in selector.select():
                    self.take(key.fileobj, key.data[0])
                    key.data[0] += 1
                    if key.data[0] == self.each:
                        selector.unregister(key.fileobj)
                        left -= 1
            return {"lastAtMs": epoch_ms()}

    def take(self, connection, index):
        message = receive(connection)
        expected = MESSAGES[index % len(MESSAGES)]
        if message["id"] != expected["id"] or (self.verify and message != expected):
            raise ValueError(f"message {index}: it is not what was sent")

    def request(self, command):
        """As many threads as there may be requests in flight, each with the connection of its turn."""
        requests, in_flight = command["requests"], command["inFlight"]
        sent_at = [0.0] * requests
        latencies = [0.0] * requests
        shares = min(in_flight, requests)
        started = time.perf_counter()
        if len(self.connections) == 1:
            self.pipeline(self.connections[0], requests, in_flight, sent_at, latencies)
        else:
            threads = [
                threading.Thread(target=self.ask_on, args=(share, shares, requests, latencies))
                for share in range(shares)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        elapsed = time.perf_counter() - started
        latencies.sort()
        return {
            "p50Us": latencies[len(latencies) // 2] * 1e6,
            "p99Us": latencies[int((len(latencies) - 1) * 0.99)] * 1e6,
            "perSecond": requests / elapsed,
        }

    def pipeline(self, connection, requests, in_flight, sent_at, latencies):
        sent = 0
        for answered in range(requests):
            while sent < requests and sent - answered < in_flight:
                sent_at[sent] = time.perf_counter()
                send(MESSAGES[sent % len(MESSAGES)], connection)
                sent += 1
            if receive(connection)["id"] != MESSAGES[answered % len(MESSAGES)]["id"]:
                raise ValueError(f"answer {answered}: it is not what was asked")
            latencies[answered] = time.perf_counter() - sent_at[answered]

    def ask_on(self, share, shares, requests, latencies):
        connection = self.connections[share % len(self.connections)]
        for index in range(share, requests, shares):
            sent_at = time.perf_counter()
            send(MESSAGES[index % len(MESSAGES)], connection)
            receive(connection)
            latencies[index] = time.perf_counter() - sent_at


def obey(peer, command):
    if command["do"] == "settle":
        gc.collect()
        return {}
    return getattr(peer, command["do"])(command)


def main():
    peer = None
    for line in sys.stdin:
        command = json.loads(line)
        if peer is None:
            peer = Server() if command["do"] == "listen" else Client()
        try:
            reply = {"ok": obey(peer, command)}
        except Exception as error:  # pylint: disable=broad-except
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
