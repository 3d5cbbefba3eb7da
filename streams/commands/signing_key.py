"""`obligor signing-key`: the key that signs what people decide and what holds for all accounts."""

from __future__ import annotations

from typing import Annotated

import typer

from schemas.signature import public_text
from streams.commands.connecting import COULD_NOT_RUN, DataOption, ending_with_2
from streams.keys import key_file, load_signer, make_signing_key
from streams.settings import Settings


def signing_key(
    data: DataOption = None,
    make: Annotated[bool, typer.Option("--make", help="Make the key if there is none.")] = False,
) -> None:
    """Show the public key as `OBLIGOR_TRUSTED_KEYS` takes it; with --make, make the private one if there is none.

    The private key is the file that OBLIGOR_SIGNING_KEY names, else the data directory's; a key that exists is kept.

    Example: obligor signing-key --make
    """
    settings = Settings() if data is None else Settings(data=data)
    path = key_file(settings)
    with ending_with_2(OSError):
        if make:
            make_signing_key(path)
        signer = load_signer(settings)
    if signer is None:
        typer.echo(f"expected a signing key in {path}, found no file; --make makes one", err=True)
        raise typer.Exit(COULD_NOT_RUN)
    typer.echo(public_text(signer.public))
    typer.echo(f"key {signer.name} in {path}", err=True)
