"""The reference pages of the catalog, as Markdown: one for each control, one for all views, one
for the lint rules, and an index. Pure: the same catalog gives the same texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from securescore.catalog.definition import Case, Catalog, ControlDefinition, View
from securescore.catalog.lint import sentences
from securescore.core.control import Scoring
from securescore.core.table import TableSet

CONFIDENCE: Mapping[str, str] = {
    "seen": "Seen: Microsoft's text states the condition, and a real result agrees with it.",
    "documented": "Documented: Microsoft's text states the condition; no result proves it yet.",
    "inferred": "Inferred: the condition follows from the setting's meaning or from other tools; "
    "Microsoft's text is silent or vague.",
    "unknown": "Unknown: Microsoft publishes nothing; the condition is our cautious choice.",
}
SCORING: Mapping[Scoring, str] = {
    Scoring.PROPORTIONAL: "by the share of resources that pass",
    Scoring.ALL: "all or nothing",
}
MARKUP = re.compile(r"([\\`*_\[\]<|$])")
LINT = (
    "`securescore catalog lint` checks them all. L001 to L008 and L021 already stop the catalog "
    "from being read, or its cases from running."
)
GENERATED = "<!-- Written by `securescore catalog docs`; change the catalog, not this page. -->\n\n"


def render_pages(catalog: Catalog, tables: TableSet) -> dict[str, str]:
    """All pages by their path below ``docs/reference``, sorted by path."""
    pages = {
        "controls/index.md": _index(catalog),
        "views.md": _views(catalog),
        "lint.md": _lint(),
    }
    for definition in catalog.controls.values():
        pages[f"controls/{definition.id}.md"] = _control(definition, catalog, tables)
    return {path: GENERATED + text for path, text in sorted(pages.items())}


def plain(text: str) -> str:
    r"""``text`` with what Markdown would read as markup escaped.

    >>> print(plain("Set-SharingPolicy <name> *"))
    Set-SharingPolicy \<name> \*
    """
    return MARKUP.sub(r"\\\1", text.strip())


def _index(catalog: Catalog) -> str:
    summary = (
        f"Catalog {catalog.version}: {len(catalog.controls)} controls, of which "
        f"{len(catalog.enabled)} are scored, worth "
        f"{sum(d.control.max_score or 0 for d in catalog.enabled) // 100} points together. "
        "What several controls share stands in [views](../views.md)."
    )
    lines = ["# Controls", "", summary]
    for product in catalog.products.values():
        of_product = [d for d in catalog.controls.values() if d.control.product == product.id]
        if not of_product:
            continue
        rows = [
            (
                f"[{plain(d.id)}]({d.id}.md)",
                plain(d.control.title) + ("" if d.is_enabled else " (off)"),
                str(d.control.category),
                _points(d),
                d.confidence,
            )
            for d in of_product
        ]
        lines += ["", f"## {plain(product.title)}", ""]
        lines += _table(("control", "what is true when it passes", "category", "max", "sure"), rows)
    return _text(lines)


def _control(definition: ControlDefinition, catalog: Catalog, tables: TableSet) -> str:
    control = definition.control
    product = catalog.products.get(control.product)
    lines = [f"# {plain(control.title)}", ""]
    if not definition.is_enabled:
        lines += [f"**Not scored.** {plain(definition.disabled_reason)}", ""]
    lines += _table(
        ("", ""),
        [
            ("Control", f"`{control.id}`, version {control.version}"),
            ("Product", plain(product.title if product else control.product)),
            ("Category", str(control.category)),
            ("Max score", f"{_points(definition)} ({plain(definition.max_score_basis)})"),
            ("Points", SCORING[control.scoring]),
            ("Tier", str(control.tier)),
            ("Impact on users", str(control.user_impact)),
            ("Cost to implement", str(control.implementation_cost)),
            ("Threats", plain(", ".join(definition.threats)) or "not named"),
            ("License", ", ".join(f"`{plan}`" for plan in control.license) or "any"),
            ("Same question elsewhere", _frameworks(definition, catalog)),
        ],
    )
    for title, text in (
        ("Why", definition.why),
        ("How to fix it", definition.fix),
        ("What users notice", definition.user_effect),
        ("Check by hand", definition.check_by_hand),
    ):
        lines += ["", f"## {title}", "", plain(text)]
    if definition.learn_more:
        links = [f"- [{plain(link.title)}]({link.url})" for link in definition.learn_more]
        lines += ["", "## Learn more", "", *links]
    lines += ["", "## How sure the condition is", "", CONFIDENCE[definition.confidence]]
    if definition.choice.strip():
        lines += ["", plain(definition.choice)]
    lines += ["", "## What it reads", "", *_tables_read(definition.requires, tables)]
    lines += ["", "## How it is judged", "", *_sql(definition.sql)]
    lines += _used_views(catalog, [definition.sql])
    if definition.by_policy is not None:
        lines += [
            "",
            "Where one of these tables was not collected, policies decide if they can:",
            "",
            *_tables_read(definition.by_policy.requires, tables),
            "",
            *_sql(definition.by_policy.sql),
        ]
        lines += _used_views(catalog, [definition.by_policy.sql])
    lines += ["", "## Cases", "", "Examples, and at the same time its tests."]
    for case in definition.cases:
        lines += _case(case)
    return _text(lines)


def _views(catalog: Catalog) -> str:
    lines = [
        "# Views",
        "",
        "What several controls share: a relation each, computed once for all controls of a run.",
    ]
    for view in catalog.views.values():
        lines += ["", f"## {plain(view.name)}", "", plain(view.doc), ""]
        lines += [f"One row for each: {', '.join(f'`{name}`' for name in view.key)}."]
        lines += ["", f"Read by: {_readers(view, catalog)}.", "", *_sql(view.sql)]
        for case in view.cases:
            lines += _case(case)
    return _text(lines)


def _readers(view: View, catalog: Catalog) -> str:
    readers = []
    for definition in catalog.controls.values():
        queries = [definition.sql]
        if definition.by_policy is not None:
            queries.append(definition.by_policy.sql)
        if any(view in catalog.views_of(sql) for sql in queries):
            readers.append(f"[{plain(definition.id)}](controls/{definition.id}.md)")
    return ", ".join(readers) or "no control"


def _lint() -> str:
    lines = ["# Rules of the catalog", "", LINT]
    for number, sentence in sentences().items():
        lines += ["", f"## {number}", "", sentence]
    return _text(lines)


def _frameworks(definition: ControlDefinition, catalog: Catalog) -> str:
    found = []
    for name, ids in sorted(definition.frameworks.items()):
        framework = catalog.frameworks.get(name, {})
        found.append(f"{plain(str(framework.get('title', name)))}: {plain(', '.join(ids))}")
    return "; ".join(found) or "none"


def _tables_read(names: Sequence[str], tables: TableSet) -> list[str]:
    rows = [
        (f"`{table.name}`", plain(table.doc), plain(table.read_from), plain(table.permission))
        for table in (tables[name] for name in sorted(names))
    ]
    return _table(("table", "what it holds", "read from", "permission"), rows)


def _used_views(catalog: Catalog, queries: Iterable[str]) -> list[str]:
    names = sorted({view.name for sql in queries for view in catalog.views_of(sql)})
    if not names:
        return []
    links = ", ".join(f"[{plain(name)}](../views.md#{name})" for name in names)
    return ["", f"Views: {links}."]


def _sql(sql: str) -> list[str]:
    return ["```sql", sql.rstrip("\n"), "```"]


def _case(case: Case) -> Iterator[str]:
    yield from ("", f"### {plain(case.name[:1].upper() + case.name[1:])}")
    for table, rows in case.given.items():
        yield from ("", f"`{table}`", "")
        names = list(dict.fromkeys(name for row in rows for name in row))
        if not names:
            yield "no rows"
            continue
        cells = [[_value(row[name]) if name in row else "" for name in names] for row in rows]
        yield from _table(names, cells)
    if case.missing:
        yield from ("", f"Not collected: {', '.join(f'`{name}`' for name in case.missing)}.")
    if "rows" in case.expect:
        expected = case.expect["rows"]
        names = list(dict.fromkeys(name for row in expected for name in row))
        yield from ("", "Gives" if names else "Gives no rows.")
        if names:
            cells = [[_value(row.get(name)) for name in names] for row in expected]
            yield from ("", *_table(names, cells))
        return
    yield from ("", f"Comes to: {_expected(case.expect)}.")


def _expected(expect: Mapping[str, Any]) -> str:
    parts = []
    if "state" in expect:
        parts.append(str(expect["state"]))
    if "points" in expect:
        parts.append(f"{expect['points']:g} points")
    if "passed" in expect:
        parts.append(f"{expect['passed']} passed")
    if "total" in expect:
        parts.append(f"{expect['total']} in scope")
    if "failing" in expect:
        failing = ", ".join(plain(str(name)) for name in expect["failing"])
        parts.append(f"failing: {failing}" if failing else "nothing fails")
    for name, reason in expect.get("reasons", {}).items():
        parts.append(f"{plain(str(name))} because “{plain(reason)}”")
    return "; ".join(parts)


def _value(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return plain(", ".join(str(item) for item in value)) or "none"
    return plain(str(value))


def _points(definition: ControlDefinition) -> str:
    maximum = definition.control.max_score
    return "?" if maximum is None else maximum.short()


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    def line(cells: Iterable[str]) -> str:
        return "| " + " | ".join(" ".join(cell.split()) for cell in cells) + " |"

    return [line(names), "|" + "---|" * len(names), *(line(row) for row in rows)]


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"
