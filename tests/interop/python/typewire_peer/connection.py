"""One connection over asyncio's streams: hello, secret, heartbeats, limits, errors, an orderly end.

It checks bytes, not schemas: a program refuses what is no message to it with `refuse`. A task reads all the time,
so that heartbeats are answered while the program works.
"""

import asyncio
import contextlib
import hmac
import logging
import secrets
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from . import cbor, wire
from .errors import PeerError, TypewireError
from .wire import Limits, Message

_log = logging.getLogger("typewire_peer")
_NONCE_BYTES, _MIN_SECRET_BYTES, _MAX_UNPROVEN_BYTES, _MAX_NAME = 32, 16, 4096, 128
_FRAME_BYTES_PER_SECOND, _LINGER, _MAX_REFUSALS, _REFUSAL_WINDOW = 16_384, 2.0, 10, 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """What all connections of a program share."""

    protocol: str
    version: int
    secret: bytes | None = None
    """The peer has to have it too, before anything else is said; it never travels."""
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        if self.secret is not None and len(self.secret) < _MIN_SECRET_BYTES:
            raise ValueError(f"secret: expected at least {_MIN_SECRET_BYTES} bytes, got {len(self.secret)}")

    def hello(self) -> Message:
        """What a connection says first."""
        hello = {"type": "$hello", "protocol": self.protocol, "version": self.version}
        hello["heartbeatIntervalMs"] = round(self.limits.heartbeat_interval * 1000)
        hello["maxFrameBytes"] = self.limits.max_frame_bytes
        return hello if self.secret is None else hello | {"nonce": secrets.token_bytes(_NONCE_BYTES)}

    def connection(self, reader: StreamReader, writer: StreamWriter, role: str) -> "Connection":
        return Connection(reader, writer, self, role)


class Connection:
    """A live connection; `connect` and `serve` make them. Iterating yields messages until the peer ends."""

    def __init__(self, reader: StreamReader, writer: StreamWriter, endpoint: Endpoint, role: str) -> None:
        self.name: str = "{}:{}".format(*writer.get_extra_info("peername", ("", ""))[:2])
        """The peer's address and port."""
        self.error: TypewireError | None = None
        """What ended the connection, unless it ended in order."""
        self.bye: Message | None = None
        """The peer's `$bye`, once it has come."""
        self.refused: list[PeerError] = []
        """What the peer refused of ours without ending the connection."""
        self._reader, self._writer = reader, writer
        self._endpoint, self._limits, self._role = endpoint, endpoint.limits, role
        self._time = asyncio.get_running_loop().time
        self._heard = self._time()
        self._messages = asyncio.Queue[tuple[Message, int] | None](self._limits.max_waiting_messages)
        self._opened = asyncio.Event()
        self._finishing: asyncio.Task[None] | None = None
        self._frames, self._aside, self._is_proven = 0, 0, endpoint.secret is None
        self._received: tuple[Message, int] = {}, 0
        self._peer_hello: Message = {}
        self._refusal_times: list[float] = []
        self._heartbeats: asyncio.Task[None] | None = None
        self._own_hello = endpoint.hello()
        self._hellos = {role: cbor.dumps(self._own_hello)}
        self._write(self._own_hello)
        if role == "server" and self._is_proven:
            self._opened.set()
        self._reading = asyncio.create_task(self._read())

    async def opened(self) -> None:
        """Returns once messages may go both ways; raises what ended the connection before that."""
        try:
            async with asyncio.timeout(self._limits.hello_deadline):
                await self._opened.wait()
        except TimeoutError:
            self.fail(TypewireError("hello-timeout", "the peer has not answered in time"))
        if self.error is not None:
            raise self.error

    async def send(self, message: Mapping[str, Any]) -> None:
        """Sends a message, and waits while the peer is slow. After the end: `connection-closed`."""
        if self._finishing is not None:
            raise TypewireError("connection-closed", "the connection has ended")
        self._writer.write(wire.encode_frame(message, self._peer_hello))
        await self._flush()

    async def _flush(self) -> None:
        """Waits while the peer is slow, and a turn in any case: endless writing must not stop the reader."""
        await asyncio.sleep(0)
        with contextlib.suppress(ConnectionError):  # the reader meets it too, and says why
            await self._writer.drain()

    async def receive(self) -> Message | None:
        """The next message; None once the peer has ended in order. Raises what ended it otherwise."""
        entry = None if self._finishing is not None and self._messages.empty() else await self._messages.get()
        if entry is None and self.error is not None:
            raise self.error
        self._received = entry or self._received
        return entry and entry[0]

    async def __aiter__(self) -> AsyncIterator[Message]:
        while (message := await self.receive()) is not None:
            yield message

    def refuse(self, text: str, path: str = "", code: str = "schema-mismatch") -> None:
        """Tells the peer that the last message received is none. Eleven in ten seconds end the connection."""
        message, frame = self._received
        self._refuse(text, path, message.get("type"), frame, code)

    def _refuse(self, text: str, path: str, of: Any, frame: int, code: str = "schema-mismatch") -> None:
        if not self._is_proven:
            return self.fail(TypewireError("auth-required", text))
        now = self._time()
        self._refusal_times = [time for time in self._refusal_times if now - time < _REFUSAL_WINDOW] + [now]
        if len(self._refusal_times) > _MAX_REFUSALS:
            return self.fail(TypewireError("too-many-errors", "too many messages were refused"))
        known = {"of": of} if isinstance(of, str) and of.isprintable() and len(of) <= _MAX_NAME else {}
        number = {"frame": frame} if frame else {}
        self._write({"type": "$error", "code": code, "message": text, "path": path, **known, **number})

    def fail(self, error: TypewireError) -> None:
        """Ends the connection for a reason that the peer is told, unless it comes from there."""
        if self._finishing is None:
            self.error = error
            if not isinstance(error, PeerError) and error.fatal:
                self._write({"type": "$error", "code": error.code, "message": str(error)})
            self._end()

    async def close(
        self, reason: str = "done", retry_after: float | None = None, *, final: bool = False
    ) -> None:
        """Ends in order: `$bye`, then the peer's own end, for which it waits two seconds at most.

        `final` tells the peer that coming back is of no use.
        """
        if self._finishing is None:
            retry = {} if retry_after is None else {"retryAfterMs": round(retry_after * 1000)}
            self._write({"type": "$bye", "reason": reason} | retry | ({"final": True} if final else {}))
        await asyncio.shield(self._end())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _read(self) -> None:
        try:
            while self.bye is None and (payload := await self._frame()) is not None:
                self._frames += 1
                limits = {"max_nesting": self._limits.max_nesting, "max_items": self._limits.max_items}
                await self._take(cbor.loads(payload, **limits), payload)
            if not self._opened.is_set():
                raise TypewireError("connection-closed", "the peer ended before it said anything")
            self._end()
        except TypewireError as error:
            self.fail(error)
        except OSError as error:
            self.fail(TypewireError("connection-closed", f"the connection was lost: {error}"))

    async def _frame(self) -> bytes | None:
        start = await self._exactly(1)
        if start == b"":
            return None
        try:
            async with asyncio.timeout(self._limits.frame_deadline) as deadline:
                if len(header := start + await self._exactly(wire.HEADER_BYTES - 1)) == wire.HEADER_BYTES:
                    most = self._limits.max_frame_bytes if self._is_proven else _MAX_UNPROVEN_BYTES
                    # A $hello exceeds limits that its sender has not heard of.
                    length = wire.decode_header(header, max(most, 1024 if self._frames == self._aside else 0))
                    deadline.reschedule((deadline.when() or 0) + length / _FRAME_BYTES_PER_SECOND)
                    payload = await self._exactly(length)
                    if len(payload) == length:
                        return payload
        except TimeoutError:
            raise TypewireError("frame-timeout", "a frame is not complete in time") from None
        raise TypewireError("frame-truncated", "the stream ended inside a frame")

    async def _exactly(self, count: int) -> bytes:
        """Fewer bytes only where the stream ends. Memory grows with what has come, not with `count`."""
        parts = bytearray()
        while len(parts) < count and (part := await self._reader.read(min(count - len(parts), 65_536))):
            self._heard = self._time()
            parts += part
        return bytes(parts)

    async def _take(self, message: Any, payload: bytes) -> None:
        kind = message.get("type") if isinstance(message, dict) else None
        if kind != "$hello" and len(payload) > (most := self._limits.max_frame_bytes):
            raise TypewireError("frame-too-large", f"{len(payload)} bytes of {most}")
        if (path := wire.misfit(message)) is not None:
            self._refuse(f"schema-mismatch at {path}: it is not as asked", path, kind, self._frames)
        elif kind == "$error":
            self._take_error(message)
        elif kind == "$bye":
            self.bye = message
            if message.get("final"):
                _log.warning("%s: the peer has ended for good: %r", self.name, message.get("reason"))
        elif kind == "$hello" and self._frames - self._aside == 1:
            self._take_hello(message, payload)
        elif kind == "$proof" and not self._is_proven and len(self._hellos) == 2:
            self._take_proof(message)
        elif not self._is_proven:
            raise TypewireError("auth-required", "expected $hello with a nonce, then $proof")
        elif kind in ("$hello", "$proof"):
            self._refuse(f"schema-mismatch at /type: {kind} is out of place", "/type", kind, self._frames)
        else:
            self._opened.set()
            if kind == "$ping":
                self._write({**message, "type": "$pong"})
            elif kind == "$call":
                error = {"code": "unknown-call", "message": "this peer has no calls"}
                self._write({"type": "$result", "id": message["id"], "error": error})
            elif not kind.startswith("$"):
                await self._messages.put((message, self._frames))
            elif kind not in wire.CONTROL_FIELDS:
                self._aside += 1  # it is ignored, and may stand before $hello

    def _take_error(self, message: Message) -> None:
        self._aside += 1  # an $error may stand before $hello
        error = PeerError(message.get("code", ""), message.get("message", ""))
        error.path, error.of, error.frame = (message.get(field) for field in ("path", "of", "frame"))
        if error.fatal or not self._is_proven:
            raise error
        _log.warning("%s refused a message: %r", self.name, str(error))
        self.refused.append(error)

    def _take_hello(self, hello: Message, payload: bytes) -> None:
        if any(hello.get(key) != self._own_hello[key] for key in ("protocol", "version")):
            ours, theirs = (f"{one.get('protocol')} {one.get('version')}" for one in (self._own_hello, hello))
            raise TypewireError("protocol-mismatch", f"expected {ours}, got {theirs}")
        self._hellos["client" if self._role == "server" else "server"] = payload
        self._peer_hello = hello
        if len(hello.get("nonce", bytes(_NONCE_BYTES))) != _NONCE_BYTES:
            raise TypewireError("auth-failed", f"a nonce has {_NONCE_BYTES} bytes")
        if ("nonce" in hello) != ("nonce" in self._own_hello):
            raise TypewireError("auth-required", "one end asks for a shared secret, the other has none")
        if not self._is_proven and self._role == "client":
            self._write({"type": "$proof", "mac": self._proof("client")})
        if self._is_proven:
            self._opened.set()
        if self._limits.heartbeat_interval > 0 and hello.get("heartbeatIntervalMs", 0) > 0:
            self._heartbeats = asyncio.create_task(self._ask_for_life())

    def _take_proof(self, message: Message) -> None:
        prover = "server" if self._role == "client" else "client"
        if not hmac.compare_digest(message.get("mac", b""), self._proof(prover)):
            raise TypewireError("auth-failed", "the peer does not have the same shared secret")
        self._is_proven = True
        if self._role == "server":
            self._write({"type": "$proof", "mac": self._proof("server")})
        self._opened.set()

    def _proof(self, prover: str) -> bytes:
        return wire.proof(self._endpoint.secret or b"", prover, self._hellos["client"], self._hellos["server"])

    async def _ask_for_life(self) -> None:
        """Asks after each interval of silence; the third one without an answer is the end."""
        asked = 0
        while asked < 3:
            heard = self._heard
            await asyncio.sleep(heard + self._limits.heartbeat_interval * (asked + 1) - self._time())
            asked = asked + 1 if self._heard == heard else 0
            if 0 < asked < 3:
                self._write({"type": "$ping", "id": asked})
        self._writer.transport.abort()
        self.fail(TypewireError("heartbeat-lost", "the peer has not answered"))

    def _write(self, message: Message) -> None:
        """Writes a control message. Where the peer takes too little for one that it needs, the connection ends."""
        if self._finishing is None:
            try:
                self._writer.write(wire.encode_frame(message, self._peer_hello))
            except TypewireError as error:
                if message["type"] not in ("$error", "$bye"):
                    self.fail(error)

    def _end(self) -> asyncio.Task[None]:
        if self._finishing is None:
            self._finishing = asyncio.create_task(self._finish())
            self._opened.set()
            with contextlib.suppress(asyncio.QueueFull):
                self._messages.put_nowait(None)
        return self._finishing

    async def _finish(self) -> None:
        """Ends this half, reads on until the peer ends or the linger time is over, and closes."""
        if self._heartbeats is not None:
            self._heartbeats.cancel()
        self._reading.cancel()
        await asyncio.wait([self._reading])
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(_LINGER):
                if self._writer.can_write_eof():
                    self._writer.write_eof()
                    while await self._reader.read(65_536):
                        pass
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()
