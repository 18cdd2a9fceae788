"""Pages from their templates, which lie beside this file."""

from pathlib import Path

import jinja2

_HERE = Path(__file__).parent
SHARED = "benchmark_table.html"  # named here, so that an edit of it concerns every page (`metahdr.workflow.code`)
_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_HERE),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(name: str, **values: object) -> str:
    """The template of a name with the style of all pages; a value that it misses is an error."""
    style = (_HERE / "page.css").read_text()
    return _ENVIRONMENT.get_template(name).render(style=style, shared=SHARED, **values)
