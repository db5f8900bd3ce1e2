"""Sends exactly the bytes that it is given, and prints what comes back: the peer of the hostile tests.

Each line of stdin is hex to send as it stands; an empty line ends the sending side. Each message that
comes is printed as a dict, the end of the stream as `[END]`, a reset as `[RESET]`. When the
other side has ended, so does this peer.

    python3 raw.py HOST PORT        a client
    python3 raw.py listen           a server of one client, on the free port that it prints
"""

import contextlib
import socket
import sys
import threading

import typewire


def print_all(peer: socket.socket) -> None:
    try:
        while (message := typewire.receive(peer)) is not None:
            print(message)
        print("[END]")
    except ConnectionError:
        print("[RESET]")
    end_sending(peer)


def end_sending(peer: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it may have ended already
        peer.shutdown(socket.SHUT_WR)


def meet(arguments: list[str]) -> socket.socket:
    if arguments != ["listen"]:
        host, port = arguments
        return socket.create_connection((host, int(port)))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(f"[LISTENING] {listener.getsockname()[1]}")
        return listener.accept()[0]


def main() -> None:
    with meet(sys.argv[1:]) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader = threading.Thread(target=print_all, args=(peer,))
        reader.start()
        for line in sys.stdin:
            if line.strip():
                peer.sendall(bytes.fromhex(line))
            else:
                end_sending(peer)
        reader.join()


if __name__ == "__main__":
    main()
