"""Pages from their templates, with the style, the tables and the script that all pages have."""

from pathlib import Path

import jinja2

_HERE = Path(__file__).parent
TABLE = "table.html"  # named here, so that an edit of it concerns every page (`metahdr.workflow.code`)


def render(template: Path, **values: object) -> str:
    """The page of a template; a value that it misses is an error."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([template.parent, _HERE]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    texts = {
        "style": (_HERE / "page.css").read_text(encoding="utf-8"),
        "script": (_HERE / "shared.js").read_text(encoding="utf-8"),
    }
    return environment.get_template(template.name).render(**texts, tables_from=TABLE, **values)
