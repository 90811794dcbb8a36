"""The addresses of the Graph-compatible API, the same below ``/v1.0/`` and ``/beta/``."""

from __future__ import annotations

from django.urls import path

from securescore.present.graph_api import profiles, scores
from securescore.present.graph_api.door import unknown

urlpatterns = [
    path("security/secureScores", scores.list_scores, name="secure_scores"),
    path("security/secureScores/$count", scores.count_scores, name="secure_scores_count"),
    path("security/secureScores/<path:day>", scores.one_score, name="secure_score"),
    path("security/secureScoreControlProfiles", profiles.list_profiles, name="control_profiles"),
    path(
        "security/secureScoreControlProfiles/$count",
        profiles.count_profiles,
        name="control_profiles_count",
    ),
    # Ids of scanners' checks may hold slashes.
    path(
        "security/secureScoreControlProfiles/<path:control_id>",
        profiles.one_profile,
        name="control_profile",
    ),
    path("", unknown, name="graph_root"),
    path("<path:rest>", unknown, name="graph_unknown"),
]
