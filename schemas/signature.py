"""Signatures of what people decide and of what holds for all accounts, so that writing to a topic is not enough.

A signature is over everything that the ledger keeps of a record: its topic and key, its time, its identity, its effect
and its bytes. So whoever reads the ledger can check it again. A record that is written a second time keeps its
signature and is a repeat by its fact id. Source: RFC 8032 (Ed25519).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from msgspec import Struct

from schemas.codec import Unreadable
from schemas.envelope import Envelope, HeaderInvalid, read_headers

SIGNED_TOPICS = frozenset({"desk", "control"})
SIGNATURE_HEADER = "obligor_signature"
_FORM = b"obligor signature 1"

Headers = list[tuple[str, bytes | None]]


class SigningKeyInvalid(ValueError):
    """Bytes that are no Ed25519 key; the text says what was expected."""


class SignedRecord(Protocol):
    """What a signature is over, as it is read from a source topic."""

    @property
    def timestamp(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Iterable[tuple[str, bytes | None]]: ...


class Place(Struct, frozen=True, gc=False):
    """Where a record is written: the topic's full name, and the partition where no key says which it is."""

    topic: str
    partition: int | None = None


def place_of(topic: str, full_name: str, partition: int) -> Place:
    """Return the place that is signed; `topic` is the short name.

    >>> place_of("desk", "credit.desk.v1", 3)
    Place(topic='credit.desk.v1', partition=None)
    """
    return Place(full_name, partition if topic == "control" else None)


def signed_bytes(place: Place, key: bytes | None, at_ms: int, envelope: Envelope, value: bytes | None) -> bytes:
    """Return what is signed: every part with its length before it, so that none can be shifted into another.

    White space around the value is left out, for the ledger does not keep it.
    """
    parts = (
        _FORM,
        place.topic.encode(),
        b"" if place.partition is None else b"%d" % place.partition,
        b"" if key is None else b"=" + key,
        b"%d" % at_ms,
        envelope.ce_source.encode(),
        envelope.ce_id.encode(),
        envelope.effect.encode(),
        envelope.redrives.encode(),
        b"" if envelope.control_no is None else b"%d" % envelope.control_no,
        (value or b"").strip(b" \t\r\n"),
    )
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)


class Signer:
    """Signs with one private key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.name = key_name(self.public)

    def signed(self, place: Place, key: bytes | None, value: bytes | None, headers: Headers, at_ms: int) -> Headers:
        """Return a record's headers with its signature; those of a record that is refused anyway stay as they are."""
        kept = [header for header in headers if header[0] != SIGNATURE_HEADER]
        try:
            envelope = read_headers(kept)
        except HeaderInvalid:
            return kept
        signature = self._key.sign(signed_bytes(place, key, at_ms, envelope, value))
        return [*kept, (SIGNATURE_HEADER, f"{self.name}.{_text(signature)}".encode())]


class Verifier:
    """Knows the public keys whose signatures hold, by name."""

    def __init__(self, public_keys: Iterable[bytes]) -> None:
        self._keys: Mapping[str, Ed25519PublicKey] = {
            key_name(public): Ed25519PublicKey.from_public_bytes(public) for public in public_keys
        }

    def doubt(self, place: Place, record: SignedRecord) -> Unreadable | None:
        """Return why a record is not taken for what it says, None if its signature holds.

        A record whose headers cannot be read is refused for that.
        """
        try:
            envelope = read_headers(record.headers)
        except HeaderInvalid:
            return None
        return self.doubt_of(place, record.key, record.timestamp, envelope, record.value)

    def doubt_of(
        self, place: Place, key: bytes | None, at_ms: int, envelope: Envelope, value: bytes | None
    ) -> Unreadable | None:
        """Return why what a ledger record says of a record does not hold."""
        if not envelope.signature:
            message = "expected a signature, received none; people act through the api or a command that has the key"
            return Unreadable("signature_missing", f"headers.{SIGNATURE_HEADER}", message)
        name, _, text = envelope.signature.partition(".")
        public = self._keys.get(name)
        if public is None:
            return _wrong(f"expected a key that is trusted here, received {name[:20]!r}")
        if not envelope.ce_id:
            return _wrong("expected header ce_id beside a signature, received none: nothing would tell a repeat")
        try:
            public.verify(_bytes(text), signed_bytes(place, key, at_ms, envelope, value))
        except (InvalidSignature, binascii.Error, ValueError):
            return _wrong(f"expected the signature of key {name} over this record, received another")
        return None


def _wrong(message: str) -> Unreadable:
    return Unreadable("signature_wrong", f"headers.{SIGNATURE_HEADER}", message)


def key_name(public: bytes) -> str:
    """Return what a public key is called in signatures: the first 8 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:8]


def new_key() -> bytes:
    """Return a new private key, as PEM."""
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def read_signer(pem: bytes) -> Signer:
    """Return the signer of a private key.

    Raises:
        SigningKeyInvalid: it is no Ed25519 key as PEM.
    """
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError) as error:
        raise SigningKeyInvalid(f"expected an Ed25519 private key as PEM, received {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningKeyInvalid(f"expected an Ed25519 private key, received a {type(key).__name__}")
    return Signer(key)


def read_public_key(text: str) -> bytes:
    """Return a public key from its 32 bytes as base64.

    Raises:
        SigningKeyInvalid: it is something else.
    """
    try:
        public = _bytes(text)
    except ValueError as error:
        raise SigningKeyInvalid(f"expected a public key as base64, received {text[:60]!r}") from error
    if len(public) != 32:
        raise SigningKeyInvalid(f"expected a public key of 32 bytes, received {len(public)}")
    return public


def public_text(public: bytes) -> str:
    """Return a public key as `read_public_key` takes it."""
    return _text(public)


def _text(binary: bytes) -> str:
    return base64.urlsafe_b64encode(binary).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
