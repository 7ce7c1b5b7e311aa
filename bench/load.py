"""Clients that cost little themselves: plain sockets kept open, requests put together beforehand."""

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Load:
    """What a run of several clients measured, without its warm-up."""

    seconds: float
    lengths: list[float] = field(default_factory=list)
    refused: int = 0

    @property
    def per_second(self) -> float:
        return len(self.lengths) / self.seconds

    def percentile_ms(self, part: float) -> float:
        """The slowest of the given part of the requests, in milliseconds."""
        ordered = sorted(self.lengths)
        return 1000 * ordered[min(int(len(ordered) * part), len(ordered) - 1)]


# A connection stays with the process that took it. Renewed now and then, as a proxy renews its own, a few clients do
# not all end up at one process by chance while the other is idle.
RENEWED_AFTER = 20


class Client:
    """One connection at a time, one request after the other."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: socket.socket | None = None
        self.sent = 0

    def send(self, request: bytes) -> int:
        """Send a whole request and read the whole answer; returns its status."""
        self.sent += 1
        if self.sent % RENEWED_AFTER == 0:
            self.close()
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=10)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(request)
        head, rest = self._until_blank_line()
        lowered = head.lower()
        length = int(_header(lowered, b"content-length") or 0)
        while len(rest) < length:
            rest += self._receive()
        if _header(lowered, b"connection") == b"close":
            self.close()
        return int(head[9:12])

    def _until_blank_line(self) -> tuple[bytes, bytes]:
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._receive()
        head, _blank, rest = received.partition(b"\r\n\r\n")
        return head, rest

    def _receive(self) -> bytes:
        assert self.socket is not None
        part = self.socket.recv(65536)
        if not part:
            raise ConnectionError("The server hung up in the middle of an answer.")
        return part

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None


def _header(head: bytes, name: bytes) -> bytes:
    _before, found, rest = head.partition(b"\r\n" + name + b":")
    return rest.partition(b"\r\n")[0].strip() if found else b""


def run_clients(
    *, port: int, clients: int, requests: Callable[[], bytes], wanted: int, warm_up: float, seconds: float
) -> Load:
    """``clients`` threads send what ``requests`` makes, for ``seconds`` after ``warm_up``; others than ``wanted`` count
    as refused."""
    begins = time.perf_counter() + warm_up
    ends = begins + seconds
    loads = [Load(seconds) for _client in range(clients)]
    errors: list[BaseException] = []

    def work(load: Load) -> None:
        client = Client(port)
        try:
            while (started := time.perf_counter()) < ends:
                status = client.send(requests())
                if started < begins:
                    continue
                if status == wanted:
                    load.lengths.append(time.perf_counter() - started)
                else:
                    load.refused += 1
        except (OSError, ValueError) as error:
            errors.append(error)
        finally:
            client.close()

    threads = [threading.Thread(target=work, args=(load,)) for load in loads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return Load(seconds, [length for load in loads for length in load.lengths], sum(load.refused for load in loads))
