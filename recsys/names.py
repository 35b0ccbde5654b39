"""One spelling for names that differ only in case, accents, spaces or punctuation."""

import re
import unicodedata

_NOT_WORD = re.compile(r"[^\w]+", re.UNICODE)


def name_key(text: str) -> str:
    """Return the key under which artists of two places are taken for the same.

    Compatibility forms are folded, accents and punctuation dropped, `&` reads as `and` and a
    leading `the` doesn't count. The keys are stored, so this rule never changes. A name made of punctuation alone (`!!!`) keeps it.
    """
    folded = unicodedata.normalize("NFKD", text.replace("&", " and ")).casefold()
    letters = "".join(c for c in folded if not unicodedata.combining(c))
    words = _NOT_WORD.sub(" ", letters).strip()
    if words.startswith("the ") and len(words) > 4:
        words = words[4:]
    return words or " ".join(text.casefold().split())
