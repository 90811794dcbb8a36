"""The reviewed file that puts checks of Prowler into categories, and the table of severities."""

from __future__ import annotations

from importlib import resources
from typing import Any

import pytest

from securescore.catalog.strict_yaml import parse
from securescore.core.control import MAX_SCORE_RANGE
from securescore.core.errors import CatalogError
from securescore.importers.ocsf.categories import FILE, categories_of, prowler_categories
from securescore.importers.ocsf.finding import SEVERITIES, UNKNOWN_SEVERITY

REPORTED = resources.files("securescore.catalog") / "reported"


def content(file: str) -> Any:
    return parse((REPORTED / file).read_text(encoding="utf-8"), file)


@pytest.mark.parametrize(
    "provider, service, check_id, category",
    [
        ("aws", "iam", "iam_root_mfa_enabled", "Identity"),
        ("aws", "IAM", "iam_root_mfa_enabled", "Identity"),
        ("aws", "ec2", "ec2_instance_public_ip", "Infrastructure"),
        ("aws", "ec2", "ec2_ebs_default_encryption", "Data"),
        ("azure", "entra", "entra_security_defaults_enabled", "Identity"),
        ("azure", "defender", "defender_ensure_mcas_is_enabled", "Apps"),
        ("gcp", "cloudstorage", "cloudstorage_bucket_public_access", "Data"),
        ("kubernetes", "rbac", "rbac_cluster_admin_usage", "Identity"),
        ("m365", "exchange", "exchange_organization_mailtips_enabled", "Apps"),
        ("m365", "intune", "intune_any", "Device"),
        ("m365", "admincenter", "admincenter_settings_password_never_expire", "Identity"),
        ("aws", "newservice", "newservice_check", "Infrastructure"),
        ("", "", "anything", "Infrastructure"),
    ],
)
def test_a_check_counts_in_the_category_of_its_service_or_its_own(
    provider: str, service: str, check_id: str, category: str
) -> None:
    assert category == prowler_categories().category("prowler", provider, service, check_id)


def test_another_tool_counts_in_the_default_category() -> None:
    assert prowler_categories().category("other", "aws", "iam", "x") == "Infrastructure"


def test_every_group_says_why_and_how_sure_it_is() -> None:
    file = content(FILE)

    for group in (*file["groups"], *file["exceptions"]):
        assert group["rationale"]
        assert group["confidence"] in {"documented", "inferred"}
    assert file["reviewed"]["on"]
    assert file["reviewed"]["note"]


def test_all_services_of_the_five_great_providers_are_named() -> None:
    n_services = {
        provider: sum(1 for named, _ in prowler_categories().by_service if named == provider)
        for provider in ("aws", "azure", "gcp", "m365", "kubernetes")
    }

    assert n_services == {"aws": 90, "azure": 22, "gcp": 20, "m365": 10, "kubernetes": 7}


@pytest.mark.parametrize(
    "change",
    [
        {"default": "Cloud"},
        {"groups": [{"category": "People", "services": {}}]},
        {
            "groups": [
                {"category": "Data", "services": {"aws": ["s3"]}},
                {"category": "Apps", "services": {"aws": ["s3"]}},
            ]
        },
    ],
)
def test_a_file_that_contradicts_itself_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(CatalogError):
        categories_of({**content(FILE), **change})


def test_every_severity_of_a_finding_has_points() -> None:
    table = content("severity.yaml")

    assert set(table["max_score"]) == {*SEVERITIES, UNKNOWN_SEVERITY}
    assert all(points in MAX_SCORE_RANGE for points in table["max_score"].values())
    assert table["default"] == UNKNOWN_SEVERITY
