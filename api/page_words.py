"""Write the words that the page shares with the terminal, so that both always say the same.

`python -m api.page_words` writes `api/web/src/words/generated.json`; the page's build does it each time.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from api.tail_words import CHINESE, ENGLISH
from schemas.factor_words import FACTOR_WORDS, RATIO_FACTOR_WORDS
from schemas.money import EXPONENTS
from schemas.policy_words import POLICY_TEXTS

WEB = Path(__file__).parent / "web"
GENERATED = WEB / "src" / "words" / "generated.json"


def shared_words() -> bytes:
    """Return both languages, texts of the default policy, names of factors and places of currencies, in one order."""
    words = {
        "en": msgspec.to_builtins(ENGLISH),
        "zh": msgspec.to_builtins(CHINESE),
        "exponents": EXPONENTS,
        "policy_texts": {"zh": POLICY_TEXTS["zh"]},
        "factors": FACTOR_WORDS,
        "factors_of_ratios": RATIO_FACTOR_WORDS,
    }
    return msgspec.json.format(msgspec.json.encode(words, order="sorted"), indent=1) + b"\n"


def write_shared_words() -> None:
    """Write the file if it is not what it should be; an unchanged file keeps its time."""
    words = shared_words()
    if not GENERATED.exists() or GENERATED.read_bytes() != words:
        GENERATED.write_bytes(words)


if __name__ == "__main__":
    write_shared_words()
    sys.stdout.write(f"{GENERATED}\n")
