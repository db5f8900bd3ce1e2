"""Typewire from Python: ten bytes of length, one CBOR map, and the handshake.

Blocking sockets, no threads, no validation: plain dicts, lists, str, int, float and bytes.
The caller owns the socket. docs/wire.md is the specification.
"""

import re
import socket
from typing import Any

from typewire_peer import cbor

HEADER_BYTES = 10
MAX_FRAME_BYTES = 1_048_576  # what a Typewire peer takes unless it was told otherwise

Message = dict[str, Any]


def read_exactly(sock: socket.socket, count: int) -> bytes:
    """Reads count bytes; fewer only where the peer ended the stream."""
    parts = bytearray()
    while len(parts) < count and (part := sock.recv(count - len(parts))):
        parts += part
    return bytes(parts)


def read_frame(sock: socket.socket) -> bytes | None:
    """Returns the next payload, or None when the peer has ended the stream between two frames."""
    header = read_exactly(sock, HEADER_BYTES)
    if header == b"":
        return None
    if not re.fullmatch(rb"[0-9]+ *", header) or len(header) < HEADER_BYTES:
        raise ValueError(f"expected digits and spaces in ten bytes, got {header!r}")
    length = int(header)
    if not 1 <= length <= MAX_FRAME_BYTES:
        raise ValueError(f"expected 1 to {MAX_FRAME_BYTES} bytes, header announces {length}")
    payload = read_exactly(sock, length)
    if len(payload) < length:
        raise EOFError(f"expected {length} bytes, the stream ended after {len(payload)}")
    return payload


def receive(sock: socket.socket) -> Message | None:
    """Returns the next message; answers heartbeats by itself. None: the peer has finished."""
    while (payload := read_frame(sock)) is not None:
        message: Message = cbor.loads(payload)
        if message["type"] != "$ping":
            return message
        send(sock, {**message, "type": "$pong"})
    return None


def send(sock: socket.socket, message: Message) -> None:
    payload = cbor.dumps(message)
    sock.sendall(str(len(payload)).ljust(HEADER_BYTES).encode("ascii") + payload)


def hello(sock: socket.socket, protocol: str, version: int) -> None:
    """Optional for a client, and the first frame where it is sent. Asks for heartbeats."""
    send(sock, {"type": "$hello", "protocol": protocol, "version": version})
