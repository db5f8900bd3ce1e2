"""The tutorial's final server, with CBOR in the place of pickle.

One thread greets each client at every interval, another prints what that client sends. It never says
hello: a Typewire client takes the first valid message as the answer.

    python3 tutorial_server.py [PORT] [INTERVAL_SECONDS]        (port 0: any free one)
"""

import signal
import socket
import sys
import threading
from types import FrameType
from typing import NoReturn

import typewire

HOST = "127.0.0.1"
PORT = 8080
INTERVAL_SECONDS = 60.0
GREETING = {1: "Hola", 2: "Bienvenido", 3: "Al", 4: "Servidor"}


def on_interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    print("\n[!] EXITING!!")
    sys.exit(0)


def start(port: int, interval_seconds: float) -> None:
    print("[STARTING] the server is starting...")
    with socket.create_server((HOST, port)) as listener:
        print(f"[LISTENING] the server is listening on {listener.getsockname()}")
        while True:
            client, address = listener.accept()
            print(f"[CONNECTED] the server is connected to {address}")
            gone = threading.Event()
            threading.Thread(target=greet, args=(client, interval_seconds, gone), daemon=True).start()
            threading.Thread(target=listen, args=(client, address, gone), daemon=True).start()


def greet(client: socket.socket, interval_seconds: float, gone: threading.Event) -> None:
    try:
        typewire.send(client, {"type": "welcome", "text": "Bienvenido al servidor!"})
        while True:
            typewire.send(client, {"type": "greeting", "words": GREETING})
            if gone.wait(interval_seconds):
                return
    except OSError:
        return  # the client went away in the middle of a greeting; listen() reports it


def listen(client: socket.socket, address: tuple[str, int], gone: threading.Event) -> None:
    with client:
        try:
            while (message := typewire.receive(client)) is not None:
                print(f"[RECEIVED] {address[0]}:{address[1]} {message}")
        except (OSError, ValueError, EOFError) as error:
            print(f"[ERROR] {address[0]}:{address[1]} {error}")
        gone.set()
    print(f"[DISCONNECTED] {address[0]}:{address[1]}")


def main() -> None:
    signal.signal(signal.SIGINT, on_interrupt)
    arguments = sys.argv[1:]
    start(
        int(arguments[0]) if arguments else PORT,
        float(arguments[1]) if len(arguments) > 1 else INTERVAL_SECONDS,
    )


if __name__ == "__main__":
    main()
