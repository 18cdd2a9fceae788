import ast
import runpy
import shutil
import sys

import pytest

from metahdr.errors import UserError
from metahdr.workflow import code

FILES = {
    "__init__.py": '"""A package."""\n',
    "start.py": "from toy.sub import second\n\n\ndef run():\n    from .late import value\n    return value\n",
    "late.py": "value = 1\n",
    "apart.py": "value = 3\n",
    "sub/__init__.py": "level = 0\n",
    "sub/second.py": '"""Second."""\nfrom ..third import name\n\nFILES = "page.html", "registry.yaml"\n',
    "sub/page.html": "<p>Hello</p>\n",
    "sub/registry.yaml": "a: b\n",
    "sub/other.html": "<p>Other</p>\n",
    "third.py": "import numpy\nname = 'x'\n",
    "section.py": 'class Loop:\n    steps = Field(3, ge=1)\n    """of the loop"""\n',
    "stars.py": "from toy.star import *\n",
    "star/__init__.py": "__all__ = ['point']\n",
    "star/point.py": "value = 1\n",
}


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A package beside a script that imports it; `toy(path=text)` changes a file, `toy()` gives the digest."""
    for name, text in FILES.items():
        (tmp_path / "toy" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "toy" / name).write_text(text, encoding="utf-8")
    script = tmp_path / "script.py"
    script.write_text("import json\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))

    def digest(*modules: str) -> str:
        code._find.cache_clear()
        code._read.cache_clear()
        return code.digest(script, modules or ["toy.start"])

    return tmp_path / "toy", digest


def changes(toy, file: str, text: str, *modules: str) -> bool:
    folder, digest = toy
    before = digest(*modules)
    (folder / file).write_text(text, encoding="utf-8")
    after = digest(*modules)
    (folder / file).write_text(FILES.get(file, ""), encoding="utf-8")
    return before != after


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("start.py", FILES["start.py"] + "more = 1\n"),
        ("__init__.py", "import os\n"),
        ("sub/__init__.py", "level = 1\n"),
        ("sub/second.py", FILES["sub/second.py"] + "more = 1\n"),
        ("third.py", "import numpy\nname = 'y'\n"),
        ("late.py", "value = 2\n"),
        ("sub/page.html", "<p>Good day</p>\n"),
        ("../script.py", "import re\n"),
    ],
    ids=[
        "itself",
        "package",
        "parent",
        "from package import module",
        "relative",
        "in a function",
        "template",
        "script",
    ],
)
def test_a_change_of_whatever_is_imported_changes_the_digest(toy, file, text):
    assert changes(toy, file, text)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("apart.py", "value = 4\n"),
        ("sub/other.html", "<p>Another</p>\n"),
        ("sub/registry.yaml", "a: c\n"),
        ("late.py", '"""Late."""\n\nvalue   =  (1)  # one\n'),
        ("sub/second.py", FILES["sub/second.py"].replace("Second.", "The second.")),
        ("start.py", FILES["start.py"].replace("run():\n", 'run():\n    """Runs."""\n')),
    ],
    ids=["not imported", "not named", "registry", "comment and layout", "docstring", "a function's new docstring"],
)
def test_what_is_not_imported_and_what_says_the_same_leaves_the_digest(toy, file, text):
    assert not changes(toy, file, text)


def test_the_description_of_a_configuration_key_leaves_the_digest_and_its_default_changes_it(toy):
    assert not changes(toy, "section.py", FILES["section.py"].replace("of the loop", "number"), "toy.section")
    assert changes(toy, "section.py", FILES["section.py"].replace("3", "4"), "toy.section")
    assert changes(toy, "section.py", FILES["section.py"].replace("Field", "field"), "toy.section")


def test_a_star_takes_all_modules_of_a_package(toy):
    assert changes(toy, "star/point.py", "value = 2\n", "toy.stars")
    assert not changes(toy, "star/point.py", "value = 2\n", "toy.start")


def test_other_libraries_do_not_count_unless_a_module_of_theirs_is_named(toy):
    folder, digest = toy
    (folder / "third.py").write_text("import ast\nname = 'x'\n", encoding="utf-8")
    assert "metahdr" not in {name.partition(".")[0] for name in sys.modules if name.startswith("toy")}
    before = digest("toy.apart")
    assert digest("toy.apart", "toy.third") != before
    assert "toy" not in sys.modules, "nothing is imported"


def test_the_place_of_the_checkout_does_not_count(toy, tmp_path, monkeypatch):
    folder, digest = toy
    before = digest()
    shutil.copytree(tmp_path, tmp_path.parent / "elsewhere")
    monkeypatch.setattr(sys, "path", [p for p in sys.path if p != str(tmp_path)])
    monkeypatch.syspath_prepend(str(tmp_path.parent / "elsewhere"))
    shutil.rmtree(folder)
    assert digest() == before


def test_a_module_of_a_plugin_in_one_file_counts(toy, tmp_path):
    folder, digest = toy
    (tmp_path / "plugin.py").write_text("value = 1\n", encoding="utf-8")
    before = digest("plugin")
    (tmp_path / "plugin.py").write_text("value = 2\n", encoding="utf-8")
    assert digest("plugin") != before


def test_a_registered_module_that_is_not_there_is_named(toy):
    with pytest.raises(UserError, match=r"toy\.nowhere: no such module"):
        toy[1]("toy.nowhere")
    with pytest.raises(UserError, match=r"nowhere\.at_all: no such module"):
        toy[1]("nowhere.at_all")


def test_a_file_that_is_not_python_is_named(toy):
    folder, digest = toy
    (folder / "late.py").write_text("value =\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"late\.py: not Python"):
        digest()


@pytest.fixture(scope="module")
def edited(repository, tmp_path_factory):
    """The scripts whose digest an edit of a copied checkout changes."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(repository / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(repository / "workflow/scripts", folder / "scripts")

    def digests(*modules: str) -> dict[str, str]:
        digest = runpy.run_path(str(folder / "src/metahdr/workflow/code.py"))["digest"]
        return {path.stem: digest(path, modules) for path in (folder / "scripts").glob("*.py")}

    def edited(file: str, add: str, *modules: str) -> set[str]:
        before, path = digests(*modules), folder / file
        text = path.read_text(encoding="utf-8")
        path.write_text(text + add, encoding="utf-8")
        after = digests(*modules)
        path.write_text(text, encoding="utf-8")
        return {name for name in before if before[name] != after[name]}

    return edited


def test_an_edited_comment_concerns_no_script_and_an_edited_network_those_whose_rule_names_it(edited):
    unet = "src/metahdr/nets/unet.py"
    assert edited(unet, "\n# A comment.\n", "metahdr.nets.unet") == set()
    assert {"train", "reconstruct"} <= edited(unet, "\nMORE = 1\n", "metahdr.nets.unet")
    assert edited(unet, "\nMORE = 1\n") == set()


def test_an_edited_engine_concerns_the_scripts_that_meta_train_or_adapt(edited):
    scripts = edited("src/metahdr/meta/learner.py", "\nMORE = 1\n", "metahdr.methods.metahdr")
    assert {"train", "reconstruct"} <= scripts
    assert edited("src/metahdr/meta/learner.py", "\nMORE = 1\n") <= {
        "aggregate",
        "compare_variants",
        "report",
        "steps",
    }


def test_an_edited_template_concerns_the_report_alone(edited):
    assert edited("src/metahdr/report/page.html", "<p>More.</p>") == {"report"}


def test_an_edited_template_that_pages_share_concerns_each_of_them(edited):
    assert edited("src/metahdr/report/table.html", "<p>More.</p>") == {"report", "benchmark_page"}


def test_a_new_line_in_the_registry_concerns_no_script(edited):
    assert edited("src/metahdr/registry.yaml", "\n", "metahdr.registry") == set()


def test_a_metric_concerns_the_scripts_whose_rule_names_it(edited, repository):
    metric = "src/metahdr/metrics/hdr.py"
    assert edited(metric, "\nMORE = 1\n").isdisjoint({"train", "reconstruct", "label"})
    assert "score" in edited(metric, "\nMORE = 1\n", "metahdr.metrics.hdr")


def test_every_module_of_the_package_is_read(repository):
    for path in (repository / "src/metahdr").rglob("*.py"):
        name = ".".join(path.relative_to(repository / "src").with_suffix("").parts).removesuffix(".__init__")
        text, imports = code._read(path, name)
        assert len(text) == 64
        found = {
            n.names[0].name
            for n in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(n, ast.Import)
        }
        assert found <= set(imports)


def test_what_was_parsed_once_is_not_parsed_again_and_a_changed_file_is(toy, tmp_path, monkeypatch):
    (tmp_path / ".snakemake").mkdir()
    monkeypatch.chdir(tmp_path)
    _, digest = toy
    before = digest()
    with monkeypatch.context() as patch:
        patch.setattr(ast, "parse", lambda *_: pytest.fail("parsed again"))
        assert digest() == before
    assert changes(toy, "late.py", "value = 2\n")
    for kept in (tmp_path / ".snakemake/code").iterdir():
        kept.write_text("[", encoding="utf-8")
    assert digest() == before
