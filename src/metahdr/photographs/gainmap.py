"""The metadata of a gain-map JPEG, for new and old readers and for ordinary screens.

libultrahdr writes the metadata of ISO 21496-1 alone; older readers want the XMP of Android's Ultra HDR image
format v1. It also declares that only a screen that reaches 5.6 stops above white shows all light of an image. Most
screens reach 2 or 3 stops, and would show a part of the light even of an image that needs no more.
"""

import struct

_ISO = b"urn:iso:std:iso:ts:21496:-1\0"
_NUMBERS = 5  # place of the numbers after versions and flags: pairs of numerator and denominator
_NAMES = ("HDRCapacityMin", "HDRCapacityMax", "GainMapMin", "GainMapMax", "Gamma", "OffsetSDR", "OffsetHDR")
_ENTRIES = 50  # place of the two pictures' entries behind the header of the multi-picture format
_XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0" %s'
    "</rdf:Description></rdf:RDF></x:xmpmeta>"
)
_DIRECTORY = (
    'xmlns:Container="http://ns.google.com/photos/1.0/container/" '
    'xmlns:Item="http://ns.google.com/photos/1.0/container/item/"><Container:Directory><rdf:Seq>'
    '<rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="Primary" Item:Mime="image/jpeg"/></rdf:li>'
    '<rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="GainMap" Item:Mime="image/jpeg" '
    'Item:Length="%d"/></rdf:li></rdf:Seq></Container:Directory>'
)


def complete(code: bytes, headroom: float) -> bytes:
    """The file with the headroom of its image, and with XMP.

    Args:
        code: from libultrahdr, with a gain map of one channel.
        headroom: stops above white of a screen that shows all of the light, above 0.
    """
    start = code.rindex(b"\xff\xd8", 0, code.rindex(_ISO))
    primary, gain = code[:start], bytearray(code[start:])
    numbers = gain.index(_ISO) + len(_ISO) + _NUMBERS
    struct.pack_into(">II", gain, numbers + 8, round(headroom * 65536), 65536)
    pairs = struct.unpack_from(">4I" + "iI" * 2 + "2I" + "iI" * 2, gain, numbers)
    values = {name: pairs[2 * i] / pairs[2 * i + 1] for i, name in enumerate(_NAMES)}
    attributes = " ".join(f'hdrgm:{name}="{value:.6g}"' for name, value in values.items())
    gain = _with_xmp(gain, _XMP % f'{attributes} hdrgm:BaseRenditionIsHDR="False">')
    primary = bytearray(_with_xmp(primary, _XMP % (_DIRECTORY % len(gain))))
    entries = primary.index(b"MPF\0MM") + 4 + _ENTRIES  # of 16 bytes: attribute, size, offset, dependence
    struct.pack_into(">I", primary, entries + 4, len(primary))
    struct.pack_into(">I", primary, entries + 20, len(gain))
    return bytes(primary + gain)


def _with_xmp(jpeg: bytes, text: str) -> bytes:
    """Puts a segment APP1 before all others; what the multi-picture format points to moves with its header."""
    body = b"http://ns.adobe.com/xap/1.0/\0" + text.encode()
    return b"".join([jpeg[:2], b"\xff\xe1", struct.pack(">H", len(body) + 2), body, jpeg[2:]])
