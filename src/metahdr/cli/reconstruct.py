"""`metahdr reconstruct`."""

from argparse import _SubParsersAction
from pathlib import Path

from metahdr.photographs import DEFAULT


def add(commands: _SubParsersAction) -> None:
    parser = commands.add_parser("reconstruct", help="make an HDR image of each photograph, or of a bracket")
    formats = "JPEG, PNG, TIFF, HEIC or raw files; they come before the options"
    parser.add_argument("photographs", type=Path, nargs="*", help=formats)
    parser.add_argument("--out", type=Path, default=Path(), help="folder of the results; default: the current one")
    several = parser.add_mutually_exclusive_group()
    several.add_argument("--bracket", type=Path, nargs="+", metavar="FILE", help="merge exposures of one view")
    adapt = "calibrate the camera on a bracket first"
    several.add_argument("--adapt-on", type=Path, nargs="+", metavar="FILE", help=adapt)
    parser.add_argument("--ev", type=float, nargs="+", help="stops of the bracket; default: from its EXIF data")
    parser.add_argument("--camera", type=Path, help="what --adapt-on learned: written with it, used without")
    parser.add_argument("--method", default=DEFAULT, help="of single exposures, such as %(default)s, the default")
    parser.add_argument("--weights", type=Path, help="a weight file of the method; default: the shipped one")
    parser.add_argument("--float", action="store_true", dest="full", help="32-bit floats in .exr files, not 16")
    parser.add_argument("--hdr", action="store_true", help="write Radiance .hdr files as well")
    parser.add_argument("--ultrahdr", action="store_true", help="write JPEGs that phones and browsers show as HDR")
    parser.set_defaults(call=reconstruct)


def reconstruct(**arguments: object) -> None:
    from metahdr.photographs.run import run

    run(**arguments)
