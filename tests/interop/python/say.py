"""Says one thing to everybody else on the server, then prints each message that comes.

    python3 say.py HOST PORT TEXT
"""

import socket
import sys

import typewire


def main() -> None:
    host, port, text = sys.argv[1:]
    with socket.create_connection((host, int(port))) as server:
        typewire.hello(server, "saludo", 1)
        typewire.send(server, {"type": "say", "text": text})
        while (message := typewire.receive(server)) is not None:
            print(message)


if __name__ == "__main__":
    main()
