"""Calls, streams and authentication between two peers of typewire_peer, and against messages as they come."""

import asyncio
import socket
import struct
import unittest
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from typewire_peer import TypewireError
from typewire_peer.calls import Admission, Call, CallEndpoint, CallError, Peer, connect, sends, serve
from typewire_peer.call_machine import error_of
from typewire_peer.items import WINDOW_BYTES, Pump

from .test_connection import Raw

CLIENT = CallEndpoint(protocol="market", version=1)
HELLO = {"type": "$hello", "protocol": "market", "version": 1}


async def until(condition: Callable[[], bool]) -> None:
    """Returns once it holds; fails where it does not within five seconds."""
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


class Market:
    """A server's handlers, and what they noticed."""

    def __init__(self) -> None:
        self.pulled = 0
        self.ended: list[str] = []
        self.uploaded: list[Any] = []

    async def quote(self, ask: dict[str, Any], call: Call) -> dict[str, Any]:
        if ask["symbol"] == "SLOW":
            try:
                await asyncio.sleep(60)
            finally:
                self.ended.append("quote")
        if ask["symbol"] == "BUG":
            raise RuntimeError("nobody may read this")
        if ask["symbol"] != "ACME":
            raise call.error("unknownSymbol", {"symbol": ask["symbol"]})
        return {"price": 12.5, "for": call.context}

    async def tail(self, ask: dict[str, Any], call: Call) -> AsyncIterator[dict[str, Any]]:
        try:
            for seq in range(ask["count"]):
                self.pulled += 1
                yield {"seq": seq, "text": "x" * ask.get("size", 4)}
            call.output = {"count": ask["count"]}
        finally:
            self.ended.append("tail")

    @sends
    async def upload(self, _: Any, call: Call) -> dict[str, int]:
        async for chunk in call.items:
            self.uploaded.append(chunk)
        return {"bytes": sum(map(len, self.uploaded))}

    @sends
    async def leave(self, _: Any, call: Call) -> None:
        async for _chunk in call.items:
            return

    async def chat(self, _: Any, call: Call) -> AsyncIterator[str]:
        async for line in call.items:
            yield line.upper()

    async def nothing(self, _: Any, call: Call) -> None:
        return None

    def endpoint(self, **more: Any) -> CallEndpoint:
        calls = {
            "quote": self.quote,
            "tail": self.tail,
            "upload": self.upload,
            "leave": self.leave,
            "chat": self.chat,
            "nothing": self.nothing,
        }
        return CallEndpoint(protocol="market", version=1, calls=calls, **more)


@asynccontextmanager
async def trading(
    market: Market, client: CallEndpoint = CLIENT, **more: Any
) -> AsyncIterator[Peer]:
    server = await serve(market.endpoint(**more), 0)
    try:
        async with await connect(client, server.port) as peer:
            yield peer
    finally:
        await server.close()


@asynccontextmanager
async def raw(market: Market, **more: Any) -> AsyncIterator[Raw]:
    """A client of the market that says what it is told to, behind its hello."""
    server = await serve(market.endpoint(**more), 0)
    client = await Raw.connect(server.port)
    client.say(HELLO)
    await client.hear()
    try:
        yield client
    finally:
        client.close()
        await server.close()


class Credit(unittest.IsolatedAsyncioTestCase):
    async def test_what_comes_while_an_item_leaves_is_kept(self) -> None:
        pump = Pump()

        async def send(size: int) -> int:
            pump.grant(size)
            return size

        async with asyncio.timeout(5):
            await pump.run([WINDOW_BYTES // 2] * 5, send)


class Conversations(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.enterContext(self.assertNoLogs("asyncio", "ERROR"))
        self.market = Market()

    async def failing(self, action: Any) -> CallError:
        with self.assertRaises(CallError) as caught:
            await action
        return caught.exception

    async def test_a_call_is_answered(self) -> None:
        async with trading(self.market) as peer:
            self.assertEqual(await peer.call("quote", {"symbol": "ACME"}), {"price": 12.5, "for": None})
            self.assertIsNone(await peer.call("nothing"))

    async def test_many_calls_at_once_find_their_own_answers(self) -> None:
        async with trading(self.market, max_calls=3) as peer:
            asked = [peer.call("quote", {"symbol": f"S{n}"}) for n in range(50)]
            answers = await asyncio.gather(*asked, return_exceptions=True)
        self.assertEqual([answer.data for answer in answers], [{"symbol": f"S{n}"} for n in range(50)])

    async def test_a_declared_error_has_its_data_and_a_bug_says_nothing(self) -> None:
        async with trading(self.market) as peer:
            error = await self.failing(peer.call("quote", {"symbol": "XYZ"}))
            self.assertEqual((error.code, error.data, error.ran), ("unknownSymbol", {"symbol": "XYZ"}, "yes"))
            with self.assertLogs("typewire_peer", "ERROR"):
                error = await self.failing(peer.call("quote", {"symbol": "BUG"}))
            self.assertEqual((error.code, error.ran), ("internal", "yes"))
            self.assertNotIn("nobody", str(error))
            error = await self.failing(peer.call("sell"))
            self.assertEqual((error.code, error.ran), ("unknown-call", "no"))
            self.assertIsNone(await peer.call("nothing"))

    async def test_items_come_in_order_and_beyond_the_first_window(self) -> None:
        async with trading(self.market) as peer:
            stream = peer.stream("tail", {"count": 1000, "size": 1000})
            self.assertEqual([item["seq"] async for item in stream], list(range(1000)))
            self.assertEqual(stream.output, {"count": 1000})

    async def test_items_larger_than_the_window_pass(self) -> None:
        async with trading(self.market) as peer:
            stream = peer.stream("tail", {"count": 5, "size": 200_000})
            self.assertEqual([len(item["text"]) async for item in stream], [200_000] * 5)

    async def test_a_reader_that_takes_nothing_stops_the_generator(self) -> None:
        async with trading(self.market) as peer:
            async with peer.stream("tail", {"count": 10**6, "size": 1000}) as stream:
                async for _ in stream:
                    await asyncio.sleep(0.1)
                    break
                self.assertLess(self.market.pulled, 100)
                self.assertIsNone(await peer.call("nothing"))
            await until(lambda: self.market.ended == ["tail"])

    async def test_leaving_the_loop_cancels(self) -> None:
        async with trading(self.market) as peer:
            async for _ in peer.stream("tail", {"count": 10**6, "size": 1000}):
                break
            await until(lambda: self.market.ended == ["tail"])

    async def test_items_are_sent_as_credit_allows(self) -> None:
        chunks = [bytes([n % 256]) * 10_000 for n in range(100)]
        async with trading(self.market) as peer:
            self.assertEqual(await peer.call("upload", sends=chunks), {"bytes": 1_000_000})
        self.assertEqual(self.market.uploaded, chunks)

    async def test_a_handler_that_takes_no_further_items_ends_the_upload(self) -> None:
        closed = asyncio.Event()

        async def chunks() -> AsyncIterator[bytes]:
            try:
                while True:
                    yield b"x" * 1000
            finally:
                closed.set()

        async with trading(self.market) as peer:
            self.assertIsNone(await peer.call("leave", sends=chunks()))
            await asyncio.wait_for(closed.wait(), 5)

    async def test_what_the_items_raise_ends_the_call_with_it(self) -> None:
        async def broken() -> AsyncIterator[bytes]:
            yield b"x"
            raise LookupError("no more")

        async with trading(self.market) as peer:
            with self.assertRaises(LookupError):
                await peer.call("upload", sends=broken())
            self.assertIsNone(await peer.call("nothing"))

    async def test_both_ways_at_once(self) -> None:
        lines = asyncio.Queue[str | None]()

        async def said() -> AsyncIterator[str]:
            while (line := await lines.get()) is not None:
                yield line

        heard = []
        async with trading(self.market) as peer:
            lines.put_nowait("uno")
            async for answer in peer.stream("chat", sends=said()):
                heard.append(answer)
                lines.put_nowait("dos" if len(heard) == 1 else None)
        self.assertEqual(heard, ["UNO", "DOS"])

    async def test_a_deadline_ends_a_call_at_both_ends(self) -> None:
        async with trading(self.market) as peer:
            error = await self.failing(peer.call("quote", {"symbol": "SLOW"}, timeout=0.05))
            self.assertEqual((error.code, error.ran), ("deadline-exceeded", "maybe"))
            await until(lambda: self.market.ended == ["quote"])

    async def test_a_call_whose_task_is_cancelled_is_cancelled_there(self) -> None:
        async with trading(self.market) as peer:
            calling = asyncio.create_task(peer.call("quote", {"symbol": "SLOW"}))
            await asyncio.sleep(0.05)
            calling.cancel()
            await asyncio.wait([calling])
            self.assertTrue(calling.cancelled())
            await until(lambda: self.market.ended == ["quote"])

    async def test_a_call_too_many_waits_and_a_stream_too_many_fails(self) -> None:
        async with trading(self.market, max_calls=1, max_streams=1) as peer:
            slow = asyncio.create_task(peer.call("quote", {"symbol": "SLOW"}, timeout=0.2))
            await asyncio.sleep(0.05)
            error = await self.failing(peer.call("nothing", timeout=0.05))
            self.assertEqual((error.code, error.ran), ("deadline-exceeded", "no"))
            self.assertIsNone(await peer.call("nothing"))
            await self.failing(slow)
            async with peer.stream("tail", {"count": 10**6}) as stream:
                await anext(aiter(stream))
                error = await self.failing(anext(aiter(peer.stream("tail", {"count": 1}))))
                self.assertEqual((error.code, error.ran), ("too-many-calls", "no"))

    async def test_calls_end_with_the_connection(self) -> None:
        async with trading(self.market) as peer:
            calling = asyncio.create_task(peer.call("quote", {"symbol": "SLOW"}))
            await asyncio.sleep(0.05)
            reset = struct.pack("ii", 1, 0)
            peer._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            with self.assertLogs("typewire_peer", "WARNING") as logged:
                peer._writer.transport.abort()
                error = await self.failing(calling)
                self.assertEqual((error.code, error.ran), ("connection-lost", "maybe"))
                await until(lambda: self.market.ended == ["quote"] and bool(logged.output))
            error = await self.failing(peer.call("nothing"))
            self.assertEqual((error.code, error.ran), ("connection-closed", "no"))

    async def test_a_peer_without_calls_is_not_called(self) -> None:
        server = await serve(CLIENT, 0)
        async with await connect(CLIENT, server.port) as peer:
            error = await self.failing(peer.call("nothing"))
            self.assertEqual((error.code, error.ran), ("calls-unsupported", "no"))
        await server.close()


class Bytes(unittest.IsolatedAsyncioTestCase):
    """What a peer that is written from docs/wire.md may say to the server."""

    def setUp(self) -> None:
        self.market = Market()

    async def test_an_id_goes_up_and_one_that_was_never_used_is_a_mismatch(self) -> None:
        async with raw(self.market) as client:
            client.say({"type": "$call", "call": "nothing", "id": 7})
            self.assertEqual(await client.hear(), {"type": "$result", "id": 7})
            for message in (
                {"type": "$call", "call": "nothing", "id": 7},
                {"type": "$call", "call": "nothing", "id": -8},
                {"type": "$cancel", "id": 8},
                {"type": "$credit", "id": 8, "bytes": 1},
            ):
                client.say(message)
                error = await client.hear()
                self.assertEqual((error["code"], error["path"]), ("schema-mismatch", "/id"))
            for kind in ("$cancel", "$end"):  # late, and dropped
                client.say({"type": kind, "id": 3})
            client.say({"type": "$call", "call": "nothing", "id": 8})
            self.assertEqual(await client.hear(), {"type": "$result", "id": 8})

    async def test_what_is_of_a_side_of_calls_that_this_end_has_not_is_ignored(self) -> None:
        server = await serve(CLIENT, 0)
        client = await Raw.connect(server.port)
        client.say(HELLO)
        for kind in ("$item", "$end", "$credit", "$cancel", "$result"):
            client.say({"type": kind, "id": 9, "bytes": 1})
        client.say({"type": "$ping"})
        self.assertEqual([(await client.hear())["type"] for _ in range(2)], ["$hello", "$pong"])
        client.close()
        await server.close()

    async def test_a_result_of_a_call_never_made_is_a_mismatch(self) -> None:
        async def server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            raw = Raw(reader, writer)
            raw.say(HELLO)
            raw.say({"type": "$result", "id": 1})
            heard.extend([await raw.hear(), await raw.hear()])
            raw.close()

        heard: list[Any] = []
        listener = await asyncio.start_server(server, "127.0.0.1", 0)
        async with await connect(CLIENT, listener.sockets[0].getsockname()[1]):
            await until(lambda: len(heard) == 2)
        listener.close()
        self.assertEqual((heard[1]["code"], heard[1]["path"]), ("schema-mismatch", "/id"))

    async def test_an_item_beyond_the_credit_ends_its_call_alone(self) -> None:
        async with raw(self.market) as client:
            client.say({"type": "$call", "call": "chat", "id": 1})
            client.say({"type": "$call", "call": "upload", "id": 2})
            # The handler of `chat` waits for credit, and takes nothing meanwhile.
            for _ in range(8):
                client.say({"type": "$item", "id": 1, "item": "x" * 50_000})
            heard = [await client.hear() for _ in range(3)]
            codes = [one["error"]["code"] for one in heard if one["type"] == "$result"]
            while not codes:
                heard.append(await client.hear())
                codes = [one["error"]["code"] for one in heard if one["type"] == "$result"]
            self.assertEqual(codes, ["item-beyond-credit"])
            client.say({"type": "$end", "id": 2})
            self.assertEqual(await client.hear(), {"type": "$result", "id": 2, "output": {"bytes": 0}})

    async def test_cancelled_is_said_when_the_handler_has_settled(self) -> None:
        async with raw(self.market) as client:
            client.say({"type": "$call", "call": "quote", "id": 1, "input": {"symbol": "SLOW"}})
            client.say({"type": "$cancel", "id": 1})
            result = await client.hear()
            self.assertEqual((result["id"], result["error"]["code"]), (1, "cancelled"))

    async def test_a_timeout_of_0_is_no_deadline_and_a_wrong_one_is_invalid_input(self) -> None:
        async with raw(self.market) as client:
            client.say({"type": "$call", "call": "nothing", "id": 1, "timeoutMs": 0})
            self.assertEqual(await client.hear(), {"type": "$result", "id": 1})
            client.say({"type": "$call", "call": "nothing", "id": 2, "timeoutMs": "soon"})
            error = (await client.hear())["error"]
            self.assertEqual((error["code"], error["path"]), ("invalid-input", "/timeoutMs"))

    async def test_a_caller_that_ends_its_half_is_answered(self) -> None:
        async with raw(self.market) as client:
            client.say({"type": "$call", "call": "upload", "id": 1})
            client.say({"type": "$item", "id": 1, "item": b"1234"})
            client.say({"type": "$end", "id": 1})
            client.writer.write_eof()
            self.assertEqual(await client.hear(), {"type": "$result", "id": 1, "output": {"bytes": 4}})
            self.assertEqual(await client.reader.read(), b"")

    async def test_a_caller_that_ends_its_half_before_its_items_has_cancelled_the_call(self) -> None:
        for items in (0, 1):
            async with raw(self.market) as client:
                client.say({"type": "$call", "call": "upload", "id": 1})
                for _ in range(items):
                    client.say({"type": "$item", "id": 1, "item": b"1234"})
                client.writer.write_eof()
                result = await client.hear()
                self.assertEqual((result["id"], result["error"]["code"]), (1, "cancelled"))
                self.assertEqual(await client.reader.read(), b"")

    async def test_the_end_of_a_half_is_no_end_of_items_and_gives_no_credit(self) -> None:
        for name, ask in ("upload", {}), ("chat", {}), ("tail", {"count": 100, "size": 10_000}):
            async with raw(self.market) as client:
                client.say({"type": "$call", "call": name, "id": 1, "input": ask})
                client.writer.write_eof()
                message = await client.hear()
                while message["type"] == "$item":
                    message = await client.hear()
                self.assertEqual(message["error"]["code"], "cancelled", name)

    async def test_calls_beyond_the_slots_are_refused_and_at_last_end_the_connection(self) -> None:
        async with raw(self.market, max_calls=1) as client:
            slow = {"type": "$call", "call": "quote", "input": {"symbol": "SLOW"}}
            client.say({**slow, "id": 1})
            # Its handler runs by the time of the answer; one that is cancelled before it has begun does not end.
            client.say({"type": "$ping"})
            self.assertEqual((await client.hear())["type"], "$pong")
            for id in range(2, 105):
                client.say({**slow, "id": id})
            with self.assertLogs("typewire_peer", "WARNING"):
                while (message := await client.hear())["type"] == "$result":
                    self.assertEqual(message["error"]["code"], "too-many-calls")
                self.assertEqual(message["code"], "too-many-errors")
                await until(lambda: self.market.ended == ["quote"])
                await client.end()

    async def test_a_drain_refuses_what_is_new_and_ends_what_is_under_way(self) -> None:
        server = await serve(self.market.endpoint(), 0)
        async with await connect(CLIENT, server.port) as peer:
            calling = asyncio.create_task(peer.call("quote", {"symbol": "SLOW"}))
            await asyncio.sleep(0.05)
            (accepted,) = server.connections
            assert isinstance(accepted, Peer)
            draining = asyncio.create_task(accepted.drain(0.4, retry_after=1.5))
            await until(lambda: peer._calls._is_peer_draining)
            with self.assertRaises(CallError) as caught:
                await peer.call("nothing")
            self.assertEqual((caught.exception.code, caught.exception.ran), ("shutting-down", "no"))
            with self.assertRaises(CallError) as caught:
                await calling
            self.assertEqual((caught.exception.code, caught.exception.ran), ("shutting-down", "maybe"))
            await draining
        await server.close()


class Codes(unittest.TestCase):
    """Whether a handler ran, by the table of docs/wire.md."""

    def test_say_what_the_page_says(self) -> None:
        page = (Path(__file__).parents[4] / "docs" / "wire.md").read_text(encoding="utf-8")
        _, _, after = page.partition("| a call's code")
        rows = [[cell.strip() for cell in row.split("|")[1:4]] for row in after.split("\n\n")[0].splitlines()[2:]]
        travelling = [(code.strip("`"), ran) for code, ran, meaning in rows if not meaning.startswith("local:")]
        self.assertGreater(len(travelling), 10)
        for code, ran in travelling:
            with self.subTest(code):
                if code == "shutting-down":
                    self.assertEqual(error_of({"code": code, "retryAfterMs": 0}).ran, "no")
                    self.assertEqual(error_of({"code": code}).ran, "maybe")
                else:
                    self.assertEqual(error_of({"code": code}).ran, ran.split(";")[0])


class Authentication(unittest.IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.market = Market()
        self.seen: list[Any] = []

    async def judge(self, shown: dict[str, str], peer: Peer) -> Any:
        await asyncio.sleep(0.02)
        self.seen.append(shown)
        if shown["token"] == "short":
            return Admission(context="short", expires_in=0.1)
        if shown["token"] == "down":
            raise TypewireError("connection-closed", "the database is away")
        if shown["token"] != "good":
            raise PermissionError(f"no such token: {shown}")
        return "user"

    def client(self, auth: Callable[[], Any] | None) -> CallEndpoint:
        return CallEndpoint(protocol="market", version=1, auth=auth)

    async def test_the_context_is_what_the_hook_returned(self) -> None:
        client = self.client(lambda: {"token": "good"})
        async with trading(self.market, client, authenticate=self.judge) as peer:
            quote = await peer.call("quote", {"symbol": "ACME"})
            self.assertEqual(quote, {"price": 12.5, "for": "user"})

    async def test_who_is_not_let_in_learns_that_and_no_more(self) -> None:
        for auth, code in (
            (lambda: {"token": "bad"}, "auth-failed"),
            (lambda: {"token": "down"}, "internal"),
        ):
            with self.assertLogs("typewire_peer", "WARNING"), self.assertRaises(TypewireError) as caught:
                async with trading(self.market, self.client(auth), authenticate=self.judge):
                    self.fail("it is let in")
            self.assertEqual(caught.exception.code, code)
            self.assertNotIn("token", str(caught.exception))
            self.assertNotIn("database", str(caught.exception))

    async def test_nothing_counts_before_it_and_what_is_behind_it_waits(self) -> None:
        async with raw(self.market, authenticate=self.judge) as client:
            client.say({"type": "$call", "call": "$authenticate", "id": 1, "input": {"token": "good"}})
            client.say({"type": "$call", "call": "quote", "id": 2, "input": {"symbol": "ACME"}})
            self.assertEqual(await client.hear(), {"type": "$result", "id": 1, "output": {}})
            self.assertEqual((await client.hear())["output"]["for"], "user")

    async def test_anything_else_first_is_auth_required(self) -> None:
        for first in (
            {"type": "$call", "call": "quote", "id": 1, "input": {"symbol": "ACME"}},
            {"type": "$call", "call": "$authenticate"},
            {"type": "$call", "call": "$authenticate", "id": 0, "input": {"token": "s3cret"}},
            {"type": "$ping"},
            {"type": "say"},
            {"no": "type"},
        ):
            with self.assertLogs("typewire_peer", "WARNING"), self.subTest(first):
                async with raw(self.market, authenticate=self.judge) as client:
                    client.say(first)
                    self.assertEqual((await client.hear())["code"], "auth-required")
                    await client.end()
        self.assertEqual(self.seen, [])

    async def test_a_large_frame_is_refused(self) -> None:
        with self.assertLogs("typewire_peer", "WARNING"):
            async with raw(self.market, authenticate=self.judge) as client:
                client.say({"type": "$call", "call": "$authenticate", "id": 1, "input": {"token": "x" * 20_000}})
                self.assertEqual((await client.hear())["code"], "frame-too-large")
                await client.end()

    async def test_what_was_shown_may_expire(self) -> None:
        with self.assertLogs("typewire_peer", "WARNING"):
            client = self.client(lambda: {"token": "short"})
            async with trading(self.market, client, authenticate=self.judge) as peer:
                with self.assertRaises(TypewireError) as caught:
                    await asyncio.wait_for(peer.receive(), 5)
                self.assertEqual(caught.exception.code, "auth-expired")


if __name__ == "__main__":
    unittest.main()
