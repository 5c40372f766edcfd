# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError
from ansible_collections.steward.platform.plugins.module_utils.recovery.content import plan
from ansible_collections.steward.platform.plugins.module_utils.recovery.erasures.model import LEDGER

NAME = "20261128_120000"


def test_everything_waits_beside_its_place():
    (place,) = plan.places_of(["/etc/nginx"], NAME)
    assert (place.live, place.staged, place.kept) == (
        "/etc/nginx", f"/etc/.nginx.restored-{NAME}", f"/etc/.nginx.before-{NAME}",
    )  # fmt: skip
    assert plan.incoming_of("/etc/nginx", NAME) == f"/etc/.incoming-{NAME}"


@pytest.mark.parametrize("paths", [["/srv/media", "/srv/media/exports"], ["/srv/media/exports", "/srv/media"]])
def test_a_folder_inside_another_moves_with_it(paths: list[str]):
    assert [place.live for place in plan.places_of([*paths, "/srv/media2"], NAME)] == ["/srv/media", "/srv/media2"]


def test_the_ledger_never_goes_back():
    assert plan.places_of([LEDGER], NAME) == []


def test_the_root_cannot_be_put_aside():
    with pytest.raises(InputError, match="'/' is in the set"):
        plan.places_of(["/"], NAME)


def test_what_is_in_no_set_is_carried_over():
    place = plan.place_of("/etc/steward", NAME)
    assert plan.never_stored(place, ["/etc/steward/backup", "/etc/pgbackrest", "*.tmp"]) == ["/etc/steward/backup"]
    assert plan.target_of(place, "/etc/steward/backup") == f"/etc/.steward.restored-{NAME}/backup"


def test_who_has_to_read_anew():
    assert plan.units_of(["/etc/nginx", "/etc/steward"]) == ["nginx.service"]
