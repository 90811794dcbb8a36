"""What people do, over the API: the same rules, the same log, the same undo."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from securescore.organizations.models import Organization
from securescore.record.models import AuditEntry
from tests.rest_api.contract import Api, check, error_of

MFA = "MFARegistrationV2"
SCORES = Path(__file__).resolve().parent.parent / "fixtures" / "graph" / "secure-scores.json"
LATER = (datetime.now(UTC) + timedelta(days=90)).date().isoformat()
ACCEPTED = {"status": "risk accepted", "note": "Until spring.", "review_on": LATER}


def edit(api: Api, version: int = 0, **values: Any) -> Any:
    return api.send("PATCH", f"actions/{MFA}", {"version": version, **values})


def test_an_edit_changes_the_score_at_once(editor: Api) -> None:
    before = editor.json("score")["points"]
    response = edit(editor, status="resolved through third party", note="The gateway does it.")
    action = response.json()["action"]

    assert response.status_code == 200
    assert (action["status"], action["points"], action["version"]) == (
        "resolved through third party",
        9.0,
        1,
    )
    assert editor.json("score")["points"] == before + 3.6


def test_every_member_is_kept_and_what_is_left_out_stays(editor: Api) -> None:
    edit(editor, assignee="cleo", due_on=LATER, tags=["q2", "mail"], notes="*Soon*.")
    edit(editor, 1, status="planned")
    found = editor.json(f"actions/{MFA}")
    row = found["row"]

    assert (row["status"], row["assignee"], row["due_on"], row["tags"], found["notes"]) == (
        "planned",
        "cleo",
        LATER,
        ["q2", "mail"],
        "*Soon*.",
    )
    edit(editor, 2, assignee="", due_on=None, tags=[])
    row = editor.json(f"actions/{MFA}")["row"]
    assert (row["assignee"], row["due_on"], row["tags"]) == ("", None, [])


def test_who_edits_what_somebody_else_changed_gets_both_sides(token: Any) -> None:
    bo, ana = (token("SecurityEvents.ReadWrite.All", person=p) for p in ("bo", "ana"))
    edit(bo, notes="Bo was here.")
    response = edit(ana, notes="Ana too.")
    conflict = error_of(response)["conflict"]

    assert response.status_code == 409
    assert (conflict["by"], conflict["version"]) == ("test (token of bo)", 1)
    assert (conflict["theirs"], conflict["yours"]) == (
        {"notes": "Bo was here."},
        {"notes": "Ana too."},
    )
    assert ana.json(f"actions/{MFA}")["notes"] == "Bo was here."
    assert edit(ana, conflict["version"], notes="Ana too.").status_code == 200


def test_sending_the_same_again_changes_nothing(editor: Api) -> None:
    edit(editor, notes="x")
    again = edit(editor, 1, notes="x").json()

    assert (again["batch"], again["changed"]) == (None, [])


def test_many_actions_change_in_one_go_and_go_back_in_one_go(editor: Api) -> None:
    ids = [row["id"] for row in editor.json("actions?state=measured")["items"]][:2]
    changed = editor.send(
        "POST",
        "actions/bulk",
        {"ids": [*ids, "Nothing"], "status": "planned", "add_tags": ["q2"], "assignee": "bo"},
    ).json()

    assert sorted(ids) == sorted(changed["changed"])
    assert changed["refused"] == {"Nothing": "there is no such action"}
    rows = {row["id"]: row for row in editor.json("actions?per_page=500")["items"]}
    assert [("planned", ["q2"], "bo")] * len(ids) == [
        (rows[i]["status"], rows[i]["tags"], rows[i]["assignee"]) for i in ids
    ]
    undone = editor.send("POST", f"edits/{changed['batch']}/undo", {}).json()
    rows = {row["id"]: row for row in editor.json("actions?per_page=500")["items"]}
    assert sorted(ids) == sorted(undone["changed"])
    assert {"to address"} == {rows[i]["status"] for i in ids}


def test_bulk_edits_have_one_to_a_thousand_ids(editor: Api) -> None:
    for ids in ([], ["x"] * 1001, [""], "MFARegistrationV2"):
        response = editor.send("POST", "actions/bulk", {"ids": ids, "assignee": "bo"})

        assert response.status_code == 422
        assert error_of(response)["details"][0]["where"].startswith("body.ids")


def test_an_edit_that_is_not_there_cannot_be_undone(editor: Api) -> None:
    unknown = "edits/00000000-0000-0000-0000-000000000000/undo"

    assert editor.send("POST", unknown, {}).status_code == 404


def test_an_accepted_risk_waits_for_somebody_else(token: Any, organization: Organization) -> None:
    organization.needs_approval = True
    organization.save()
    ana = token("SecurityEvents.ReadWrite.All", "RiskAcceptance.Approve.All", person="ana")
    bo = token("RiskAcceptance.Approve.All", person="bo")
    asked = edit(ana, **ACCEPTED).json()
    waiting = bo.json("risk-requests")["items"]

    assert (asked["requested"], asked["changed"]) == ([MFA], [])
    assert [(MFA, "ana", "Until spring.")] == [
        (one["control_id"], one["requested_by"], one["reason"]) for one in waiting
    ]
    path = f"risk-requests/{waiting[0]['id']}"
    own = ana.send("POST", f"{path}/approve", {})
    assert own.status_code == 422
    assert "somebody else" in error_of(own)["message"]
    approved = bo.send("POST", f"{path}/approve", {"note": "Fine."}).json()
    assert (approved["state"], approved["decided_by"]) == ("approved", "test (token of bo)")
    assert bo.json(f"actions/{MFA}")["row"]["status"] == "risk accepted"
    assert bo.send("POST", f"{path}/approve", {}).status_code == 404


def test_a_request_is_declined_with_a_reason_or_withdrawn(
    token: Any, organization: Organization
) -> None:
    organization.needs_approval = True
    organization.save()
    ana = token("SecurityEvents.ReadWrite.All", person="ana")
    bo = token("RiskAcceptance.Approve.All", person="bo")
    edit(ana, **ACCEPTED)
    path = f"risk-requests/{bo.json('risk-requests')['items'][0]['id']}"

    assert bo.send("POST", f"{path}/decline", {}).status_code == 422
    assert bo.send("POST", f"{path}/decline", {"note": "Too long."}).json()["state"] == "declined"
    edit(ana, **ACCEPTED)
    path = f"risk-requests/{bo.json('risk-requests')['items'][0]['id']}"
    assert ana.call("POST", f"{path}/withdraw").json()["state"] == "withdrawn"
    assert bo.json("risk-requests?state=open")["items"] == []


def test_decided_requests_stand_beside_those_that_wait(
    token: Any, organization: Organization
) -> None:
    organization.needs_approval = True
    organization.save()
    ana = token("SecurityEvents.ReadWrite.All", person="ana")
    bo = token("RiskAcceptance.Approve.All", person="bo")
    decided = []
    for verb, note in (("decline", "Too long."), ("approve", "Fine.")):
        edit(ana, **ACCEPTED)
        decided.append(bo.json("risk-requests?state=open")["items"][0]["id"])
        bo.send("POST", f"risk-requests/{decided[-1]}/{verb}", {"note": note})
    edit(ana, **{**ACCEPTED, "version": 1, "note": "Longer still."})
    found = bo.json("risk-requests")

    assert [
        ("open", "", ""),
        ("approved", "test (token of bo)", "Fine."),
        ("declined", "test (token of bo)", "Too long."),
    ] == [(one["state"], one["decided_by"], one["decided_note"]) for one in found["items"]]
    assert [None, True, True] == [
        one["decided_at"] and one["decided_at"] >= one["requested_at"] for one in found["items"]
    ]
    assert decided[::-1] == [one["id"] for one in found["items"][1:]]
    only = bo.json("risk-requests?state=declined&state=withdrawn")["items"]
    assert [decided[0]] == [one["id"] for one in only]
    assert found["items"] == bo.json(f"actions/{MFA}")["requests"]
    assert bo.call("GET", "risk-requests?state=refused").status_code == 422


def test_zones_are_set_within_their_order(token: Any) -> None:
    admin = token("Organization.ReadWrite.All")
    made = admin.send("PUT", "settings/zones", {"good_from": 75, "okay_from": 45.5})
    wrong = admin.send("PUT", "settings/zones", {"good_from": 40, "okay_from": 45})

    assert made.json() == {"good_from": 75.0, "okay_from": 45.5}
    assert wrong.status_code == 422
    assert admin.json("settings/zones") == made.json()
    assert admin.json("score")["zone_good_from"] == 75.0


def test_a_token_makes_none_that_may_do_more(admin: Api) -> None:
    made = admin.send("POST", "tokens", {"name": "dash", "scopes": ["SecurityEvents.Read.All"]})
    more = admin.send("POST", "tokens", {"name": "more", "scopes": ["Evidence.Read.All"]})

    assert made.status_code == 201
    assert Api(made.json()["secret"]).get("score").status_code == 200
    assert more.status_code == 403
    assert "Evidence.Read.All" in error_of(more)["message"]
    assert made.json()["secret"] not in admin.get("tokens").content.decode()


def test_a_token_is_taken_back_at_once(admin: Api) -> None:
    made = admin.send(
        "POST", "tokens", {"name": "dash", "scopes": ["SecurityEvents.Read.All"], "days": 1}
    ).json()
    assert admin.call("DELETE", f"tokens/{made['id']}").status_code == 204

    assert Api(made["secret"]).get("score").status_code == 401
    assert admin.call("DELETE", f"tokens/{made['id']}").status_code == 404


BAD_TOKENS = [
    {"name": "", "scopes": ["SecurityEvents.Read.All"]},
    {"name": "   ", "scopes": ["SecurityEvents.Read.All"]},
    {"name": "x", "scopes": []},
    {"name": "x", "scopes": ["Everything"]},
    {"name": "x", "scopes": ["SecurityEvents.Read.All"], "days": 0},
    {"name": "x", "scopes": ["SecurityEvents.Read.All"], "days": 367},
]


def test_a_token_has_a_name_a_scope_and_an_end(admin: Api) -> None:
    for asked in BAD_TOKENS:
        assert admin.send("POST", "tokens", asked).status_code == 422, asked


def test_the_audit_log_says_who_did_what_and_holds(token: Any) -> None:
    admin = token("Organization.ReadWrite.All", person="olga")
    edit(token("SecurityEvents.ReadWrite.All", person="ana"), notes="x")
    entry = admin.json("audit?action=action.edit")["items"][0]
    verified = admin.json("audit/verification")

    assert (entry["action"], entry["by"], entry["target"]) == (
        "action.edit",
        "test (token of ana)",
        MFA,
    )
    assert entry["new"]["notes"] == "x"
    assert (verified["holds"], verified["altered"]) == (True, None)
    AuditEntry.objects.filter(number=entry["number"]).update(by="nobody")
    altered = admin.json("audit/verification")
    assert (altered["holds"], altered["altered"]["number"]) == (False, entry["number"])


def test_the_audit_log_is_filtered_and_given_as_a_file(token: Any) -> None:
    admin = token("Organization.ReadWrite.All", person="olga")
    edit(token("SecurityEvents.ReadWrite.All", person="=cmd()"), notes="x")

    assert admin.json("audit?by=nobody")["items"] == []
    assert admin.json(f"audit?target={MFA}&by=CMD")["n_items"] == 1
    assert b"action.edit" in admin.get("audit.csv").content


def test_members_are_added_changed_and_removed(admin: Api) -> None:
    made = admin.send("POST", "members", {"who": "bo@example.com", "role": "viewer"})
    [member] = admin.json("members")["items"]
    path = f"members/{member['user_id']}"

    assert (made.status_code, made.json()["username"]) == (201, member["username"])
    assert made.json()["link"].startswith("/")
    assert (member["role"], member["is_waiting"]) == ("viewer", True)
    assert admin.send("PATCH", path, {"role": "editor"}).json()["role"] == "editor"
    assert admin.call("POST", f"{path}/link").json()["link"]
    assert admin.call("DELETE", path).status_code == 204
    assert admin.json("members")["items"] == []
    assert admin.send("PATCH", path, {"role": "editor"}).status_code == 404
    assert admin.send("POST", "members", {"who": "nobody", "role": "viewer"}).status_code == 422
    assert admin.send("POST", "members", {"who": "bo", "role": "king"}).status_code == 422


def test_groups_give_roles(admin: Api) -> None:
    made = admin.send("POST", "group-roles", {"group": "security", "role": "approver"}).json()

    assert admin.json("group-roles")["items"] == [made]
    assert (
        admin.send("POST", "group-roles", {"group": "security", "role": "viewer"}).status_code
        == 422
    )
    assert admin.call("DELETE", f"group-roles/{made['id']}").status_code == 204
    assert admin.call("DELETE", f"group-roles/{made['id']}").status_code == 404


def test_settings_are_set_and_written_down(admin: Api) -> None:
    assert admin.send("PUT", "settings/approval", {"needs_approval": True}).status_code == 200
    assert admin.send("PUT", "settings/approval", {"needs_approval": 1}).status_code == 422
    kept = {"tables_days": 400, "evidence_days": None}
    assert admin.send("PUT", "settings/retention", kept).json() == kept
    assert admin.send("PUT", "settings/retention", {**kept, "tables_days": 3}).status_code == 422
    general = {"name": "Contoso", "time_zone": "Europe/Berlin", "seats": 800}
    assert admin.send("PUT", "settings/general", general).json() == {
        **general,
        "industry": "",
        "region": "",
        "licenses": [],
    }
    assert (
        admin.send("PUT", "settings/general", {**general, "time_zone": "Mars/Olympus"}).status_code
        == 422
    )
    assert admin.json("settings/approval") == {"needs_approval": True}
    assert admin.json("settings/retention") == kept
    assert {"settings.approval", "settings.retention", "settings.general"} <= {
        entry["action"] for entry in admin.json("audit")["items"]
    }


def test_controls_are_turned_off_with_a_reason(admin: Api) -> None:
    asked = {"ids": [MFA], "is_on": False, "reason": "Measured elsewhere."}
    turned = admin.send("POST", "settings/catalog", asked).json()

    assert turned["changed"] == [MFA]
    assert admin.json("settings/catalog") == {"off": [MFA]}
    assert admin.json(turned["run"])["kind"] == "reevaluate"
    for wrong in ({**asked, "ids": ["Nothing"]}, {**asked, "reason": " "}, {**asked, "ids": []}):
        assert admin.send("POST", "settings/catalog", wrong).status_code == 422


def _upload(admin: Api, **form: Any) -> Any:
    response = Client().post(
        "/api/v1/imports", form, headers={"Authorization": f"Bearer {admin.secret}"}
    )
    check("POST", "/api/v1/imports", response)
    return response


def test_files_are_imported_as_a_job(admin: Api, token: Any) -> None:
    from securescore.ops import incoming
    from securescore.ops.workspace import workspace

    file = SimpleUploadedFile("../secureScores.json", SCORES.read_bytes())
    started = _upload(admin, files=file, on="2026-03-02")
    run = admin.json(started.json()["run"])

    assert (started.status_code, started.json()["state"]) == (202, "queued")
    assert [name for name, _ in run["given_files"]] == ["secureScores.json"]
    assert (run["on"], run["by"]) == ("2026-03-02", "test (token of ana)")
    assert run["id"] in {one["id"] for one in admin.json("runs")["items"]}
    assert admin.json("connectors")["items"][0]["source"] == "entra"
    stopped = admin.call("POST", f"runs/{run['id']}/cancel").json()
    assert stopped == {"is_stopped": True}
    assert admin.json(f"runs/{run['id']}")["state"] == "canceled"
    assert not incoming.folder_of(workspace(), uuid.UUID(run["id"])).exists()


def test_what_is_no_import_keeps_no_file(admin: Api) -> None:
    from securescore.ops.workspace import workspace

    file = SimpleUploadedFile("a.json", b"{}")
    for form in (
        {},
        {"files": file, "on": "soon"},
        {"files": file, "color": "red"},
        {"files": "x"},
    ):
        assert _upload(admin, **form).status_code == 422, form
    assert admin.send("POST", "imports", {"files": []}).status_code == 415
    assert list((workspace().home / "incoming").glob("*/*/*")) == []


def test_one_import_has_two_hundred_files_at_most(admin: Api) -> None:
    from securescore.ops.workspace import workspace
    from securescore.present.uploads import MAX_FILES

    files = [SimpleUploadedFile(f"{n}.json", b"{}") for n in range(MAX_FILES + 1)]
    refused = _upload(admin, files=files)

    assert refused.status_code == 422
    assert f"at most {MAX_FILES} files" in error_of(refused)["message"]
    assert error_of(refused)["details"][0]["where"] == "body.files"
    assert list((workspace().home / "incoming").glob("*/*/*")) == []
    assert _upload(admin, files=files[1:]).status_code == 202
