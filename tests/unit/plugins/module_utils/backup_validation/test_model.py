# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.backup_validation import model
from ansible_collections.steward.platform.plugins.module_utils.backup_validation.model import Check, Cluster
from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError

SCRATCH = model.build_scratch("proof", "/var/lib/steward/scratch", 5499, "17")
MAIN = Cluster("main", "17", 5432, ("/var/lib/postgresql/17/main", "/etc/postgresql/17/main", "/run/postgresql"))


@pytest.mark.parametrize(
    ("wanted", "part", "integrity_only", "levels"),
    [
        pytest.param(3, "postgresql", False, (0, 1, 2, 3), id="each rests on those before"),
        pytest.param(0, "postgresql", False, (0,), id="the list alone"),
        pytest.param(4, "postgresql", True, (0, 1), id="integrity only"),
        pytest.param(3, "application_data", False, (0, 1, 2), id="files cannot be started"),
    ],
)
def test_levels(wanted, part, integrity_only, levels):
    assert model.plan_levels(wanted, part, integrity_only=integrity_only) == levels


def test_an_unknown_level_is_refused():
    with pytest.raises(InputError, match=r"level is 5, allowed is: 0 to 4"):
        model.plan_levels(5, "postgresql")


@pytest.mark.parametrize(
    ("checks", "verdict"),
    [
        pytest.param([], ("unknown", -1), id="nothing was looked at"),
        pytest.param([(0, "pass"), (1, "pass"), (2, "pass")], ("pass", 2), id="all good"),
        pytest.param([(0, "pass"), (1, "warn")], ("warn", 1), id="a warning is no failure"),
        pytest.param([(0, "pass"), (1, "unknown")], ("unknown", 0), id="what cannot be told is no pass"),
        pytest.param([(0, "pass"), (1, "pass"), (1, "fail"), (2, "pass")], ("fail", 0), id="a failure below"),
        pytest.param([(0, "pass"), (2, "pass")], ("pass", 0), id="a level nobody looked at"),
        pytest.param([(level, "pass") for level in range(5)], ("pass", 4), id="to the top"),
    ],
)
def test_the_verdict(checks, verdict):
    assert model.judge([Check(level, "x", status, "") for level, status in checks]) == verdict


def test_a_check_as_it_is_recorded():
    assert Check(2, "replay", "pass", "done", {"lsn": "0/1"}).to_dict() == {
        "level": 2, "name": "replay", "status": "pass", "message": "done", "figures": {"lsn": "0/1"},
    }  # fmt: skip


def test_everything_lies_in_the_folder():
    places = (SCRATCH.data, SCRATCH.configuration, SCRATCH.sockets, SCRATCH.log)
    assert all(model.is_within(place, "/var/lib/steward/scratch/proof") for place in places)
    assert SCRATCH.unit == "steward-scratch-proof.service"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        pytest.param({"name": "../x"}, "name is '../x'", id="a path as name"),
        pytest.param({"name": ""}, "name is ''", id="no name"),
        pytest.param({"port": 80}, "port is 80, allowed is: 1024 to 65535", id="a system's port"),
        pytest.param({"version": "17.2"}, "version is '17.2'", id="a minor version"),
        pytest.param({"root": "/"}, "root is '/'", id="the root of all"),
        pytest.param({"root": "/var"}, "root is '/var'", id="a system's folder"),
        pytest.param({"root": "scratch/here"}, "root is 'scratch/here'", id="a relative path"),
        pytest.param({"root": "/var/lib/../x"}, "root is '/var/lib/../x'", id="a path that goes up"),
        pytest.param({"root": "/var/lib/x/"}, "root is '/var/lib/x/'", id="not the shortest form"),
        pytest.param({"root": f"/srv/{'x' * 90}"}, "its socket's path would have", id="too long for a socket"),
    ],
)
def test_a_bad_instance_is_refused(changed, message):
    given = {"name": "proof", "root": "/var/lib/steward/scratch", "port": 5499, "version": "17", **changed}
    with pytest.raises(InputError, match=message.replace(".", r"\.")):
        model.build_scratch(**given)


@pytest.mark.parametrize(
    ("changed", "resolved", "message"),
    [
        pytest.param({"name": "main"}, "", "name is 'main', which is that of the cluster 17/main", id="its name"),
        pytest.param({"port": 5432}, "", "port is 5432, which is that of the cluster 17/main", id="its port"),
        pytest.param({"root": "/var/lib/postgresql/17/main"}, "", "one in the other", id="inside its directory"),
        pytest.param({"root": "/var/lib/postgresql", "name": "x17"}, "/var/lib/postgresql", "which leads to",
                     id="through a link"),
    ],
)  # fmt: skip
def test_what_is_live_is_refused(changed, resolved, message):
    scratch = model.build_scratch(**{"name": "proof", "root": "/srv/scratch", "port": 5499, "version": "17", **changed})
    with pytest.raises(InputError, match=message):
        model.refuse_live(scratch, resolved or scratch.folder, [MAIN])


@pytest.mark.parametrize("place", ["/srv/scratch/proof", "/srv/scratch/proof/data/pg_tblspc/1", "/srv/scratch", "/srv"])
def test_one_place_may_not_hold_the_other(place):
    scratch = model.build_scratch("proof", "/srv/scratch", 5499, "17")
    with pytest.raises(InputError, match="one in the other"):
        model.refuse_live(scratch, scratch.folder, [Cluster("main", "17", 5432, (place,))])


def test_a_place_apart_is_taken():
    model.refuse_live(SCRATCH, SCRATCH.folder, [MAIN, Cluster("second", "17", 5433, ("/srv/scratch/proof2",))])


def test_links_that_stay_inside():
    (check,) = model.link_checks(SCRATCH, {f"{SCRATCH.data}/pg_tblspc/1": f"{SCRATCH.folder}/data/spaces/1"})
    assert (check.status, check.figures) == ("pass", {"links": 1})


def test_links_that_lead_out():
    (check,) = model.link_checks(SCRATCH, {f"{SCRATCH.data}/pg_wal": "/var/lib/postgresql/17/main/pg_wal"})
    assert check.status == "fail"
    assert "leads to /var/lib/postgresql/17/main/pg_wal, outside of" in check.message
