"""Credentials of one job: an authority that signs one certificate and is forgotten, all in a private directory.

Whoever holds the key may give work to the job's workers, so it is as good as the user's account.
"""

import datetime
import os
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

# Clocks of nodes may differ; and a job may be long
EARLIER = datetime.timedelta(days=1)
LATER = datetime.timedelta(days=60)


def make_credentials(directory: Path) -> None:
    """Make ``directory`` (0700) with ``ca.pem``, ``cert.pem`` and ``key.pem`` (0600); it may not exist yet.

    Raises
    ------
    OSError
        If the directory exists or cannot be made.
    """
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("renp-fast job authority", authority_key, authority_key, authority=True)
    certificate = _certificate("renp-fast job", key, authority_key, authority=False)
    directory.mkdir(mode=0o700)
    directory.chmod(0o700)  # a file system may give more than was asked for
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for name, content in (
        ("ca.pem", authority.public_bytes(Encoding.PEM)),
        ("cert.pem", certificate.public_bytes(Encoding.PEM)),
        ("key.pem", private),
    ):
        with open(directory / name, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(content)


def _certificate(
    subject: str, key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey, authority: bool
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    issuer = "renp-fast job authority"
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(now + LATER)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(_usage(authority), critical=True)
    )
    return builder.sign(signer, hashes.SHA256())


def _usage(authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


if __name__ == "__main__":
    make_credentials(Path(sys.argv[1]))
