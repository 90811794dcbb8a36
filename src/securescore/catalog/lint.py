"""The rules that the files of a catalog keep, by number.

Rules that make a file unreadable are raised where it is read (``RAISED``); all others are
functions here and in the modules beside, and every broken one is reported at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from securescore.catalog.definition import Catalog
from securescore.catalog.lint_cases import RULES as CASE_RULES
from securescore.catalog.lint_rule import UNREADABLE, LintFinding, Rule, Subject, schema_of
from securescore.catalog.lint_sql import RULES as SQL_RULES
from securescore.core.errors import CatalogError, ControlForbidden
from securescore.core.table import TableSet

__all__ = ["RAISED", "RULES", "LintFinding", "lint", "sentences"]

MAX_TITLE = 75
MAX_LINKS = 3

HOSTS = frozenset({"learn.microsoft.com", "support.microsoft.com"})
"""Hosts that a control may send people to: a vendor's own documentation. Another vendor's host is
added here when its first control comes, and is looked at then.
"""

ADDRESS = re.compile(r"https://[a-z0-9.-]+(/[A-Za-z0-9._~-]+)+(#[A-Za-z0-9-]+)?")
LOCALE = re.compile(r"/[a-z]{2}(-[a-z]{4})?-[a-z]{2}(/|$)", re.IGNORECASE)

RAISED: Mapping[str, str] = {
    "L001": "A file is strict YAML: a mapping, no key twice, no key that is not text.",
    "L002": "A file is named by its id and lies in the folder of its product.",
    "L003": "No id stands twice.",
    "L004": "Every field is known, present and of its type.",
    "L005": "A field that chooses (category, scoring, tier, confidence ...) has one of its values.",
    "L006": "The max score is 1 to 10 whole points.",
    "L007": "A case is a mapping of known keys that expects something.",
    "L008": "A case gives tables that are read, with rows that fit them.",
    "L021": "No view reads itself, directly or through others.",
}
"""Rules that are raised by load.py, strict_yaml.py, definition.py and the case runner."""


def short_title(subject: Subject) -> Iterator[str]:
    """A title has at most 75 characters and no full stop: it stands in tables."""
    if subject.control is None:
        return
    title = subject.definition.control.title
    if len(title) > MAX_TITLE:
        yield f"the title has {len(title)} characters; at most {MAX_TITLE}"
    if title.endswith("."):
        yield "the title ends with a full stop"


def known_frameworks(subject: Subject) -> Iterator[str]:
    """Every framework and every id of it that a control names is listed in frameworks/."""
    if subject.control is None:
        return
    for framework, ids in subject.definition.frameworks.items():
        listed = subject.catalog.frameworks.get(framework)
        if listed is None:
            yield f"there is no framework '{framework}'"
            continue
        for name in ids:
            if name not in listed["ids"]:
                yield f"{framework} has no '{name}'"


def known_product(subject: Subject) -> Iterator[str]:
    """The product of a control stands in products.yaml."""
    if subject.control is None:
        return
    product = subject.definition.control.product
    if product not in subject.catalog.products:
        yield f"there is no product '{product}'"


def texts_written(subject: Subject) -> Iterator[str]:
    """The texts of a control (title, basis of the maximum, why, fix, effect, check by hand) and
    of a view (doc) say something.
    """
    if subject.view is not None:
        found = {"doc": subject.view.doc}
    else:
        d = subject.definition
        found = {
            "title": d.control.title,
            "max_score_basis": d.max_score_basis,
            "why": d.why,
            "fix": d.fix,
            "user_effect": d.user_effect,
            "check_by_hand": d.check_by_hand,
        }
    for name, text in found.items():
        if not text.strip():
            yield f"{name} is empty"


def says_choice(subject: Subject) -> Iterator[str]:
    """A control whose condition is inferred or unknown says what was chosen."""
    if subject.control is None:
        return
    d = subject.definition
    if d.confidence in {"inferred", "unknown"} and not d.choice.strip():
        yield f"the confidence is {d.confidence}, and choice is empty"


def says_why_off(subject: Subject) -> Iterator[str]:
    """A control that is off says why, and one that is on does not."""
    if subject.control is None:
        return
    d = subject.definition
    if d.is_enabled == bool(d.disabled_reason.strip()):
        yield "disabled_reason is empty" if not d.is_enabled else "disabled_reason, but it is on"


def tells_migration(subject: Subject) -> Iterator[str]:
    """Every version of a control above 1 has its row in migrations.csv."""
    if subject.control is None:
        return
    rows = {(row["control_id"], row["to_version"]) for row in subject.migrations}
    for version in range(2, subject.definition.control.version + 1):
        if (subject.definition.id, str(version)) not in rows:
            yield f"migrations.csv has no row for version {version}"


def view_used(subject: Subject) -> Iterator[str]:
    """A view is read by a control, directly or through other views."""
    if subject.view is None:
        return
    for definition in subject.catalog.controls.values():
        queries = [definition.sql]
        if definition.by_policy is not None:
            queries.append(definition.by_policy.sql)
        try:
            used = {view.name for sql in queries for view in subject.catalog.views_of(sql)}
        except UNREADABLE:
            return  # it cannot be told
        if subject.view.name in used:
            return
    yield "no control reads the view"


def says_where_to_learn_more(subject: Subject) -> Iterator[str]:
    """A control names one to three pages of the vendor's documentation, none of them twice."""
    if subject.control is None:
        return
    links = subject.definition.learn_more
    if not links:
        yield "learn_more names no page"
    if len(links) > MAX_LINKS:
        yield f"learn_more names {len(links)} pages; at most {MAX_LINKS}"
    for name, values in (
        ("page", [link.url.lower() for link in links]),
        ("title", [link.title.lower() for link in links]),
    ):
        for value in sorted({one for one in values if values.count(one) > 1}):
            yield f"learn_more names the {name} '{value}' twice"


def plain_links(subject: Subject) -> Iterator[str]:
    """A page of learn_more has a title of at most 75 characters on one line without a full stop,
    and an https address at one of the allowed hosts, without a query and without a language. The
    rule cannot see whether the page exists.
    """
    if subject.control is None:
        return
    for title, url in ((link.title, link.url) for link in subject.definition.learn_more):
        if not title.strip() or "\n" in title or title.endswith(".") or len(title) > MAX_TITLE:
            yield (
                f"the title '{title}' is empty, longer than {MAX_TITLE} characters or a line, "
                "or ends with a full stop"
            )
        if not ADDRESS.fullmatch(url):
            yield f"'{url}' is no plain https address of a page"
        elif urlsplit(url).netloc not in HOSTS:
            yield f"'{url}' is at none of the hosts {', '.join(sorted(HOSTS))}"
        elif LOCALE.match(urlsplit(url).path):
            yield f"'{url}' names a language: leave it out"


RULES: tuple[Rule, ...] = tuple(
    sorted(
        (
            *SQL_RULES,
            *CASE_RULES,
            Rule("L010", short_title),
            Rule("L028", known_frameworks),
            Rule("L029", known_product),
            Rule("L030", texts_written),
            Rule("L031", says_why_off),
            Rule("L033", tells_migration),
            Rule("L034", view_used),
            Rule("L036", says_choice),
            Rule("L040", says_where_to_learn_more),
            Rule("L041", plain_links),
        ),
        key=lambda rule: rule.number,
    )
)


def lint(catalog: Catalog, tables: TableSet) -> list[LintFinding]:
    """Everything that is wrong with the controls and views, sorted by file and number.

    Args:
        catalog: already loaded, so the rules of ``RAISED`` hold but for L008 and L021.
        tables: all known tables.
    """
    schema = schema_of(catalog, tables)
    subjects = [
        *(Subject(catalog, tables, schema, view=view) for view in catalog.views.values()),
        *(Subject(catalog, tables, schema, control=d) for d in catalog.controls.values()),
    ]
    findings = list(_cycles(catalog))
    for subject in subjects:
        for rule in RULES:
            findings += [
                LintFinding(rule.number, subject.file, what) for what in rule.check(subject)
            ]
    return sorted(findings, key=lambda f: (f.file, f.number, f.what))


def sentences() -> dict[str, str]:
    """Every rule's sentence by number, raised ones included."""
    found = {**RAISED, **{rule.number: rule.sentence for rule in RULES}}
    return dict(sorted(found.items()))


def _cycles(catalog: Catalog) -> Iterator[LintFinding]:
    found = set()
    for view in catalog.views.values():
        try:
            catalog.views_of(view.sql)
        except CatalogError as error:
            found.add(error.where)
        except ControlForbidden:
            continue  # L009
    for name in sorted(found):
        yield LintFinding("L021", f"views/{name}.yaml", f"view '{name}' reads itself")
