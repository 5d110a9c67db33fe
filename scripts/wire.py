"""A proxy between a program and Postgres that cuts or holds connections where it hurts: around a COMMIT, and inside a COPY."""

import os
import select
import socket
import threading

COPY = b"PGCOPY\n\xff\r\n\0"
# Bytes that wait for one end before nothing more is read from the other.
LARGEST_QUEUE = 1 << 20


class Wire:
    """Listens on a socket of its own in a directory, and passes bytes on to the server's.

    `arm` names the next connection's end: `before commit` loses the COMMIT, `after commit` its answer, `in copy` and `out copy` what
    follows some bytes of rows. `hold` passes nothing on for a while. `target` gives the path of the server's socket at the moment.
    """

    def __init__(self, directory, target):
        os.mkdir(directory, 0o711)
        self.directory, self.target = directory, target
        self.lock, self.armed, self.left, self.happened = threading.Lock(), None, 0, threading.Event()
        self.flowing = threading.Event()
        self.flowing.set()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(directory + "/.s.PGSQL.5432")
        os.chmod(directory + "/.s.PGSQL.5432", 0o777)
        self.listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, kind, bytes_left):
        with self.lock:
            self.armed, self.left = kind, bytes_left
            self.happened.clear()

    def disarm(self):
        with self.lock:
            self.armed = None

    def close(self):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass, args=(client,), daemon=True).start()

    def _pass(self, client):
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(self.target())
        except (OSError, IndexError):
            client.close()
            return
        # The bytes of rows that the connection may still pass, once it was chosen for that.
        left = None
        client.setblocking(False)
        server.setblocking(False)
        # What each end has not taken yet. Both directions go on although one is full: a server that sends results reads no more, and
        # a program sends on until it has to read.
        waiting = {client: bytearray(), server: bytearray()}
        with client, server:
            while True:
                try:
                    sources = [end for end in (client, server) if len(waiting[server if end is client else client]) < LARGEST_QUEUE]
                    ready, free, _ = select.select(sources, [end for end in waiting if waiting[end]], [])
                    self.flowing.wait()
                    for end in free:
                        del waiting[end][:end.send(waiting[end])]
                    for end in ready:
                        data = end.recv(1 << 16)
                        if not data:
                            return
                        other = server if end is client else client
                        fate = self._fate(data, end is client) if left is None else None
                        if fate == "before commit":
                            return
                        if fate == "after commit":
                            self._send(other, waiting[other] + data)
                            # The server commits, and nobody hears of it.
                            select.select([server], [], [], 5)
                            return
                        if fate:
                            left = fate
                        if left is not None:
                            data, left = data[:left], left - len(data)
                        waiting[other] += data
                        if left is not None and left <= 0:
                            self._send(other, waiting[other])
                            return
                except OSError:
                    return

    @staticmethod
    def _send(end, data):
        end.setblocking(True)
        end.sendall(data)

    def _fate(self, data, is_from_client):
        """What becomes of a connection: a kind, a number of bytes, or nothing."""
        with self.lock:
            kind = self.armed
            if kind in ("before commit", "after commit"):
                if not (is_from_client and b"COMMIT" in data):
                    return None
                fate = kind
            elif kind == ("in copy" if is_from_client else "out copy") and COPY in data:
                fate = self.left + data.index(COPY)
            else:
                return None
            self.armed = None
            self.happened.set()
            return fate
