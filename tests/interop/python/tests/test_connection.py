"""Client and server of typewire_peer against each other, and each against bytes as they come."""

import asyncio
import unittest
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from typewire_peer import Connection, Endpoint, Limits, PeerError, Server, TypewireError, cbor, connect, serve
from typewire_peer.wire import encode_frame

ENDPOINT = Endpoint(protocol="echo", version=1)
HELLO = {"type": "$hello", "protocol": "echo", "version": 1}
SECRET = b"sixteen bytes or more"


async def echo(connection: Connection) -> None:
    async for message in connection:
        if message["type"] == "fail":
            raise RuntimeError("this handler cannot take it")
        if message["type"] == "odd":
            connection.refuse("schema-mismatch at /n: expected integer, got text", "/n")
        else:
            await connection.send({**message, "type": "echoed"})


@asynccontextmanager
async def serving(endpoint: Endpoint = ENDPOINT) -> AsyncIterator[Server]:
    server = await serve(endpoint, echo, 0)
    try:
        yield server
    finally:
        await server.close()


class Raw:
    """A peer that sends exactly the bytes that it is told to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def connect(cls, port: int) -> "Raw":
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    def say(self, message: dict[str, Any]) -> None:
        self.writer.write(encode_frame(message))

    async def hear(self) -> dict[str, Any]:
        length = int(await self.reader.readexactly(10))
        message: dict[str, Any] = cbor.loads(await self.reader.readexactly(length))
        return message

    async def end(self) -> bytes:
        self.writer.write_eof()
        return await self.reader.read()

    def close(self) -> None:
        self.writer.close()


class Conversations(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.enterContext(self.assertNoLogs("asyncio", "ERROR"))

    async def test_messages_go_both_ways(self) -> None:
        async with serving() as server, await connect(ENDPOINT, server.port) as client:
            await client.send({"type": "say", "n": 1, "b": b"\0", "list": [1.5, None]})
            self.assertEqual(
                await client.receive(), {"type": "echoed", "n": 1, "b": b"\0", "list": [1.5, None]}
            )

    async def test_a_server_that_leaves_says_when_to_come_back(self) -> None:
        async with serving() as server:
            client = await connect(ENDPOINT, server.port)
            await client.send({"type": "say"})
            await client.receive()
            await server.close("restarting", retry_after=1.5)
            self.assertIsNone(await client.receive())
            self.assertEqual(client.bye, {"type": "$bye", "reason": "restarting", "retryAfterMs": 1500})
            with self.assertRaises(TypewireError) as caught:
                await client.send({"type": "say"})
            self.assertEqual(caught.exception.code, "connection-closed")

    async def test_a_client_that_is_told_not_to_come_back_ends_and_says_why(self) -> None:
        reason = "this token\n is no longer good"

        async def turn_away(client: Connection) -> None:
            await client.close(reason, retry_after=1, final=True)

        server = await serve(ENDPOINT, turn_away, 0)
        with self.assertLogs("typewire_peer", "WARNING") as logged:
            client = await connect(ENDPOINT, server.port)
            self.assertIsNone(await client.receive())
            await client.close()
        self.assertEqual(
            client.bye, {"type": "$bye", "reason": reason, "retryAfterMs": 1000, "final": True}
        )
        (line,) = logged.output
        self.assertIn(repr(reason), line)
        self.assertNotIn("\n", line)
        await asyncio.sleep(0.05)
        self.assertEqual(len(server._accepted), 0)
        await server.close()

    async def test_a_broadcast_reaches_all_but_one(self) -> None:
        async with serving() as server:
            one, two = [await connect(ENDPOINT, server.port) for _ in range(2)]
            for client in (one, two):
                await client.send({"type": "say"})
                await client.receive()
            source = next(c for c in server.connections if c.name.endswith(str(port_of(one))))
            await server.broadcast({"type": "said"}, but=source)
            self.assertEqual(await two.receive(), {"type": "said"})
            await one.send({"type": "after"})
            self.assertEqual(await one.receive(), {"type": "echoed"})
            await one.close()
            await two.close()

    async def test_a_refused_message_does_not_end_the_connection(self) -> None:
        async with serving() as server, await connect(ENDPOINT, server.port) as client:
            with self.assertLogs("typewire_peer", "WARNING"):
                await client.send({"type": "odd", "n": "1"})
                await client.send({"type": "say"})
                self.assertEqual(await client.receive(), {"type": "echoed"})
            (error,) = client.refused
            # The first frame of the client was its hello.
            self.assertEqual(
                (error.code, error.path, error.of, error.frame), ("schema-mismatch", "/n", "odd", 2)
            )

    async def test_a_handler_that_fails_ends_its_connection_with_internal(self) -> None:
        async with serving() as server, await connect(ENDPOINT, server.port) as client:
            with self.assertLogs("typewire_peer", "ERROR"), self.assertRaises(PeerError) as caught:
                await client.send({"type": "fail"})
                await client.receive()
            self.assertEqual(caught.exception.code, "internal")
            self.assertNotIn("cannot take it", str(caught.exception))

    async def test_another_version_is_told_to_both(self) -> None:
        async with serving() as server:
            with self.assertLogs("typewire_peer", "WARNING") as logged:
                with self.assertRaises(TypewireError) as caught:
                    await connect(Endpoint(protocol="echo", version=2), server.port)
                await until_logged(logged)
            self.assertEqual(caught.exception.code, "protocol-mismatch")

    async def test_nobody_listens(self) -> None:
        async with serving() as server:
            port = server.port
        with self.assertRaises(OSError):
            await connect(ENDPOINT, port)

    async def test_what_the_peer_does_not_take_is_not_sent(self) -> None:
        small = Endpoint(protocol="echo", version=1, limits=Limits(max_frame_bytes=100))
        async with serving(small) as server, await connect(ENDPOINT, server.port) as client:
            await client.send({"type": "say"})
            await client.receive()
            with self.assertRaises(TypewireError) as caught:
                await client.send({"type": "say", "text": "x" * 100})
            self.assertEqual(caught.exception.code, "frame-too-large")


    async def test_a_hello_may_exceed_the_limit_and_nothing_else(self) -> None:
        name = "\u4e2d" * 255
        small = Endpoint(protocol=name, version=1, limits=Limits(max_frame_bytes=256))
        async with serving(small) as server, await connect(small, server.port) as client:
            await client.send({"type": "say"})
            self.assertEqual(await client.receive(), {"type": "echoed"})
        hello = {"type": "$hello", "protocol": name, "version": 1}
        large = {"type": "say", "text": "x" * 240}
        for said in ((large,), (hello, large)):
            async with serving(small) as server:
                raw = await Raw.connect(server.port)
                for message in said:
                    raw.say(message)
                self.assertEqual([(await raw.hear()).get("code") for _ in range(2)], [None, "frame-too-large"])
                raw.close()

    async def test_an_error_and_what_is_not_known_may_stand_before_hello(self) -> None:
        async with serving() as server:
            raw = await Raw.connect(server.port)
            error = {"type": "$error", "code": "schema-mismatch", "message": "?"}
            for message in (error, {"type": "$later"}, HELLO, {"type": "say"}):
                raw.say(message)
            self.assertEqual([(await raw.hear())["type"] for _ in range(2)], ["$hello", "echoed"])
            raw.close()


    async def test_a_peer_that_takes_too_little_for_a_pong_is_left(self) -> None:
        async with serving() as server:
            raw = await Raw.connect(server.port)
            await raw.hear()
            raw.say({**HELLO, "maxFrameBytes": 8})
            raw.say({"type": "$ping", "id": 1})
            self.assertEqual(await raw.reader.read(), b"")
            raw.close()

    async def test_a_sender_without_end_leaves_others_their_turn(self) -> None:
        async def pour(connection: Connection) -> None:
            while True:
                await connection.send({"type": "drop"})

        server = await serve(ENDPOINT, pour, 0)
        raw = await Raw.connect(server.port)
        raw.say(HELLO)
        for _ in range(100):
            await raw.hear()
        raw.writer.transport.abort()
        other = await Raw.connect(server.port)
        self.assertEqual((await other.hear())["type"], "$hello")
        other.writer.transport.abort()
        await server.close()


class Secrets(unittest.IsolatedAsyncioTestCase):
    async def test_both_prove_it_before_anything_else(self) -> None:
        endpoint = Endpoint(protocol="echo", version=1, secret=SECRET)
        async with serving(endpoint) as server, await connect(endpoint, server.port) as client:
            await client.send({"type": "say"})
            self.assertEqual(await client.receive(), {"type": "echoed"})

    async def test_another_secret_or_none_is_refused(self) -> None:
        endpoint = Endpoint(protocol="echo", version=1, secret=SECRET)
        other = Endpoint(protocol="echo", version=1, secret=b"another secret of that size")
        for theirs, code in ((other, "auth-failed"), (ENDPOINT, "auth-required")):
            async with serving(endpoint) as server:
                with self.assertLogs("typewire_peer", "WARNING") as logged:
                    with self.assertRaises(TypewireError) as caught:
                        await connect(theirs, server.port)
                    await until_logged(logged)
                self.assertEqual(caught.exception.code, code)

    def test_a_short_one_is_refused_at_once(self) -> None:
        with self.assertRaises(ValueError):
            Endpoint(protocol="echo", version=1, secret=b"short")


class Bytes(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.endpoint = Endpoint(
            protocol="echo", version=1, limits=Limits(frame_deadline=0.2, hello_deadline=0.2)
        )

    async def test_a_client_may_leave_hello_out(self) -> None:
        async with serving(self.endpoint) as server:
            raw = await Raw.connect(server.port)
            self.assertEqual((await raw.hear())["type"], "$hello")
            raw.say({"type": "say"})
            self.assertEqual(await raw.hear(), {"type": "echoed"})
            raw.close()

    async def test_byte_by_byte_is_the_same(self) -> None:
        async with serving() as server:
            raw = await Raw.connect(server.port)
            await raw.hear()
            for byte in encode_frame(HELLO) + encode_frame({"type": "say", "n": 7}):
                raw.writer.write(bytes([byte]))
                await raw.writer.drain()
                await asyncio.sleep(0)
            self.assertEqual(await raw.hear(), {"type": "echoed", "n": 7})
            raw.close()

    async def test_pings_are_answered_with_their_id(self) -> None:
        async with serving() as server:
            raw = await Raw.connect(server.port)
            await raw.hear()
            raw.say({"type": "$ping", "id": 7})
            raw.say({"type": "$later", "unknown": True})
            raw.say({"type": "$ping"})
            self.assertEqual(await raw.hear(), {"type": "$pong", "id": 7})
            self.assertEqual(await raw.hear(), {"type": "$pong"})
            raw.close()

    async def test_control_messages_of_later_versions_are_ignored_whatever_they_hold(self) -> None:
        async with serving() as server:
            raw = await Raw.connect(server.port)
            await raw.hear()
            raw.say({"type": "$later", "id": "text", "path": 1, "code": None})
            raw.say({"type": "$result", "id": 1, "later": True})
            raw.say({"type": "$pong"})
            raw.say({"type": "say"})
            self.assertEqual(await raw.hear(), {"type": "echoed"})
            raw.close()

    async def test_a_call_is_answered_with_unknown_call(self) -> None:
        async with serving() as server:
            raw = await Raw.connect(server.port)
            await raw.hear()
            raw.say({"type": "$call", "call": "quote", "id": 7, "input": [1]})
            answer = await raw.hear()
            self.assertEqual((answer["type"], answer["id"]), ("$result", 7))
            self.assertEqual(answer["error"]["code"], "unknown-call")
            raw.say({"type": "$call", "call": "quote"})
            self.assertEqual((await raw.hear())["path"], "/id")
            raw.close()

    async def test_a_refusal_says_which_message_it_was(self) -> None:
        async with serving() as server:
            raw = await Raw.connect(server.port)
            await raw.hear()
            raw.say({"type": "say"})
            raw.say({"type": "odd"})
            raw.say({"type": "$bye"})
            raw.say({"type": "odd\n"})
            raw.say({"n": 1})
            raw.writer.write(b"1         \x80")
            heard = [await raw.hear() for _ in range(5)]
            errors = {message["frame"]: message for message in heard if message["type"] == "$error"}
            self.assertEqual((errors[2]["of"], errors[2]["path"]), ("odd", "/n"))
            self.assertEqual((errors[3]["of"], errors[3]["path"]), ("$bye", "/reason"))
            self.assertEqual(("of" in errors[5], errors[5]["path"]), (False, "/type"))
            self.assertEqual(("of" in errors[6], errors[6]["path"]), (False, ""))
            raw.close()

    async def test_what_breaks_the_frame_or_the_profile_is_fatal(self) -> None:
        for data, code in [
            (b"GET / HTTP/1.1\r\n", "header-invalid"),
            (b"0         ", "frame-empty"),
            (b"1048577   ", "frame-too-large"),
            (b"3         \xa1\x64\x74", "cbor-malformed"),
            (b"2         \xc0\x60", "cbor-unsupported"),
            (b"34        " + b"\x81" * 33 + b"\0", "cbor-limit"),
            (encode_frame({**HELLO, "version": 2}), "protocol-mismatch"),
            (b"9         half", "frame-timeout"),
        ]:
            with self.subTest(code):
                async with serving(self.endpoint) as server:
                    raw = await Raw.connect(server.port)
                    await raw.hear()
                    with self.assertLogs("typewire_peer", "WARNING"):
                        raw.writer.write(data)
                        self.assertEqual((await raw.hear())["code"], code)
                        self.assertEqual(await raw.end(), b"")
                    raw.close()

    async def test_an_end_inside_a_frame_is_told(self) -> None:
        async with serving(self.endpoint) as server:
            raw = await Raw.connect(server.port)
            await raw.hear()
            raw.writer.write(b"9         half")
            raw.writer.write_eof()
            with self.assertLogs("typewire_peer", "WARNING"):
                self.assertEqual((await raw.hear())["code"], "frame-truncated")
            raw.close()

    async def test_eleven_refusals_are_too_many(self) -> None:
        async with serving(self.endpoint) as server:
            raw = await Raw.connect(server.port)
            await raw.hear()
            with self.assertLogs("typewire_peer", "WARNING"):
                for _ in range(11):
                    raw.say({"n": 1})
                codes = [(await raw.hear())["code"] for _ in range(11)]
            self.assertEqual(codes, ["schema-mismatch"] * 10 + ["too-many-errors"])
            raw.close()

    async def test_fields_of_another_type_are_refused_and_have_no_effect(self) -> None:
        wrong = {
            "maxFrameBytes": "1",
            "heartbeatIntervalMs": b"",
            "nonce": "text",
            "protocol": 1,
            "version": True,
        }
        for field, value in wrong.items():
            async with serving(self.endpoint) as server:
                raw = await Raw.connect(server.port)
                await raw.hear()
                raw.say({**HELLO, field: value})
                error = await raw.hear()
                self.assertEqual((error["code"], error["path"]), ("schema-mismatch", f"/{field}"))
                raw.say({"type": "$error", "code": 1, "message": None})
                self.assertEqual((await raw.hear())["path"], "/code")
                raw.say({"type": "say"})
                self.assertEqual(await raw.hear(), {"type": "echoed"})
                raw.close()

    async def test_a_proof_that_is_none_is_refused(self) -> None:
        endpoint = Endpoint(protocol="echo", version=1, secret=SECRET)
        for mac, code in ((b"short", "auth-failed"), (bytes(32), "auth-failed")):
            async with serving(endpoint) as server:
                raw = await Raw.connect(server.port)
                await raw.hear()
                with self.assertLogs("typewire_peer", "WARNING") as logged:
                    raw.say({**HELLO, "nonce": bytes(32)})
                    raw.say({"type": "$proof", "mac": mac})
                    self.assertEqual((await raw.hear())["code"], code)
                    await raw.end()
                    await until_logged(logged)
                raw.close()

    async def test_before_the_proof_nothing_is_forgiven(self) -> None:
        endpoint = Endpoint(protocol="echo", version=1, secret=SECRET)
        nonce = {**HELLO, "nonce": bytes(32)}
        cases = (
            ({**HELLO, "nonce": bytes(31)}, "auth-failed"),
            ({"type": 1}, "auth-required"),
            ({"type": "$proof", "mac": "text"}, "auth-required"),
            ({"type": "say", "text": "x" * 4096}, "frame-too-large"),
            ({"type": "$error", "code": "later", "message": "?"}, None),
        )
        for message, code in cases:
            async with serving(endpoint) as server:
                raw = await Raw.connect(server.port)
                await raw.hear()
                if message["type"] != "$hello":
                    raw.say(nonce)
                with self.assertLogs("typewire_peer", "WARNING") as logged:
                    raw.say(message)
                    if code is not None:
                        self.assertEqual((await raw.hear())["code"], code)
                    self.assertEqual(await raw.reader.read(), b"")
                    await until_logged(logged)
                raw.close()

    async def test_a_server_that_says_nothing_is_given_up(self) -> None:
        async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        silent = await asyncio.start_server(listen, "127.0.0.1", 0)
        with self.assertRaises(TypewireError) as caught:
            await connect(self.endpoint, silent.sockets[0].getsockname()[1])
        self.assertEqual(caught.exception.code, "hello-timeout")
        silent.close()

    async def test_silence_is_asked_twice_and_then_the_connection_is_lost(self) -> None:
        brief = Endpoint(protocol="echo", version=1, limits=Limits(heartbeat_interval=0.1))
        async with serving(brief) as server:
            raw = await Raw.connect(server.port)
            await raw.hear()
            raw.say({**HELLO, "heartbeatIntervalMs": 60_000})
            with self.assertLogs("typewire_peer", "WARNING") as logged:
                self.assertEqual(await raw.hear(), {"type": "$ping", "id": 1})
                self.assertEqual(await raw.hear(), {"type": "$ping", "id": 2})
                with self.assertRaises((asyncio.IncompleteReadError, ConnectionResetError)):
                    await raw.hear()
                await until_logged(logged)
            self.assertIn("heartbeat-lost", logged.output[0])
            raw.close()


async def until_logged(logged: Any) -> None:
    """Returns once `assertLogs` has seen a line."""
    while not logged.output:
        await asyncio.sleep(0.01)


def port_of(connection: Connection) -> int:
    """The port of this end."""
    return int(connection._writer.get_extra_info("sockname")[1])


if __name__ == "__main__":
    unittest.main()
