"""`./pc docs`: one page that shows every contract: operations by surface and service, events with who tells and who hears
them, what each reader reads, and the written pages.
"""

import json
from html import escape
from pathlib import Path

from local import asyncapi, snapshots
from local.paths import ROOT, SNAPSHOTS, VAR
from local.topology import SERVICES

SITE = VAR / "docs" / "index.html"

_STYLE = """
:root { color-scheme: light dark; --line: #8883; --soft: #8889; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 72rem; padding: 1rem 2rem 4rem; }
nav { position: sticky; top: 0; background: Canvas; padding: .6rem 0; border-bottom: 1px solid var(--line); }
nav a { margin-right: 1rem; } input { font: inherit; padding: .2rem .5rem; width: 18rem; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .25rem .6rem .25rem 0;
border-bottom: 1px solid var(--line); vertical-align: top; } code { font-size: .9em; }
.who { color: var(--soft); white-space: nowrap; } details { margin: .3rem 0; } summary { cursor: pointer; }
h2 { margin-top: 2.5rem; } .get { color: #1b7f4c; } .post { color: #0b6e99; } .delete { color: #b00020; }
.patch, .put { color: #b3541e; }
"""
_SCRIPT = """
const box = document.querySelector('input');
box.addEventListener('input', () => {
  const words = box.value.toLowerCase().split(/\\s+/).filter(Boolean);
  for (const row of document.querySelectorAll('tbody tr, details.stream'))
    row.hidden = !words.every(word => row.textContent.toLowerCase().includes(word));
});
"""


def write(site: Path = SITE) -> Path:
    """Write the page; where it is."""
    site.parent.mkdir(parents=True, exist_ok=True)
    site.write_text(page(), encoding="utf-8")
    return site


def page() -> str:
    sections = [
        *(_surface(surface) for surface in snapshots.SURFACES),
        _events(),
        _readers(),
        _written(),
    ]
    links = "".join(f'<a href="#{name}">{title}</a>' for name, title, _ in sections)
    bodies = "".join(f'<h2 id="{name}">{title}</h2>{body}' for name, title, body in sections)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>pass Culture: contracts</title><style>{_STYLE}</style><h1>pass Culture: contracts</h1>"
        f'<nav>{links}<input type="search" placeholder="Filter (POST bookings)" aria-label="Filter"></nav>'
        f"{bodies}<script>{_SCRIPT}</script></html>"
    )


def _surface(surface: str) -> tuple[str, str, str]:
    document = json.loads((SNAPSHOTS / "openapi" / f"{surface}.json").read_text(encoding="utf-8"))
    owners = _owners()
    rows = []
    for path, item in sorted(document["paths"].items()):
        for method, operation in sorted(item.items()):
            about = str(operation.get("description") or operation.get("summary") or "").split("\n\n")[0]
            rows.append(
                f'<tr><td class="{method}">{method.upper()}</td><td><code>{escape(path)}</code></td>'
                f'<td class="who">{owners.get((method, path), "")}</td><td>{escape(about)}</td></tr>'
            )
    return surface, f"Surface: {surface}", _table(("", "path", "service", ""), rows)


def _owners() -> dict[tuple[str, str], str]:
    """Which service serves an operation, from the page that says so."""
    owners = {}
    for line in snapshots.OPERATIONS_PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split("|")]
        if len(cells) > 1 and cells[0].startswith("`") and cells[1] in SERVICES:
            method, _, path = cells[0].strip("`").partition(" ")
            owners[method.lower(), path] = cells[1]
    return owners


def _events() -> tuple[str, str, str]:
    document = asyncapi.document()
    streams = []
    for stream, channel in sorted(document["channels"].items()):
        hears = [
            (name.partition(".")[0], operation)
            for name, operation in document["operations"].items()
            if operation["action"] == "receive" and operation["channel"]["$ref"].endswith(f"/{stream}")
        ]
        readers = "".join(
            f"<tr><td>{service}</td><td>{_items(operation['description'])}</td></tr>" for service, operation in hears
        )
        facts = ", ".join(f"<code>{escape(name)}</code>" for name in channel["messages"])
        message = document["components"]["messages"][next(iter(channel["messages"]))]
        schema = document["components"]["schemas"][message["payload"]["$ref"].rpartition("/")[2]]
        state = document["components"]["schemas"][schema["properties"]["state"]["$ref"].rpartition("/")[2]]
        fields = ", ".join(f"<code>{escape(name)}</code>" for name in state["properties"])
        streams.append(
            f'<details class="stream"><summary><code>{escape(stream)}</code> — {escape(channel["title"])} '
            f'<span class="who">→ {", ".join(service for service, _ in hears) or "nobody"}</span></summary>'
            f"<p>Facts: {facts}</p><p>State: {fields}</p>{_table(('heard by', 'for'), [readers])}</details>"
        )
    return "events", "Events", "".join(streams)


def _items(text: str) -> str:
    return "<br>".join(escape(line.removeprefix("- ")) for line in text.splitlines())


def _readers() -> tuple[str, str, str]:
    rows = []
    for file in sorted((SNAPSHOTS / "expectations").glob("*.json")):
        declared: dict[str, list[str]] = json.loads(file.read_text(encoding="utf-8"))
        rows += [
            f"<tr><td>{file.stem}</td><td><code>{escape(name)}</code></td><td>{escape(', '.join(read))}</td></tr>"
            for name, read in declared.items()
        ]
    return "readers", "What each reader reads", _table(("reader", "of", "fields"), rows)


def _written() -> tuple[str, str, str]:
    pages = sorted((ROOT / "docs").glob("*.md")) + sorted((ROOT / "docs" / "decisions").glob("0*.md"))
    rows = [
        f'<tr><td><a href="{escape(path.as_uri())}">{path.name}</a></td><td>{escape(_title(path))}</td></tr>'
        for path in pages
    ]
    return "pages", "Pages and decisions", _table(("page", ""), rows)


def _title(path: Path) -> str:
    return path.read_text(encoding="utf-8").split("\n", 1)[0].removeprefix("# ")


def _table(heads: tuple[str, ...], rows: list[str]) -> str:
    head = "".join(f"<th>{name}</th>" for name in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
