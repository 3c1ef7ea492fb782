"""A relay of TCP in front of a scheduler, so that a client keeps its address while the scheduler is killed and started
again, and so that an answer can get lost."""
import socket
import threading


class Relay:
    """Passes bytes on to `port`, which may change. `drop_answer`: the answer to the next request is taken from the
    scheduler and not passed on; the client's connection is closed instead. `lost` counts them."""

    def __init__(self, port):
        self.port = port
        self.lost = 0
        self.passed = 0  # connections that reached the scheduler
        self.refused = 0  # those that found nobody
        self._drop_next = False
        self._dropping = set()  # the schedulers' ends of connections whose next answer gets lost
        self._frozen = set()
        self._lock = threading.Lock()
        self._open = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def drop_answer(self):
        self._drop_next = True

    def freeze(self):
        """What is sent from now on over the connections that are open goes nowhere, and nobody is told."""
        with self._lock:
            self._frozen |= self._open

    def cut(self):
        """Breaks all connections that are open."""
        with self._lock:
            both = list(self._open)
        for one in both:
            end(one)

    def close(self):
        end(self._listener)
        self._listener.close()
        self.cut()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                client.close()
                self.refused += 1
                continue
            with self._lock:
                self._open |= {client, server}
                self.passed += 1
            threading.Thread(target=self._pump, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client, True), daemon=True).start()

    def _pump(self, source, sink, is_answer):
        try:
            while True:
                part = source.recv(65536)
                if not part:
                    break
                if source in self._frozen:
                    continue
                if not is_answer and self._drop_next:
                    self._drop_next = False
                    self._dropping.add(sink)
                if source in self._dropping:
                    self.lost += 1
                    break
                sink.sendall(part)
        except OSError:
            pass
        end(source)
        end(sink)
        source.close()  # the other direction closes the other one, once it has noticed
        with self._lock:
            self._open.discard(source)
            self._frozen.discard(source)
            self._dropping.discard(source)


def end(connection):
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
