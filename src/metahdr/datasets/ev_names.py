"""EVs in the names of exposures: `IMG_EV-2.jpg`, `garden_+2EV.png`, `-1p7EV`, `EV+1,3`."""

import re

_NUMBER = r"[+-]?\d+(?:[.,p]\d+)?"
_AFTER = re.compile(rf"(?:^|[^a-z])EV(_?)({_NUMBER})(?!_?\d)", re.IGNORECASE)
_BEFORE = re.compile(rf"(?:^|[^\d.,p+-])({_NUMBER})(_?)EV(?![a-z])", re.IGNORECASE)


def evs_of(stems: list[str]) -> list[float] | None:
    """The EV that each name tells, in stops; None where one tells none or several, or they may be no stops.

    Numbers without a sign of which none is 0 may be light values or a count: `EV12 EV10 EV8`, `EV1 EV2`.

    Args:
        stems: of the files, without suffixes.
    """
    words = [_word(stem) for stem in stems]
    if None in words:
        return None
    evs = [float(word.replace(",", ".").replace("p", ".").replace("P", ".")) for word in words]
    told = len(set(evs)) == len(evs) and (0 in evs or any(word[0] in "+-" for word in words))
    return evs if told else None


def _word(stem: str) -> str | None:
    """The number beside EV. Of two, one on each side, that with a sign, else that without `_` between."""
    after = [(match[2], match[1]) for match in _AFTER.finditer(stem)]
    before = [(match[1], match[2]) for match in _BEFORE.finditer(stem)]
    found = dict.fromkeys([*after, *before])
    for wanted in (lambda word, _: True, lambda word, _: word[0] in "+-", lambda _, between: not between):
        chosen = {word for word, between in found if wanted(word, between)}
        if len(chosen) == 1:
            return chosen.pop()
    return None
