"""The addresses of the pages (UX section 4)."""

from __future__ import annotations

from allauth.account import views as account
from allauth.socialaccount import views as social
from django.conf import settings
from django.urls import include, path

from securescore.present.web import (
    action,
    action_edit,
    actions,
    audit_pages,
    bulk_edit,
    catalog_pages,
    comparison_settings,
    connectors,
    entry,
    history,
    history_split,
    metrics,
    organization_pages,
    overview,
    people_pages,
    portfolio,
    settings_pages,
    setup,
    sign_in,
    token_pages,
    view_pages,
)

urlpatterns = [
    path("", entry.home, name="home"),
    path("setup/", setup.setup, name="setup"),
    path("sign-in/", sign_in.sign_in, name="account_login"),
    path(
        "sign-in/link/<int:user_id>/<slug:token>/", sign_in.sign_in_by_link, name="sign_in_by_link"
    ),
    path("sign-in/canceled/", social.login_cancelled, name="socialaccount_login_cancelled"),
    path(
        "sign-in/oidc/<slug:provider_id>/", sign_in.sign_in_with_oidc, name="openid_connect_login"
    ),
    path(
        "sign-in/oidc/<slug:provider_id>/callback/",
        sign_in.oidc_callback,
        name="openid_connect_callback",
    ),
    path("sign-out/", sign_in.sign_out, name="account_logout"),
    path("theme/", entry.theme, name="theme"),
    path("shortcuts/", entry.shortcuts, name="shortcuts"),
    path("organizations/", portfolio.organizations, name="organizations"),
    path("organizations/new/", organization_pages.create, name="new_organization"),
    path("setup/demo/", setup.demo, name="setup_demo"),
    path("setup/demo/remove/", organization_pages.take_demo_away, name="remove_demo"),
    path("organizations.csv", portfolio.organizations, {"form": "csv"}, name="organizations_csv"),
    path(
        "organizations.json", portfolio.organizations, {"form": "json"}, name="organizations_json"
    ),
    path("healthz", entry.healthz, name="healthz"),
    path("readyz", entry.readyz, name="readyz"),
    path("o/<slug:slug>/", overview.overview, name="overview"),
    path("o/<slug:slug>/score/", overview.score_days, name="score_days"),
    path("o/<slug:slug>/score.csv", overview.score_days, {"form": "csv"}, name="score_days_csv"),
    path("o/<slug:slug>/score.json", overview.score_days, {"form": "json"}, name="score_days_json"),
    path("o/<slug:slug>/actions/", actions.actions, name="actions"),
    path("o/<slug:slug>/actions.csv", actions.actions, {"form": "csv"}, name="actions_csv"),
    path("o/<slug:slug>/actions.json", actions.actions, {"form": "json"}, name="actions_json"),
    path("o/<slug:slug>/actions.xlsx", actions.actions, {"form": "xlsx"}, name="actions_xlsx"),
    path("o/<slug:slug>/bulk-edit/", bulk_edit.bulk_edit, name="bulk_edit"),
    path("o/<slug:slug>/undo/<uuid:batch>/", action_edit.undo, name="undo"),
    path("o/<slug:slug>/views/", view_pages.views, name="views"),
    path("o/<slug:slug>/views/<int:view_id>/", view_pages.view, name="view"),
    # Ids of scanners' checks may hold slashes: the longer addresses come first.
    path("o/<slug:slug>/actions/<path:key>/evidence/", action.evidence, name="evidence"),
    path(
        "o/<slug:slug>/actions/<path:key>/evidence.csv",
        action.evidence,
        {"form": "csv"},
        name="evidence_csv",
    ),
    path("o/<slug:slug>/actions/<path:key>/edit/", action_edit.edit, name="action_edit"),
    path("o/<slug:slug>/actions/<path:key>/approval/", action_edit.approval, name="approval"),
    path("o/<slug:slug>/actions/<path:key>/", action.action, name="action"),
    path("setup/<slug:slug>/data/", setup.data, name="setup_data"),
    path("setup/<slug:slug>/zones/", setup.zones, name="setup_zones"),
    path("o/<slug:slug>/connectors/", connectors.connectors, name="connectors"),
    path("o/<slug:slug>/connectors/runs/<uuid:run_id>/", connectors.run_page, name="run"),
    path(
        "o/<slug:slug>/connectors/runs/<uuid:run_id>/cancel/", connectors.cancel, name="cancel_run"
    ),
    path("o/<slug:slug>/settings/", settings_pages.settings_home, name="settings"),
    path("o/<slug:slug>/settings/zones/", settings_pages.zones, name="settings_zones"),
    path("o/<slug:slug>/settings/members/", people_pages.members, name="settings_members"),
    path("o/<slug:slug>/settings/tokens/", token_pages.tokens, name="settings_tokens"),
    path("o/<slug:slug>/settings/audit/", audit_pages.audit, name="settings_audit"),
    path(
        "o/<slug:slug>/settings/audit.csv",
        audit_pages.audit_file,
        {"form": "csv"},
        name="settings_audit_csv",
    ),
    path(
        "o/<slug:slug>/settings/audit.json",
        audit_pages.audit_file,
        {"form": "json"},
        name="settings_audit_json",
    ),
    path("installation/audit/", audit_pages.installation_audit, name="installation_audit"),
    path(
        "installation/audit.csv",
        audit_pages.installation_audit_file,
        {"form": "csv"},
        name="installation_audit_csv",
    ),
    path(
        "installation/audit.json",
        audit_pages.installation_audit_file,
        {"form": "json"},
        name="installation_audit_json",
    ),
    path("o/<slug:slug>/settings/general/", organization_pages.general, name="settings_general"),
    path("o/<slug:slug>/settings/catalog/", catalog_pages.catalog, name="settings_catalog"),
    path(
        "o/<slug:slug>/settings/retention/",
        organization_pages.keeping,
        name="settings_retention",
    ),
    path("o/<slug:slug>/settings/delete/", organization_pages.delete, name="delete_organization"),
    path("o/<slug:slug>/history/", history.history, name="history"),
    path("o/<slug:slug>/history.csv", history.history, {"form": "csv"}, name="history_csv"),
    path("o/<slug:slug>/history.json", history.history, {"form": "json"}, name="history_json"),
    path("o/<slug:slug>/history/split/", history_split.split, name="history_split"),
    path(
        "o/<slug:slug>/history/split.csv",
        history_split.split,
        {"form": "csv"},
        name="history_split_csv",
    ),
    path(
        "o/<slug:slug>/history/split.json",
        history_split.split,
        {"form": "json"},
        name="history_split_json",
    ),
    path(
        "o/<slug:slug>/history/split/<path:key>/resources.csv",
        history_split.split_detail,
        {"form": "csv"},
        name="history_split_resources_csv",
    ),
    path(
        "o/<slug:slug>/history/split/<path:key>/",
        history_split.split_detail,
        name="history_split_detail",
    ),
    path("o/<slug:slug>/metrics/", metrics.metrics, name="metrics"),
    path("o/<slug:slug>/metrics/<slug:card>/", metrics.card_table, name="metrics_card"),
    path(
        "o/<slug:slug>/metrics/<slug:card>.csv",
        metrics.card_table,
        {"form": "csv"},
        name="metrics_card_csv",
    ),
    path(
        "o/<slug:slug>/metrics/<slug:card>.json",
        metrics.card_table,
        {"form": "json"},
        name="metrics_card_json",
    ),
    path("o/<slug:slug>/metrics/<slug:card>.svg", metrics.card_svg, name="metrics_card_svg"),
    path(
        "o/<slug:slug>/settings/comparison/",
        comparison_settings.comparisons,
        name="settings_comparison",
    ),
    path(
        "o/<slug:slug>/settings/comparison/<uuid:comparison>/",
        comparison_settings.edit,
        name="settings_comparison_edit",
    ),
    path(
        "o/<slug:slug>/settings/comparison/<uuid:comparison>/delete/",
        comparison_settings.delete,
        name="settings_comparison_delete",
    ),
    # allauth: what its own pages refer to. Nobody signs up here (adapter.py).
    path("account/sign-up/", account.signup, name="account_signup"),
    path("account/inactive/", account.account_inactive, name="account_inactive"),
    path("account/reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("account/password/", account.password_change, name="account_change_password"),
    path("account/password/set/", sign_in.set_password, name="account_set_password"),
    path("account/2fa/", include("allauth.mfa.urls")),
]

if "saml" in settings.SOCIALACCOUNT_PROVIDERS:
    urlpatterns.append(
        path("sign-in/saml/<slug:organization_slug>/", include("securescore.present.web.saml_urls"))
    )
