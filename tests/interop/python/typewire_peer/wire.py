"""Frames, the limits of one end, and the proof of a shared secret. Pure: no sockets, no time."""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from . import cbor
from .errors import TypewireError

HEADER_BYTES, MAX_ANNOUNCED_BYTES = 10, 9_999_999_999

Message = dict[str, Any]
"""A decoded message: its `type`, and its fields."""

CONTROL_FIELDS: Final[dict[str, dict[str, type]]] = {
    "$hello": {"protocol": str, "version": int, "fingerprint": str, "nonce": bytes}
    | dict.fromkeys("maxFrameBytes maxItems maxNesting heartbeatIntervalMs maxCalls maxStreams".split(), int),
    "$proof": {"mac": bytes},
    **dict.fromkeys(("$ping", "$pong", "$result"), {"id": int}),
    "$error": {"code": str, "message": str, "path": str, "of": str, "frame": int},
    "$bye": {"reason": str, "retryAfterMs": int, "final": bool},
    "$call": {"call": str, "id": int},
}
_REQUIRED: Final = {"protocol", "version", "mac", "code", "message", "reason", "call"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What this end takes, and how long it waits, in seconds."""

    max_frame_bytes: int = 1_048_576
    max_nesting: int = 32
    max_items: int = 65_536
    max_waiting_messages: int = 1024
    """Received messages that wait for the program; beyond them nothing is read."""
    heartbeat_interval: float = 30.0
    """Silence after which the peer is asked for life; 0: never."""
    hello_deadline: float = 10.0
    """How long the peer's hello and proof may take, where they are required."""
    frame_deadline: float = 10.0
    """How long a frame that has begun may take, beside a second for each 16 KiB of it."""


def framed(payload: bytes) -> bytes:
    """The payload behind its header."""
    return b"%-10d" % len(payload) + payload


def encode_frame(message: Mapping[str, Any], hello: Mapping[str, Any] = {}) -> bytes:
    """The message as a frame for the peer that said `hello`; raises what the peer would refuse it with."""
    payload = cbor.dumps(message)
    most = hello.get("maxFrameBytes", MAX_ANNOUNCED_BYTES)
    if len(payload) > most:
        raise TypewireError("frame-too-large", f"{len(payload)} bytes, the peer takes {most}")
    cbor.loads(payload, max_nesting=hello.get("maxNesting", 32), max_items=hello.get("maxItems", 65_536))
    return framed(payload)


def decode_header(header: bytes, max_frame_bytes: int) -> int:
    """The announced length of a payload."""
    if not re.fullmatch(rb"[0-9]+ *", header):
        raise TypewireError("header-invalid", f"expected digits followed by spaces, got {header!r}")
    length = int(header)
    if length == 0:
        raise TypewireError("frame-empty", "the header announces 0 bytes")
    if length > max_frame_bytes:
        raise TypewireError("frame-too-large", f"the header announces {length} bytes of {max_frame_bytes}")
    return length


def misfit(message: Any) -> str | None:
    """The path of what makes this no message, or no control message of docs/wire.md."""
    if not isinstance(message, dict) or type(kind := message.get("type")) is not str:
        return "/type" if isinstance(message, dict) else ""
    for name, expected in CONTROL_FIELDS.get(kind, {}).items():
        is_required = name in _REQUIRED or kind in ("$call", "$result")
        if (is_required or name in message) and type(message.get(name)) is not expected:
            return f"/{name}"
    return None


def proof(secret: bytes, role: str, client_hello: bytes, server_hello: bytes) -> bytes:
    """The code over the payloads of both hellos which shows that `role` has the secret."""
    label = f"typewire secret 1: {role}\n".encode()
    return hmac.digest(secret, label + framed(client_hello) + framed(server_hello), "sha256")
