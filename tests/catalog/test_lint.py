"""The lint: the built-in catalog keeps every rule, and each rule finds its bad example."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest

from securescore.catalog.definition import Catalog
from securescore.catalog.lint import RAISED, RULES, lint, sentences
from securescore.catalog.load import built_in_catalog, catalog_of, load_catalog
from securescore.core.errors import CatalogError
from securescore.core.table import Table, TableKind, TableSet, columns, flag, texts
from securescore.evaluate.cases import CaseRunner
from securescore.sources import all_tables

SOURCE = Path(__file__).resolve().parents[2] / "src" / "securescore"

TABLES = TableSet.of(
    [
        Table(
            "acme_doors",
            TableKind.CONFIGURATION,
            key=("door_id",),
            columns=columns(
                door_id="text",
                is_locked=flag(default=True),
                is_used=flag(default=True),
                keys=texts(),
            ),
        ),
        Table(
            "acme_guards",
            TableKind.USER,
            key=("door_id", "guard"),
            columns=columns(door_id="text", guard="text"),
        ),
    ]
)

SQL = """\
select d.snapshot, d.door_id as resource_id, d.door_id as resource_name,
  coalesce(d.is_locked, false) as passed, 'locked or not' as reason
from doors_in_use d
join acme_doors a on a.snapshot = d.snapshot and a.door_id = d.door_id
"""

ORGANIZATION = """\
select s.snapshot, 'organization' as resource_id, 'Organization' as resource_name,
  count(d.door_id) = 0 as passed, 'doors' as reason
from snapshots s
left join acme_doors d on d.snapshot = s.snapshot and not d.is_locked
group by s.snapshot
"""

CONTROL: dict[str, Any] = {
    "file": "controls/acme/locked.yaml",
    "id": "locked",
    "version": 1,
    "title": "Every door in use is locked",
    "category": "Device",
    "product": "acme",
    "max_score": 4,
    "max_score_basis": "made up",
    "scoring": "proportional",
    "tier": "core",
    "user_impact": "low",
    "implementation_cost": "low",
    "threats": ["burglary"],
    "license": "any",
    "confidence": "seen",
    "choice": "",
    "requires": ["acme_doors"],
    "frameworks": {"houses": ["1.1"]},
    "why": "Open doors let people in.",
    "fix": "1. Lock it.",
    "user_effect": "They need a key.",
    "check_by_hand": "Pull.",
    "learn_more": [
        {"title": "How locks work", "url": "https://learn.microsoft.com/doors/locks"},
    ],
    "sql": SQL,
    "cases": [
        {
            "name": "one of two is locked",
            "given": {
                "acme_doors": [
                    {"door_id": "front", "is_locked": True},
                    {"door_id": "back", "is_locked": None},
                ]
            },
            "expect": {"points": 2.0, "failing": ["back"], "reasons": {"back": "locked or not"}},
        },
        {
            "name": "both are locked",
            "given": {"acme_doors": [{"door_id": "front"}, {"door_id": "back"}]},
            "expect": {"points": 4, "failing": []},
        },
        {
            "name": "a door that is not in use is out of scope",
            "given": {"acme_doors": [{"door_id": "front", "is_used": False}]},
            "expect": {"points": 4, "total": 0},
        },
    ],
}

VIEW: dict[str, Any] = {
    "file": "views/doors_in_use.yaml",
    "name": "doors_in_use",
    "key": ["snapshot", "door_id"],
    "requires": ["acme_doors"],
    "doc": "Doors that people use.",
    "sql": "select snapshot, door_id, is_locked from acme_doors where is_used",
    "cases": [
        {
            "name": "one of two is used",
            "given": {"acme_doors": [{"door_id": "front"}, {"door_id": "old", "is_used": False}]},
            "expect": {"rows": [{"door_id": "front"}]},
        }
    ],
}


def link(
    url: str = "https://learn.microsoft.com/doors/keys", title: str = "Keys"
) -> dict[str, str]:
    """An entry of learn_more with another address or title."""
    return {"title": title, "url": url}


def catalog_with(
    control: dict[str, Any] | None = None, view: dict[str, Any] | None = None
) -> Catalog:
    """The small catalog of these tests with fields of its control or view replaced."""
    return catalog_of(
        copy.deepcopy(
            {
                "version": "1",
                "controls": [{**CONTROL, **(control or {})}],
                "views": [{**VIEW, **(view or {})}],
                "products": {"acme": {"title": "Acme"}},
                "reported": {"max_score": {"high": 8}, "default": "high"},
                "frameworks": {"houses": {"title": "Houses", "ids": ["1.1"]}},
                "migrations": [],
            }
        )
    )


def cases(*changed: dict[str, Any]) -> dict[str, Any]:
    """The three cases of the control, each with fields of its ``expect`` replaced."""
    found = copy.deepcopy(CONTROL["cases"])
    for case, change in zip(found, changed, strict=False):
        case["expect"].update(change)
        case["expect"] = {name: value for name, value in case["expect"].items() if value != "drop"}
    return {"cases": found}


BY_POLICY: dict[str, Any] = {
    "requires": ["acme_doors", "acme_guards"],
    "sql": SQL + "where exists (select 1 from acme_guards g where g.snapshot = d.snapshot)\n",
    "by_policy": {"requires": ["acme_doors"], "sql": ORGANIZATION},
}
DECIDED = {"name": "decided", "missing": ["acme_guards"], "expect": {"points": 4}}
UNDECIDED = {"name": "undecided", "missing": ["acme_guards"], "expect": {"state": "unmeasured"}}

BAD: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("L009", {"sql": SQL + "; drop table acme_doors"}, {}),
    ("L009", {}, {"sql": "delete from acme_doors"}),
    ("L010", {"title": "x" * 76}, {}),
    ("L010", {"title": "Every door in use is locked."}, {}),
    ("L011", {"requires": []}, {}),
    ("L011", {"requires": ["acme_doors", "acme_guards"]}, {}),
    ("L011", {}, {"requires": ["acme_guards"]}),
    ("L012", {"sql": SQL.replace("join acme_doors", "join acme_windows")}, {}),
    ("L013", {"sql": SQL.replace("d.is_locked", "d.is_open")}, {}),
    ("L013", {"sql": SQL.replace("coalesce(d.is_locked", "coalesce(is_locked")}, {}),
    ("L014", {"sql": SQL.replace("a.snapshot = d.snapshot and ", "")}, {}),
    (
        "L014",
        {"sql": SQL.replace("a.snapshot = d.snapshot and ", "d.snapshot = d.snapshot and ")},
        {},
    ),
    ("L014", {"sql": SQL.replace("a.snapshot = d.snapshot and", "a.snapshot = d.snapshot or")}, {}),
    (
        "L014",
        {
            "sql": SQL.replace(
                "on a.snapshot = d.snapshot and a.door_id = d.door_id", "using (door_id)"
            )
        },
        {},
    ),
    ("L014", {"sql": SQL + "cross join acme_guards g"}, {}),
    ("L014", {"sql": SQL + ", acme_guards g"}, {}),
    (
        "L015",
        {"sql": SQL + "where exists (select 1 from acme_guards g where g.door_id = d.door_id)"},
        {},
    ),
    ("L015", {"sql": SQL + "where d.door_id in (select door_id from acme_guards)"}, {}),
    ("L015", {"sql": SQL.replace("'locked or not'", "(select min(guard) from acme_guards)")}, {}),
    (
        "L016",
        {
            "sql": SQL + "where d.door_id not in "
            "(select g.door_id from acme_guards g where g.snapshot = d.snapshot)"
        },
        {},
    ),
    (
        "L016",
        {
            "sql": SQL + "where d.door_id <> all "
            "(select g.door_id from acme_guards g where g.snapshot = d.snapshot)"
        },
        {},
    ),
    (
        "L017",
        {
            "sql": "select snapshot, 'organization' as resource_id, 'x' as resource_name, "
            "bool_and(is_locked) as passed, 'x' as reason from acme_doors group by snapshot"
        },
        {},
    ),
    (
        "L017",
        {
            "sql": "select snapshot, 'organization' as resource_id, 'x' as resource_name, "
            "is_locked as passed, 'x' as reason from acme_doors",
            **cases({}, {}, {"total": 1}),
        },
        {},
    ),
    ("L018", {"sql": SQL.replace(" as reason", " as why")}, {}),
    ("L018", {"sql": SQL.replace("d.door_id as resource_name,", "")}, {}),
    (
        "L019",
        {},
        {
            "sql": "select min(snapshot) as snapshot, door_id, bool_and(is_locked) as is_locked "
            "from acme_doors group by door_id"
        },
    ),
    (
        "L019",
        {},
        {
            "sql": "select snapshot, door_id, is_locked, "
            "row_number() over (partition by door_id) as n from acme_doors"
        },
    ),
    ("L020", {"sql": SQL + "order by d.door_id"}, {}),
    ("L020", {}, {"sql": VIEW["sql"] + " limit 3"}),
    ("L022", cases({}, {"points": 3}), {}),
    ("L023", cases({"failing": "drop"}), {}),
    ("L024", cases({}, {}, {"total": 1}), {}),
    ("L025", cases({"points": 0}), {}),
    ("L026", cases({"reasons": "drop"}), {}),
    (
        "L027",
        {
            "sql": SQL.replace("coalesce(d.is_locked", "coalesce(a.is_locked"),
            "cases": [CONTROL["cases"][1]],
        },
        {},
    ),
    ("L028", {"frameworks": {"houses": ["9.9"]}}, {}),
    ("L028", {"frameworks": {"huts": ["1.1"]}}, {}),
    ("L029", {"product": "emca"}, {}),
    ("L030", {"why": " "}, {}),
    ("L030", {}, {"doc": ""}),
    ("L031", {"is_enabled": False}, {}),
    ("L031", {"disabled_reason": "retired"}, {}),
    ("L032", {**BY_POLICY, "cases": [*CONTROL["cases"], DECIDED]}, {}),
    ("L032", {**BY_POLICY, "cases": [*CONTROL["cases"], UNDECIDED]}, {}),
    ("L033", {"version": 2}, {}),
    ("L034", {"sql": SQL.replace("doors_in_use", "acme_doors")}, {}),
    ("L035", {}, {"cases": []}),
    ("L036", {"confidence": "unknown"}, {}),
    ("L037", {"cases": [*CONTROL["cases"], CONTROL["cases"][0]]}, {}),
    ("L038", {}, {"key": ["door_id"]}),
    ("L038", {}, {"key": ["snapshot", "guard"]}),
    ("L039", {"sql": SQL.replace("from", "FROM")}, {}),
    ("L040", {"learn_more": []}, {}),
    (
        "L040",
        {"learn_more": [link(f"https://learn.microsoft.com/doors/{n}", f"{n}") for n in "abcd"]},
        {},
    ),
    ("L040", {"learn_more": [link(title="Keys"), link(title="Bolts")]}, {}),
    ("L040", {"learn_more": [link(), link("https://learn.microsoft.com/doors/bolts")]}, {}),
    ("L041", {"learn_more": [link(title=" ")]}, {}),
    ("L041", {"learn_more": [link(title="Keys.")]}, {}),
    ("L041", {"learn_more": [link(title="Keys\nand bolts")]}, {}),
    ("L041", {"learn_more": [link(title="x" * 76)]}, {}),
    ("L041", {"learn_more": [link("http://learn.microsoft.com/doors/keys")]}, {}),
    ("L041", {"learn_more": [link("https://learn.microsoft.com/doors/keys?view=all")]}, {}),
    ("L041", {"learn_more": [link("https://learn.microsoft.com")]}, {}),
    ("L041", {"learn_more": [link("https://learn.microsoft.com:8443/doors/keys")]}, {}),
    ("L041", {"learn_more": [link("https://keys@learn.microsoft.com/doors/keys")]}, {}),
    ("L041", {"learn_more": [link("javascript:alert(1)")]}, {}),
    ("L041", {"learn_more": [link("https://doors.example/keys")]}, {}),
    ("L041", {"learn_more": [link("https://learn.microsoft.com/en-us/doors/keys")]}, {}),
    ("L041", {"learn_more": [link("https://learn.microsoft.com/sr-Latn-RS/doors/keys")]}, {}),
]

GOOD: list[tuple[str, dict[str, Any]]] = [
    (
        "using carries it",
        {
            "sql": SQL.replace(
                "on a.snapshot = d.snapshot and a.door_id = d.door_id", "using (snapshot, door_id)"
            )
        },
    ),
    ("rows of constants", {"sql": "with c as (select 1 as n) " + SQL + "cross join c"}),
    ("a list that is unnested", {"sql": SQL + "cross join unnest(a.keys) as k(key)"}),
    (
        "not exists",
        {
            "requires": ["acme_doors", "acme_guards"],
            "sql": SQL + "where not exists (select 1 from acme_guards g "
            "where g.snapshot = d.snapshot and g.door_id = d.door_id)",
        },
    ),
    (
        "the organization, counted from snapshots",
        {
            "sql": ORGANIZATION.replace("acme_doors", "doors_in_use"),
            "scoring": "all",
            **cases({"points": 0}),
        },
    ),
    (
        "the organization, through a CTE that starts from snapshots",
        {
            "sql": "with doors as ("
            + ORGANIZATION.replace("acme_doors", "doors_in_use")
            + ") select snapshot, resource_id, resource_name, passed, reason from doors",
            "scoring": "all",
            **cases({"points": 0}),
        },
    ),
    ("decided by policy", {**BY_POLICY, "cases": [*CONTROL["cases"], DECIDED, UNDECIDED]}),
    (
        "a first part of an address that only resembles a language",
        {"learn_more": [link("https://learn.microsoft.com/microsoft-365/keys#how-it-works")]},
    ),
    ("upper case in a text", {"sql": SQL.replace("locked or not", "LOCKED or Not")}),
]


def test_the_built_in_catalog_keeps_every_rule() -> None:
    findings = lint(built_in_catalog(), all_tables())

    assert findings == []


def test_the_example_keeps_every_rule() -> None:
    findings = lint(catalog_with(), TABLES)

    assert findings == []


@pytest.mark.parametrize("number, control, view", BAD)
def test_the_rule_finds_its_bad_example(
    number: str, control: dict[str, Any], view: dict[str, Any]
) -> None:
    found = {finding.number for finding in lint(catalog_with(control, view), TABLES)}

    assert number in found


@pytest.mark.parametrize("control", [c for _, c in GOOD], ids=[name for name, _ in GOOD])
def test_what_only_looks_wrong_is_left_alone(control: dict[str, Any]) -> None:
    findings = lint(catalog_with(control), TABLES)

    assert findings == []


def test_every_rule_has_a_bad_example() -> None:
    shown = {number for number, _, _ in BAD}

    assert shown == {rule.number for rule in RULES}


def test_a_finding_names_the_file_and_what_is_wrong() -> None:
    [finding] = lint(catalog_with({"frameworks": {"houses": ["9.9"]}}), TABLES)

    assert (finding.number, finding.file) == ("L028", "controls/acme/locked.yaml")
    assert finding.what == "houses has no '9.9'"


def test_views_that_read_each_other_are_found_without_hanging() -> None:
    document = dict(catalog_with().document)
    other = {
        **VIEW,
        "name": "doors",
        "sql": "select snapshot, door_id, is_locked from doors_in_use",
    }
    circle = {**VIEW, "sql": "select snapshot, door_id, is_locked from doors"}
    catalog = catalog_of({**document, "views": [circle, other]})

    found = {finding.number for finding in lint(catalog, TABLES)}

    assert "L021" in found


def test_a_migration_answers_for_the_new_version() -> None:
    document = dict(catalog_with({"version": 2}).document)
    row = {
        "control_id": "locked",
        "from_version": "1",
        "to_version": "2",
        "on": "2026-01-01",
        "reason": "x",
    }

    assert lint(catalog_of({**document, "migrations": [row]}), TABLES) == []


def test_no_number_stands_twice_and_every_rule_says_what_must_hold() -> None:
    numbers = [rule.number for rule in RULES] + list(RAISED)

    assert len(numbers) == len(set(numbers))
    assert all(sentence.endswith(".") for sentence in sentences().values())


def test_the_numbers_raised_by_the_code_are_those_of_the_reference_and_back() -> None:
    raised = set()
    for module in SOURCE.rglob("*.py"):
        if module.stem.startswith("lint"):
            continue
        raised |= set(re.findall(r'lint="(L\d{3})"', module.read_text(encoding="utf-8")))

    assert raised == set(RAISED)


RAISING: list[tuple[str, str, str]] = [
    ("L001", "controls/acme/locked.yaml", "id: locked\nid: locked\n"),
    ("L001", "controls/acme/locked.yaml", "[1, 2]\n"),
    ("L002", "controls/acme/open.yaml", "id: locked\nproduct: acme\n"),
    ("L004", "controls/acme/locked.yaml", "id: locked\nproduct: acme\n"),
    ("L004", "migrations.csv", "control,version\n"),
]


@pytest.mark.parametrize("number, path, text", RAISING)
def test_a_file_that_cannot_be_read_is_refused_with_its_number(
    number: str, path: str, text: str, tmp_path: Path
) -> None:
    (tmp_path / "VERSION").write_text("1\n", encoding="utf-8")
    (tmp_path / "products.yaml").write_text("acme: {title: Acme}\n", encoding="utf-8")
    (tmp_path / "reported").mkdir()
    severity = tmp_path / "reported" / "severity.yaml"
    severity.write_text("max_score: {high: 8}\ndefault: high\n", encoding="utf-8")
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text(text, encoding="utf-8")

    with pytest.raises(CatalogError) as caught:
        load_catalog(tmp_path)
    assert caught.value.lint == number


@pytest.mark.parametrize(
    "number, control",
    [
        ("L004", {"colour": "red"}),
        ("L005", {"category": "Doors"}),
        ("L006", {"max_score": 11}),
        ("L007", {"cases": [{"name": "x", "expect": {"points": 1, "score": 2}}]}),
        ("L007", {"cases": ["x"]}),
        ("L004", {"learn_more": "https://learn.microsoft.com/doors/locks"}),
        ("L004", {"learn_more": ["https://learn.microsoft.com/doors/locks"]}),
        ("L004", {"learn_more": [{"title": "How locks work"}]}),
        ("L004", {"learn_more": [{"title": "How locks work", "url": 1}]}),
    ],
)
def test_a_field_that_cannot_be_read_is_refused_with_its_number(
    number: str, control: dict[str, Any]
) -> None:
    with pytest.raises(CatalogError) as caught:
        catalog_with(control)
    assert caught.value.lint == number


def test_an_id_that_stands_twice_is_refused() -> None:
    document = dict(catalog_with().document)

    with pytest.raises(CatalogError) as caught:
        catalog_of({**document, "controls": [CONTROL, CONTROL]})
    assert caught.value.lint == "L003"


@pytest.mark.parametrize(
    "given",
    [{"acme_windows": [{"door_id": "front"}]}, {"acme_doors": [{"door_id": "front", "size": 3}]}],
)
def test_a_case_with_rows_that_do_not_fit_is_refused(given: dict[str, Any], tmp_path: Path) -> None:
    catalog = catalog_with({"cases": [{"name": "x", "given": given, "expect": {"points": 4}}]})

    with pytest.raises(CatalogError) as caught:
        list(CaseRunner(catalog, TABLES, tmp_path).control_failures(catalog.controls["locked"]))
    assert caught.value.lint == "L008"
