"""The tutorial's final client, with CBOR in the place of pickle.

It reads ten bytes of length, then that many bytes, and prints what they hold. It never says hello and
sends nothing: a Typewire server serves it all the same.

    python3 tutorial_client.py [HOST] [PORT]
"""

import signal
import socket
import sys
from types import FrameType
from typing import NoReturn

from typewire import HEADER_BYTES, read_exactly
from typewire_peer import cbor

HOST = "127.0.0.1"
PORT = 8080


def on_interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    print("\n[!] EXITING!!")
    sys.exit(0)


def connect(host: str, port: int) -> None:
    print("[CONNECTING] the client is connecting to the server...")
    with socket.create_connection((host, port)) as server:
        print(f"[CONNECTED] the client is connected to {server.getpeername()}")
        receive_all(server)
    print("[DISCONNECTED] the server has closed the connection")


def receive_all(server: socket.socket) -> None:
    while header := read_exactly(server, HEADER_BYTES):
        print(f"[HEADER] {header!r}")
        payload = read_exactly(server, int(header))
        print(f"[RECEIVED ENCODED] {payload!r}")
        print(f"[RECEIVED DECODED] {cbor.loads(payload)}")


def main() -> None:
    signal.signal(signal.SIGINT, on_interrupt)
    arguments = sys.argv[1:]
    connect(arguments[0] if arguments else HOST, int(arguments[1]) if len(arguments) > 1 else PORT)


if __name__ == "__main__":
    main()
