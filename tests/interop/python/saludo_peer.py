"""Both ends of the saludo protocol over typewire_peer, for the tests against Typewire's executables.

    python3 saludo_peer.py client PORT [--say TEXT]     prints each message that comes
    python3 saludo_peer.py server PORT                  greets, prints what clients say, passes it on

With --secret-file both ends prove a secret; --tls-ca makes the client speak TLS, --tls-cert and --tls-key the
server. Ctrl+C ends in order.
"""

import argparse
import asyncio
import contextlib
import signal
import ssl
import sys
import time
from pathlib import Path

from typewire_peer import Connection, Endpoint, Limits, Message, TypewireError, connect, serve

GREETING = {1: "Hola", 2: "Bienvenido", 3: "Al", 4: "Servidor"}


async def run_client(endpoint: Endpoint, options: argparse.Namespace) -> None:
    tls = ssl.create_default_context(cafile=options.tls_ca) if options.tls_ca else None
    async with await connect(endpoint, options.port, "localhost", tls=tls) as server:
        print("[CONNECTED]")
        if options.say is not None:
            await server.send({"type": "say", "text": options.say})
        async for message in server:
            print(message)
        print(server.bye)


async def run_server(endpoint: Endpoint, options: argparse.Namespace) -> None:
    async def greet(client: Connection) -> None:
        await client.send({"type": "welcome", "text": "Bienvenido al servidor!"})
        await client.send({"type": "greeting", "words": GREETING})
        async for message in client:
            if is_say(message):
                print(f"[RECEIVED] {message['text']}")
                said = {"type": "said", "from": client.name, "text": message["text"]}
                await server.broadcast({**said, "at": time.time_ns() // 1_000_000}, but=client)
            else:
                client.refuse("schema-mismatch: expected a say with its text")
        print(f"[DISCONNECTED] {client.bye}")

    tls = None
    if options.tls_cert:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(options.tls_cert, options.tls_key)
    server = await serve(endpoint, greet, options.port, tls=tls)
    print(f"[LISTENING] {server.port}")
    try:
        await asyncio.Event().wait()
    finally:
        await server.close(retry_after=1)


async def run(endpoint: Endpoint, options: argparse.Namespace) -> None:
    """Runs until the end, or until SIGINT or SIGTERM."""
    role = run_client if options.role == "client" else run_server
    running = asyncio.ensure_future(role(endpoint, options))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await running


def is_say(message: Message) -> bool:
    text = message.get("text")
    return message["type"] == "say" and isinstance(text, str) and 1 <= len(text) <= 4096


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("role", choices=["client", "server"])
    parser.add_argument("port", type=int)
    parser.add_argument("--say")
    parser.add_argument("--secret-file", type=Path)
    parser.add_argument("--heartbeat", type=float, default=30.0)
    parser.add_argument("--tls-ca")
    parser.add_argument("--tls-cert")
    parser.add_argument("--tls-key")
    options = parser.parse_args()
    secret = options.secret_file and options.secret_file.read_bytes().removesuffix(b"\n").removesuffix(b"\r")
    limits = Limits(heartbeat_interval=options.heartbeat)
    endpoint = Endpoint(protocol="saludo", version=1, secret=secret, limits=limits)
    try:
        asyncio.run(run(endpoint, options))
    except TypewireError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
