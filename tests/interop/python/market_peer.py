"""Both ends of the market protocol of docs/wire.md, over typewire_peer.calls.

    python3 market_peer.py server PORT
    python3 market_peer.py client PORT TOKEN
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

from typewire_peer import TypewireError
from typewire_peer.calls import Call, CallEndpoint, CallError, Peer, connect, sends, serve


async def quote(ask: dict[str, str], call: Call) -> dict[str, float]:
    if ask["symbol"] != "ACME":
        raise call.error("unknownSymbol", {"symbol": ask["symbol"]}, "no such symbol")
    return {"price": 12.5}


async def tail(ask: dict[str, int], call: Call) -> AsyncIterator[dict[str, Any]]:
    for seq in range(ask["after"] + 1, 1042):
        yield {"seq": seq, "text": "x" * 10_000}


@sends
async def upload(_: None, call: Call) -> dict[str, int]:
    return {"bytes": sum([len(chunk) async for chunk in call.items])}


async def chat(_: None, call: Call) -> AsyncIterator[str]:
    async for line in call.items:
        yield line.upper()


def verify(shown: dict[str, str], peer: Peer) -> None:
    if shown["token"] != "s3cret":
        raise PermissionError


async def run_server(port: int) -> None:
    calls = {"quote": quote, "tail": tail, "upload": upload, "chat": chat}
    server = await serve(CallEndpoint(protocol="market", version=1, calls=calls, authenticate=verify), port)
    print(f"listening on {server.port}", flush=True)
    await asyncio.Event().wait()


async def run_client(port: int, token: str) -> None:
    endpoint = CallEndpoint(protocol="market", version=1, auth=lambda: {"token": token})
    async with await connect(endpoint, port) as peer:
        print("quote", await peer.call("quote", {"symbol": "ACME"}))
        try:
            await peer.call("quote", {"symbol": "XYZ"}, timeout=5)
        except CallError as error:
            print("error", error.code, error.data, error.ran)
        texts = [item["text"] async for item in peer.stream("tail", {"after": 41})]
        print(f"tail {len(texts)} items, {sum(map(len, texts))} characters")
        async with peer.stream("tail", {"after": 41}) as stream:
            async for item in stream:
                if item["seq"] == 43:
                    break
        print("left after", item["seq"])
        print("upload", await peer.call("upload", sends=(b"x" * 10_000 for _ in range(1000)), timeout=30))
        print("chat", [line async for line in peer.stream("chat", sends=["uno", "dos", "tres"])])


if __name__ == "__main__":
    try:
        if sys.argv[1] == "server":
            asyncio.run(run_server(int(sys.argv[2])))
        else:
            asyncio.run(run_client(int(sys.argv[2]), sys.argv[3]))
    except (TypewireError, CallError) as error:
        sys.exit(str(error))
