"""What a tool says of a control is shown where the catalog says nothing of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from securescore.core.manifest import Manifest, TableVersion
from securescore.ops.reported_texts import reported_texts
from securescore.organizations.models import Organization
from securescore.record.actions import action
from securescore.record.profiles import control_profiles
from securescore.record.reported_texts import ReportedText, links_of
from securescore.sources import all_tables
from tests.ops import world

pytestmark = [pytest.mark.django_db, pytest.mark.database]
CHECK = "prowler.iam_no_root_keys"


def finding(**changed: Any) -> dict[str, Any]:
    return {
        "finding_id": "1",
        "tool": "Prowler",
        "check_id": "iam_no_root_keys",
        "title": "The root account has no keys",
        "severity": "high",
        "category": "Infrastructure",
        "provider": "aws",
        "account_id": "1",
        "resource_id": "root",
        "verdict": "fail",
        "raw_verdict": "FAIL",
        "description": "Keys of root open everything.",
        "remediation": "Delete the keys.",
        "references": [
            "aws iam delete-access-key --access-key-id <ID>",
            "https://docs.example/iam/root.html",
            "javascript:alert(1)",
        ],
        **changed,
    }


def recorded(*findings: dict[str, Any]) -> Organization:
    organization = world.organization()
    found = world.collected(
        0, {"scanner_findings": list(findings)}, source="prowler", scope="aws/1"
    )
    world.record(organization, world.mfa(0, 10, 5), found)
    return organization


def test_a_scanner_says_why_and_how_and_where_to_read_on() -> None:
    answer = action(recorded(finding()), CHECK)

    assert answer is not None
    assert "Keys of root open everything." == answer.why
    assert [
        "Delete the keys.",
        "aws iam delete-access-key --access-key-id <ID>",
        "javascript:alert(1)",
    ] == answer.fix.splitlines()
    assert [("docs.example/iam/root.html", "https://docs.example/iam/root.html")] == [
        (link.title, link.url) for link in answer.learn_more
    ]


def test_a_description_that_repeats_the_title_is_not_shown_again() -> None:
    answer = action(recorded(finding(description="The root account has no keys")), CHECK)

    assert answer is not None
    assert "" == answer.why


def test_of_a_file_landed_before_references_were_read_there_are_none() -> None:
    organization = world.organization()
    findings = all_tables()["scanner_findings"]
    columns = {name: of for name, of in findings.columns.items() if name != "references"}
    told = {name: value for name, value in finding().items() if name != "references"}
    landed = world.work().tables.write(
        str(organization.pk), replace(findings, columns=columns), [told]
    )
    version = TableVersion(findings.name, landed.digest, landed.n_rows, world.START)
    manifest = Manifest(str(organization.pk), world.START, (version,))

    found = reported_texts(world.work(), organization, manifest)

    assert {
        CHECK: ReportedText(why="Keys of root open everything.", fix="Delete the keys.")
    } == found


def test_the_page_of_the_action_shows_it(
    client: Client, person: Callable[..., Any], settings: Any
) -> None:
    settings.SECURESCORE_ANSWERS = "securescore.record.query"  # not the samples of other tests
    organization = recorded(finding(remediation="Delete <b>them</b>."))
    client.force_login(person("ana", "admin", organization))

    page = client.get(f"/o/{organization.slug}/actions/{CHECK}/").content.decode()

    assert "Delete &lt;b&gt;them&lt;/b&gt;." in page
    assert "does not say how" not in page
    assert 'href="https://docs.example/iam/root.html" rel="external noreferrer"' in page
    assert 'href="javascript' not in page


def test_microsofts_profile_says_how_and_what_people_notice() -> None:
    organization = world.organization()
    world.record(
        organization,
        world.mfa(0, 10, 5),
        world.collected(
            0,
            {
                "graph_control_scores": [
                    {"control_id": "SomeControl", "category": "Apps", "points": 0}
                ],
                "graph_control_profiles": [
                    {
                        "control_id": "SomeControl",
                        "title": "Some control",
                        "max_score": 500,
                        "remediation": "Turn it on.",
                        "remediation_impact": "People see a banner.",
                        "action_url": "https://portal.example/settings",
                    }
                ],
            },
            source="graph_secure_score",
        ),
    )

    answer = action(organization, "SomeControl")
    [profile] = [
        one for one in control_profiles(organization, world.START) if one.row.id == "SomeControl"
    ]

    assert answer is not None
    assert ("Turn it on.", "People see a banner.") == (answer.fix, answer.user_effect)
    assert ["https://portal.example/settings"] == [link.url for link in answer.learn_more]
    assert ("Turn it on.", "People see a banner.") == (profile.fix, profile.user_effect)


@pytest.mark.parametrize(
    "address",
    [
        "ftp://files.example/a",
        "https://",
        "https://user:word@docs.example/",
        "https://docs.example/a b",
        "https://[broken",
        "https://docs.example/" + "a" * 2_000,
    ],
)
def test_what_is_no_address_of_a_page_is_not_linked(address: str) -> None:
    assert () == links_of([address])
