"""tlslite-ng as the peer of SSL 3.0 or TLS (RFC 6101, RFC 2246): one connection.

usage: tlslite_peer.py client PORT VERSION CIPHER
       tlslite_peer.py server CERTIFICATE KEY VERSION CIPHER

VERSION is the minor number (0: SSL 3.0), CIPHER one of tlslite's names. A client
sends `ping` and prints what it was answered; a server prints its port, and answers
`ping` with `pong`. Both print version and cipher of the connection.
"""

import socket
import sys

from tlslite.api import HandshakeSettings, TLSConnection, X509CertChain, parsePEMKey

HANG = 50


def settings(version, cipher):
    made = HandshakeSettings()
    made.minVersion = made.maxVersion = (3, int(version))
    made.versions = [(3, int(version))]
    made.cipherNames = [cipher]
    made.macNames = ["sha"]
    made.keyExchangeNames = ["rsa"]
    # It would take extensions that are offered, which are none of SSL 3.0's.
    made.useExtendedMasterSecret = made.useEncryptThenMAC = False
    return made


def say(connection, *more):
    print(connection.version[1], connection.session.getCipherName(), *more, flush=True)


def client(port, version, cipher):
    tcp = socket.create_connection(("127.0.0.1", int(port)), timeout=HANG)
    connection = TLSConnection(tcp)
    connection.handshakeClientCert(settings=settings(version, cipher))
    connection.sendall(b"ping")
    say(connection, connection.recv(4).decode())


def server(certificate, key, version, cipher):
    chain = X509CertChain()
    with open(certificate) as pem:
        chain.parsePemList(pem.read())
    with open(key) as pem:
        private = parsePEMKey(pem.read(), private=True)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(HANG)
    print(listener.getsockname()[1], flush=True)
    tcp, _ = listener.accept()
    tcp.settimeout(HANG)
    connection = TLSConnection(tcp)
    connection.handshakeServer(
        certChain=chain, privateKey=private, settings=settings(version, cipher)
    )
    assert connection.recv(4) == b"ping"
    connection.sendall(b"pong")
    say(connection)


{"client": client, "server": server}[sys.argv[1]](*sys.argv[2:])
