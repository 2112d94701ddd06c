"""TLS before a server on this machine, for tests: tls-front.py CERTIFICATE KEY PORT; prints its own port.

Every connection is carried to one of its own, byte for byte.
"""

import socket
import ssl
import sys
import threading

certificate, key, port = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)


def carry(source, sink):
    try:
        while data := source.recv(1 << 16):
            sink.sendall(data)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(plain):
    try:
        client = context.wrap_socket(plain, server_side=True)
    except OSError:
        # A client that does not trust the certificate.
        plain.close()
        return
    server = socket.create_connection(("127.0.0.1", int(port)))
    threading.Thread(target=carry, args=(server, client), daemon=True).start()
    carry(client, server)


listener = socket.create_server(("127.0.0.1", 0), backlog=128)
print(listener.getsockname()[1], flush=True)
while True:
    connection, _ = listener.accept()
    threading.Thread(target=serve, args=(connection,), daemon=True).start()
