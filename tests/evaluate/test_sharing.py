"""Which queries are asked by group, and that their evidence is that of asking row by row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from securescore.catalog.definition import Catalog
from securescore.catalog.load import built_in_catalog
from securescore.catalog.sql import parse_query
from securescore.core.manifest import Manifest, TableVersion
from securescore.core.result import ControlResult
from securescore.evaluate.evaluation import Evaluation, evaluate
from securescore.evaluate.sharing import shared_query
from securescore.land.store import TableStore
from securescore.sources import all_tables

KEYS = {
    "mailboxes": frozenset({"snapshot", "mailbox_id"}),
    "policies": frozenset({"snapshot", "policy"}),
    "registration": frozenset({"snapshot", "mailbox_id"}),
}
SHARED = """
    select m.snapshot, m.mailbox_id as resource_id, m.name as resource_name,
      coalesce(p.is_good, false) as passed, m.kind || p.policy as reason
    from mailboxes m
    left join policies p on p.snapshot = m.snapshot and p.policy = m.policy
"""
NOT_SHARED = {
    "a judgment of who it is": SHARED.replace("m.kind ||", "m.mailbox_id ||"),
    "a judgment of the name": SHARED.replace("m.kind ||", "m.name ||"),
    "a join by who it is": SHARED.replace("policies p", "registration p").replace(
        "p.policy = m.policy", "p.mailbox_id = m.mailbox_id"
    ),
    "a join that finds several rows": SHARED.replace(" and p.policy = m.policy", ""),
    "a condition on who it is": SHARED + "where m.mailbox_id <> 'm1'",
    "an id that is made": SHARED.replace("m.mailbox_id as", "lower(m.mailbox_id) as"),
    "a name that is made": SHARED.replace("m.name as", "lower(m.name) as"),
    "a name of another relation": SHARED.replace("m.name as", "p.name as"),
    "a column of nobody knows whom": SHARED.replace("m.kind ||", "kind ||"),
    "a window": SHARED.replace("m.kind ||", "row_number() over (order by m.kind) ||"),
    "another query inside": SHARED.replace("m.kind", "(select max(policy) from policies)"),
    "the relation twice": f"with x as (select * from mailboxes) {SHARED}",
    "a relation of its own": f"with mailboxes as (select 1) {SHARED}",
    "groups": SHARED + "group by all",
    "an end": SHARED + "limit 1",
    "a union": f"{SHARED} union all {SHARED}",
    "an unknown relation": SHARED.replace("mailboxes m", "others m"),
}


def test_a_judgment_by_policy_is_shared_by_all_the_policy_is_for() -> None:
    found = shared_query(parse_query(SHARED), KEYS)

    assert found is not None
    assert ("mailboxes", ("kind", "policy")) == (found.relation, found.columns)
    assert ("mailbox_id", "name") == (found.resource_id, found.resource_name)


def test_a_condition_on_what_is_shared_is_shared() -> None:
    found = shared_query(parse_query(SHARED + "where m.is_licensed"), KEYS)

    assert found is not None
    assert ("is_licensed", "kind", "policy") == found.columns


def test_a_view_is_shared_by_the_columns_that_say_who_it_is_about() -> None:
    sql = "select m.snapshot, m.mailbox_id, m.name, m.kind, m.policy from mailboxes m"

    found = shared_query(parse_query(sql), KEYS, "mailbox_id", "name")

    assert found is not None
    assert ("mailbox_id", ("kind", "policy")) == (found.resource, found.judgment)
    assert shared_query(parse_query(sql), KEYS) is None


@pytest.mark.parametrize("sql", NOT_SHARED.values(), ids=NOT_SHARED.keys())
def test_what_cannot_be_told_is_asked_row_by_row(sql: str) -> None:
    assert shared_query(parse_query(sql), KEYS) is None


# -- results and evidence -----------------------------------------------------------------------
NOW = datetime(2026, 6, 1, tzinfo=UTC)
ZAP = "mdo_zapspam"
OF_MALWARE = "mdo_zapmalware"


class Mail:
    """One organization with mailboxes, a preset and a default policy, on some days."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = TableStore(folder / "tables", is_durable=False)
        self.catalog: Catalog = built_in_catalog()
        self.required = sorted(
            {name for id_ in (ZAP, OF_MALWARE) for name in self.catalog.controls[id_].requires}
        )

    def day(self, number: int, *, is_good: bool = False, strict: str = "ann") -> Manifest:
        tables: Mapping[str, list[dict[str, Any]]] = {
            "exo_mailboxes": [
                {
                    "mailbox_id": f"00000000-0000-0000-0000-00000000000{n}",
                    "primary_smtp_address": f"{name}@contoso.example",
                    "recipient_type_details": "UserMailbox",
                }
                for n, name in enumerate(("ann", "bert", "carla"))
            ],
            "eop_hosted_content_policies": [
                {"policy": "Default", "is_default": True, "spam_zap_enabled": is_good},
                {"policy": "Strict", "spam_zap_enabled": True},
            ],
            "eop_malware_policies": [
                {"policy": "Default", "is_default": True, "zap_enabled": False}
            ],
            "mail_policy_rules": [
                {
                    "family": "anti_spam",
                    "kind": "strict",
                    "rule": "Strict",
                    "policy": "Strict",
                    "state": "Enabled",
                    "sent_to": [f"{strict}@contoso.example"],
                }
            ],
        }
        versions = []
        for name in self.required:
            landed = self.store.write("a", all_tables()[name], tables.get(name, []))
            versions.append(TableVersion(name, landed.digest, landed.n_rows, NOW))
        return Manifest("a", NOW + timedelta(hours=number), tuple(versions))

    def evaluated(self, *days: Manifest, has_evidence: bool = True) -> Evaluation:
        return evaluate(
            days,
            self.catalog,
            all_tables(),
            self.store.path,
            evidence_path=self.folder / "evidence" if has_evidence else None,
        )

    def n_members(self) -> int:
        """Resources in the sets of the last evaluation."""
        return pq.read_metadata(self.folder / "evidence" / "members.parquet").num_rows


@pytest.fixture
def mail(tmp_path: Path) -> Mail:
    return Mail(tmp_path)


def counts(result: ControlResult) -> tuple[int | None, int | None]:
    return result.n_passed, result.n_total


def rows(found: Evaluation) -> list[tuple[str, str, int, int | None]]:
    return sorted(
        (row["resource_name"], row["reason"], row["first_index"], row["until_index"])
        for row in found.evidence.table().to_pylist()
        if row["control_id"] == ZAP
    )


REASON = (
    "Default: SpamZapEnabled false, ZapEnabled not set; nothing may be false, spam must be true"
)


def test_the_members_of_a_failing_set_are_the_evidence(mail: Mail) -> None:
    found = mail.evaluated(mail.day(0))

    assert (1, 3) == counts(found.results[0][ZAP])
    assert [
        ("bert@contoso.example", REASON, 0, None),
        ("carla@contoso.example", REASON, 0, None),
    ] == rows(found)


def test_controls_that_fail_for_the_same_resources_share_them(mail: Mail) -> None:
    found = mail.evaluated(mail.day(0))

    members = pq.read_table(mail.folder / "evidence" / "members.parquet")
    assert members.num_rows < found.evidence.table().num_rows
    assert members.num_rows == len(set(map(str, members.to_pylist())))


def test_controls_of_all_mail_policies_share_the_classes_of_mailboxes(mail: Mail) -> None:
    found = mail.evaluated(mail.day(0))

    assert {ZAP, OF_MALWARE} <= set(found.evidence.table().column("control_id").to_pylist())
    members = pq.read_table(mail.folder / "evidence" / "members.parquet").to_pylist()
    sets = {row["resource_name"]: row["set_number"] for row in members}
    assert ["ann@contoso.example", "bert@contoso.example", "carla@contoso.example"] == sorted(
        row["resource_name"] for row in members
    )
    assert sets["bert@contoso.example"] == sets["carla@contoso.example"]
    assert sets["ann@contoso.example"] != sets["bert@contoso.example"]


def test_more_groups_than_it_pays_for_give_the_same(
    mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_class = mail.evaluated(mail.day(0))
    seen = rows(by_class)
    n_members = mail.n_members()
    monkeypatch.setattr("securescore.evaluate.relations.MAX_GROUPS", 1)

    by_policy = mail.evaluated(mail.day(0))

    assert by_class.results == by_policy.results
    assert seen == rows(by_policy)
    assert n_members < mail.n_members()  # each family of policies has sets of its own


def test_without_evidence_the_counts_are_the_same(mail: Mail) -> None:
    day = mail.day(0)

    with_evidence = mail.evaluated(day).results
    without = mail.evaluated(day, has_evidence=False).results

    assert with_evidence == without


def test_over_days_each_resource_has_its_own_interval(mail: Mail) -> None:
    found = mail.evaluated(mail.day(0), mail.day(1, strict="bert"), mail.day(2, is_good=True))

    assert [(1, 3), (1, 3), (3, 3)] == [counts(of_day[ZAP]) for of_day in found.results]
    assert [
        ("ann@contoso.example", REASON, 1, 2),
        ("bert@contoso.example", REASON, 0, 1),
        ("carla@contoso.example", REASON, 0, 2),
    ] == rows(found)
