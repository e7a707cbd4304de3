"""An authority of the tests' own, and the broker's certificate by it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import trustme
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key


@dataclass(frozen=True)
class Certificates:
    """PEM files: what clients trust, and the server's key with its chain, as Kafka's PEM key store wants them."""

    authority: Path
    server: Path

    @classmethod
    def make(cls, folder: Path) -> Self:
        """Write them for a server on loopback."""
        authority = trustme.CA()
        issued = authority.issue_cert("127.0.0.1", "localhost")
        authority.cert_pem.write_to_path(folder / "authority.pem")
        server = folder / "server.pem"
        server.write_bytes(_pkcs8(issued.private_key_pem.bytes()))
        for certificate in issued.cert_chain_pems:
            certificate.write_to_path(server, append=True)
        return cls(folder / "authority.pem", server)


def _pkcs8(key: bytes) -> bytes:
    """Java reads keys in this form only."""
    private = load_pem_private_key(key, password=None)
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
