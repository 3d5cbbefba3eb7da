"""The key that signs what the desk says, and the public keys whose signatures hold: files and settings."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

import structlog

from schemas.signature import SIGNED_TOPICS, Headers, Signer, Verifier, new_key, place_of, read_public_key, read_signer
from streams.settings import Settings
from streams.topics import short_name

DIRECTORY = "keys"
NAME = "signing.pem"


class SigningKeyMissing(OSError):
    """Signatures are asked for and there is no key; the text says what to set."""


def key_file(settings: Settings) -> Path:
    """Return where the private key of these settings is, or would be."""
    return settings.signing_key or settings.data / DIRECTORY / NAME


def make_signing_key(path: Path) -> None:
    """Make a key in a file if there is none; only its owner may read it. Of several at once the first one's stays."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    number, written = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(new_key())
        with contextlib.suppress(FileExistsError):
            os.link(written, path)
    finally:
        os.unlink(written)


def load_signer(settings: Settings) -> Signer | None:
    """Return what signs with the key of these settings, None where there is no key.

    Raises:
        SigningKeyMissing: a key is named and cannot be read.
        SigningKeyInvalid: the file holds something else.
    """
    path = key_file(settings)
    try:
        return read_signer(path.read_bytes())
    except FileNotFoundError as missing:
        if settings.signing_key is None:
            return None
        raise SigningKeyMissing(f"expected the signing key in {path}, found no file") from missing


def load_verifier(settings: Settings) -> Verifier | None:
    """Return what checks signatures, None where they are not asked for.

    They are asked for where any key is known, unless the settings say otherwise.

    Raises:
        SigningKeyMissing: they are to be asked for and no key is known.
        SigningKeyInvalid: a key is none.
    """
    if settings.require_signatures is False:
        return None
    known = load_known_keys(settings)
    if known is not None:
        return known
    if settings.require_signatures:
        raise SigningKeyMissing("expected OBLIGOR_SIGNING_KEY or OBLIGOR_TRUSTED_KEYS, since signatures are required")
    structlog.get_logger("obligor.keys").warning(
        "signatures are not checked: whoever may write to the topics desk and control decides; no signing key is set"
    )
    return None


def load_known_keys(settings: Settings) -> Verifier | None:
    """Return what checks signatures with the keys that are known, None where none is, whether asked for or not.

    Raises:
        SigningKeyMissing: a key is named and cannot be read.
        SigningKeyInvalid: a key is none.
    """
    signer = load_signer(settings)
    known = [] if signer is None else [signer.public]
    known += [read_public_key(text) for text in settings.trusted_keys.split(",") if text.strip()]
    return Verifier(known) if known else None


def signed_headers(
    signer: Signer | None,
    full_name: str,
    partition: int,
    key: bytes | None,
    value: bytes | None,
    headers: Headers,
    at_ms: int,
) -> Headers:
    """Return the headers of a source record, signed if there is a key and its topic is one that is signed."""
    name = short_name(full_name)
    if signer is None or name not in SIGNED_TOPICS:
        return headers
    return signer.signed(place_of(name, full_name, partition), key, value, headers, at_ms)
