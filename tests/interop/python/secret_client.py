"""A client of a server that asks for a shared secret: docs/wire.md, "The shared secret".

Proves the secret, judges the server's proof in turn, says TEXT where one is given, and prints what comes.

    python3 secret_client.py HOST PORT SECRET_FILE [TEXT]
"""

import hashlib
import hmac
import secrets
import socket
import sys
from pathlib import Path

import cbor2

from typewire import HEADER_BYTES, Message, read_frame, receive, send

NONCE_BYTES = 32


def frame(payload: bytes) -> bytes:
    return str(len(payload)).ljust(HEADER_BYTES).encode("ascii") + payload


def proof(secret: bytes, role: str, client_hello: bytes, server_hello: bytes) -> bytes:
    """The code over both hellos that shows that `role` has the secret."""
    label = f"typewire secret 1: {role}\n".encode("ascii")
    message = label + frame(client_hello) + frame(server_hello)
    return hmac.new(secret, message, hashlib.sha256).digest()


def expect(sock: socket.socket, message_type: str) -> tuple[Message, bytes]:
    """Returns the next message and its bytes; anything else ends the program."""
    payload = read_frame(sock)
    message: Message = cbor2.loads(payload) if payload is not None else {"type": "the end"}
    if payload is None or message["type"] != message_type:
        sys.exit(f"expected {message_type}, got {message}")
    return message, payload


def authenticate(sock: socket.socket, secret: bytes) -> None:
    """Shows the server that we have the secret, and makes sure that it has it too."""
    hello = cbor2.dumps(
        {
            "type": "$hello",
            "protocol": "saludo",
            "version": 1,
            "nonce": secrets.token_bytes(NONCE_BYTES),
        }
    )
    sock.sendall(frame(hello))
    server, server_hello = expect(sock, "$hello")
    if len(server.get("nonce", b"")) != NONCE_BYTES:
        sys.exit("the server does not ask for a secret")
    send(sock, {"type": "$proof", "mac": proof(secret, "client", hello, server_hello)})
    theirs, _ = expect(sock, "$proof")
    if not hmac.compare_digest(theirs["mac"], proof(secret, "server", hello, server_hello)):
        sys.exit("the server does not have the secret")


def main() -> None:
    host, port, secret_file, *text = sys.argv[1:]
    secret = Path(secret_file).read_bytes().removesuffix(b"\n").removesuffix(b"\r")
    with socket.create_connection((host, int(port))) as sock:
        authenticate(sock, secret)
        print("[AUTHENTICATED]")
        for words in text:
            send(sock, {"type": "say", "text": words})
        while message := receive(sock):
            print(message)


if __name__ == "__main__":
    main()
