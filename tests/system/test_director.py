# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``director`` moves traffic on a real HAProxy without losing any."""

from __future__ import annotations

import concurrent.futures
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ansible_collections.steward.platform.tests.support.machines import poll
from ansible_collections.steward.platform.tests.system.traffic.stage import (
    BLUE,
    GREEN,
    ISP,
    MANAGEMENT,
    Stage,
    make_stage,
)

BLUES, GREENS = ["blue-1", "blue-2"], ["green-1", "green-2"]


@pytest.fixture(scope="module")
def made(host, inventory, ansible_playbook) -> Stage:
    stage = make_stage(host, inventory, ansible_playbook)
    stage.direct(active=BLUES, management=[])
    return stage


@pytest.fixture
def stage(made: Stage) -> Iterator[Stage]:
    """Blue serves at first, and whatever a test did is undone."""
    made.unready()
    made.direct(active=BLUES)
    yield made
    made.unready()
    made.direct(active=BLUES)


def test_moves_traffic_without_a_reload(stage: Stage) -> None:
    processes = stage.processes()
    result = stage.direct(active=GREENS)
    assert result["changed"]
    assert not result["reloaded"]
    assert result["moves"] == [
        f"{ISP}: blue-1 ready → maint, blue-2 ready → maint, green-1 maint → ready, green-2 maint → ready"
    ]
    assert result["active"] == {ISP: GREENS, MANAGEMENT: []}
    assert result["remaining_sessions"] == {}
    assert stage.states() == {"green-1": "ready", "green-2": "ready"}
    assert stage.answering() == set(GREEN)
    assert stage.processes() == processes


def test_a_move_on_trial_is_undone_by_a_restart_and_kept_once_confirmed(stage: Stage) -> None:
    before = stage.file()
    trial = stage.direct(active=GREENS, persistent=False)
    assert (trial["changed"], trial["reloaded"]) == (True, False)
    assert stage.answering() == set(GREEN)
    assert stage.file() == before
    assert not stage.direct(active=GREENS, persistent=False)["changed"]
    stage.machine.run("systemctl restart haproxy")
    assert stage.answering() == set(BLUE)
    stage.direct(active=GREENS, persistent=False)
    confirmed = stage.direct(active=GREENS)
    assert (confirmed["changed"], confirmed["moves"]) == (True, [])
    stage.machine.run("systemctl restart haproxy")
    assert stage.answering() == set(GREEN)


def test_module_predicts_exactly_and_changes_nothing_again(stage: Stage) -> None:
    before = stage.file()
    predicted = stage.module(active=["green-1"], check=True, diff=True)
    assert stage.file() == before
    assert stage.states() == {"blue-1": "ready", "blue-2": "ready"}
    real = stage.module(active=["green-1"], diff=True)
    assert predicted.result("Direct")["moves"] == real.result("Direct")["moves"]
    assert _diff(predicted.output) == _diff(real.output)
    assert f"-{ISP}: green-1 maint\n+{ISP}: green-1 ready\n" in real.output
    assert "-    server blue-1 " in real.output
    assert not stage.module(active=["green-1"]).changed
    unnamed = stage.module(active=None)
    assert not unnamed.changed
    assert unnamed.result("Direct")["active"][ISP] == ["green-1"]
    assert stage.answering() == {GREEN[0]}


def _diff(output: str) -> str:
    return output[output.index("TASK [Direct]") : output.index("PLAY RECAP")]


def test_no_request_is_lost_through_nginx_while_traffic_moves(stage: Stage) -> None:
    with stage.load("https://127.0.0.1", "isp.shop.test") as outcome:
        for active in (GREENS, BLUES, GREENS, BLUES):
            assert stage.direct(active=active)["changed"]
    assert outcome["failed"] == 0
    assert outcome["made"] > 200
    assert set(outcome["ports"]) == {str(port) for port in (*BLUE, *GREEN)}


def test_the_load_sees_replicas_that_are_stopped_undrained(stage: Stage) -> None:
    """The test above can fail."""
    replicas = " ".join(f"replica@{port}" for port in BLUE)
    try:
        with stage.load("https://127.0.0.1", "isp.shop.test") as outcome:
            stage.machine.run(f"systemctl stop {replicas}")
            poll(lambda: stage.info()[ISP]["blue-1"]["status"] == "DOWN", seconds=30)
    finally:
        stage.machine.run(f"systemctl start {replicas}")
    assert outcome["failed"] > 0


@contextmanager
def _request(stage: Stage, path: str) -> Iterator[concurrent.futures.Future[int]]:
    """A request that is under way; its result is the port that answered."""

    def ask() -> int:
        status, document = stage.get(path)
        assert status == 200
        return int(document["port"])

    with concurrent.futures.ThreadPoolExecutor() as pool:
        asked = pool.submit(ask)
        poll(lambda: stage.sessions() == 1, seconds=20)
        yield asked


def test_a_long_request_ends_before_its_server_is_put_away(stage: Stage) -> None:
    with _request(stage, "/slow?8") as slow:
        assert stage.direct(active=GREENS)["remaining_sessions"] == {}
        assert slow.done()
    assert slow.result() in BLUE


def test_what_does_not_end_in_time_is_told_and_goes_on(stage: Stage) -> None:
    with _request(stage, "/slow?25") as slow:
        result = stage.direct(active=GREENS, drain_timeout=1)
        assert list(result["remaining_sessions"].values()) == [1]
        assert stage.states() == {"green-1": "ready", "green-2": "ready"}
    assert slow.result() in BLUE


def test_a_server_that_is_not_ready_changes_nothing(stage: Stage) -> None:
    stage.unready(GREEN[1])
    before = stage.file()
    with stage.load("http://127.0.0.1:8001", "isp", rate=50) as outcome:
        message = stage.direct(active=GREENS, ready_timeout=4)["msg"]
    assert f"{ISP}: green-2 ({stage.machine.private_ipv4}:{GREEN[1]}) did not become ready within 4 s" in message
    assert "L7STS 503" in message
    assert "the test says so" in message
    assert "green-1" not in message
    assert stage.file() == before
    assert stage.states() == {"blue-1": "ready", "blue-2": "ready"}
    assert outcome["failed"] == 0
    assert set(outcome["ports"]) == {str(port) for port in BLUE}


def test_a_place_where_nothing_runs_is_never_active(stage: Stage) -> None:
    result = stage.direct(active=["green-7"], ready_timeout=2)
    assert "green-7" in result["msg"]
    assert "Connection refused" in result["msg"]
    assert stage.answering() == set(BLUE)


def test_restart_keeps_who_serves(stage: Stage) -> None:
    stage.direct(active=GREENS)
    stage.machine.run("systemctl restart haproxy")
    assert stage.answering() == set(GREEN)
    assert stage.states() == {"green-1": "ready", "green-2": "ready"}
    assert not stage.direct(active=GREENS)["changed"]


def test_restart_of_the_host_keeps_who_serves(stage: Stage) -> None:
    stage.direct(active=GREENS)
    subprocess.run(["docker", "restart", stage.machine.container], check=True, stdout=subprocess.DEVNULL)
    poll(lambda: stage.is_open(8001) and stage.get()[0] == 200, seconds=60, what="an answer after the restart")
    stage.wait_ready(*GREENS)
    assert stage.answering() == set(GREEN)
    assert not stage.direct(active=GREENS)["changed"]


@pytest.mark.long
def test_killed_anywhere_a_restart_finds_ready_servers(stage: Stage) -> None:
    """Green becomes ready only during the move, so a file that names it too early is seen."""
    for effect in range(1, 40):
        result = stage.killed_at(effect, starting=GREEN, active=GREENS)
        stage.machine.run("systemctl restart haproxy")
        assert stage.answering() in (set(BLUE), set(GREEN)), f"killed before effect {effect}"
        if result is not None:
            assert result["active"][ISP] == GREENS
            break
        stage.unready()
        stage.direct(active=BLUES)
    # Two servers drained, checked, ready; the file; two servers drained and put away.
    assert effect - 1 == 11


@pytest.mark.long
def test_killed_anywhere_the_next_run_finishes(stage: Stage) -> None:
    """As above without a restart in between, and without a wish for who is active."""
    for effect in range(1, 12):
        assert stage.killed_at(effect, active=GREENS) is None
        assert stage.answering() <= {*BLUE, *GREEN}
        stage.direct(active=None)
        assert stage.answering() in (set(BLUE), set(GREEN))
        assert set(stage.states()) in (set(BLUES), set(GREENS))
        stage.direct(active=BLUES)


def test_another_service_needs_a_reload_and_keeps_the_traffic(stage: Stage) -> None:
    new = stage.service("extra", 8009, 18000, ["blue-1"])
    wish = stage.wish()
    with_extra = {"services": [*wish["services"], new]}
    predicted = stage.module(**with_extra, check=True, diff=True)
    real = stage.module(**with_extra, diff=True)
    assert real.result("Direct")["reloaded"]
    assert _diff(predicted.output) == _diff(real.output)
    assert stage.answering() == set(BLUE)
    assert stage.answering(port=8009) == {BLUE[0]}
    assert not stage.direct(**with_extra)["changed"]
    assert stage.direct()["reloaded"]
    assert stage.machine.run("ls /etc/haproxy/services/extra.cfg", check=False).returncode != 0
    assert not stage.is_open(8009)
    assert stage.answering() == set(BLUE)


@pytest.mark.long
def test_killed_while_restructuring_the_next_run_finishes(stage: Stage) -> None:
    services = [*stage.wish()["services"], stage.service("extra", 8009, 18000, ["blue-1"])]
    for effect in range(1, 20):
        result = stage.killed_at(effect, services=services)
        if effect % 2:
            stage.machine.run("systemctl restart haproxy")
        assert stage.answering() == set(BLUE), f"killed before effect {effect}"
        again = stage.direct(services=services)
        assert stage.answering(port=8009) == {BLUE[0]}
        if result is not None:
            assert not again["changed"]
            break
        stage.direct()
    # Two files (the health of all services changes too), the reload, drain, check and ready, the file again.
    assert effect - 1 == 7


def test_renamed_places_keep_serving(stage: Stage) -> None:
    """A second app host puts the host into every name."""
    service = stage.service(ISP, 8001, 18000, None)
    renamed = [{**server, "name": f"app1-{server['name']}"} for server in service["servers"]]
    result = stage.direct(services=[{**service, "servers": renamed}, *stage.wish()["services"][1:]])
    assert result["active"][ISP] == ["app1-blue-1", "app1-blue-2"]
    assert stage.states() == {"app1-blue-1": "ready", "app1-blue-2": "ready"}
    assert stage.answering() == set(BLUE)
    assert stage.direct(active=None)["active"][ISP] == BLUES


def test_a_move_to_a_place_without_replica_is_refused(stage: Stage) -> None:
    before = stage.file()
    services = [stage.service(ISP, 8001, 18500, None), *stage.wish()["services"][1:]]
    message = stage.direct(services=services)["msg"]
    assert f"blue-1 serves and shall move to {stage.machine.private_ipv4}:18500" in message
    assert "Nothing was changed" in message
    assert stage.file() == before
    assert stage.answering() == set(BLUE)


def test_a_taken_entry_port_puts_everything_back(stage: Stage) -> None:
    stage.machine.run("systemd-run --collect --unit taker python3 -m http.server --bind 0.0.0.0 8011")
    poll(lambda: stage.is_open(8011), seconds=10)
    try:
        services = [*stage.wish()["services"], stage.service("extra", 8011, 18000, [])]
        message = stage.direct(services=services)["msg"]
    finally:
        stage.machine.run("systemctl stop taker")
    assert "HAProxy did not load the new configuration" in message
    assert "8011" in message
    assert stage.machine.run("ls /etc/haproxy/services/extra.cfg", check=False).returncode != 0
    assert stage.answering() == set(BLUE)
    assert not stage.direct(active=BLUES)["changed"]


def test_a_configuration_haproxy_refuses_is_not_published(stage: Stage) -> None:
    stage.machine.run("echo 'nonsense here' > /etc/haproxy/services/zz-foreign.cfg")
    before = stage.file()
    try:
        message = stage.direct(active=GREENS)["msg"]
    finally:
        stage.machine.run("rm /etc/haproxy/services/zz-foreign.cfg")
    assert "HAProxy refuses the new configuration" in message
    assert "/etc/haproxy/services/zz-foreign.cfg:1" in message
    assert stage.file() == before
    assert stage.answering() == set(BLUE)


def test_foreign_files_are_left_alone(stage: Stage) -> None:
    stage.machine.run("echo '# mine' > /etc/haproxy/services/zz-foreign.cfg")
    assert not stage.direct(active=BLUES)["changed"]
    assert stage.machine.run("cat /etc/haproxy/services/zz-foreign.cfg").stdout == "# mine\n"
    stage.machine.run("rm /etc/haproxy/services/zz-foreign.cfg")


def test_states_set_by_hand_are_put_right(stage: Stage) -> None:
    stage.haproxy(f"set server {ISP}/blue-2 state maint")
    stage.haproxy(f"set server {ISP}/green-1 state ready")
    result = stage.direct(active=None)
    assert result["moves"] == [f"{ISP}: blue-2 maint → ready, green-1 ready → maint"]
    assert stage.answering() == set(BLUE)


def test_nothing_may_serve(stage: Stage) -> None:
    stage.direct(active=[])
    assert stage.get() == (503, {"status": "unavailable", "service": ISP, "reason": "no ready server"})


def test_a_stopped_haproxy_is_told(stage: Stage) -> None:
    stage.machine.run("systemctl stop haproxy")
    try:
        message = stage.direct(active=GREENS)["msg"]
    finally:
        stage.machine.run("systemctl start haproxy")
    assert message.startswith("HAProxy does not answer: /run/haproxy/admin.sock")
    assert "systemctl start haproxy" in message


def test_two_at_a_time_are_refused(stage: Stage) -> None:
    lock = "/run/lock/steward-director.lock"
    stage.machine.run(f"systemd-run --collect --unit holder flock {lock} sleep 300")
    poll(lambda: stage.machine.run(f"flock -n {lock} true", check=False).returncode == 1, seconds=10)
    try:
        result = stage.direct(active=GREENS)
    finally:
        stage.machine.run("systemctl stop holder")
    assert f"{lock} is held" in result["msg"]
    assert stage.answering() == set(BLUE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"active": ["red-1"]}, "services[0].active names red-1; the servers of isp-framework are: blue-1, "),
        ({"bind_addresses": ["localhost"]}, "bind_addresses is 'localhost'; it must be an IPv4 or IPv6 address"),
        ({"health_port": 8001}, "the entry port 8001 is given twice"),
    ],
    ids=["an active server that does not exist", "a name as address", "one port for two"],
)
def test_bad_input_is_one_clear_line(stage: Stage, change: dict[str, object], message: str) -> None:
    assert message in stage.module(**change, expect=2).result("Direct")["msg"]


def test_info_and_status_tell_who_serves(stage: Stage) -> None:
    stage.wait_ready(*BLUES)
    document = stage.module_info()
    assert document["schema"] == 1
    service = next(each for each in document["services"] if each["name"] == ISP)
    assert service["active"] == BLUES
    assert service["servers"][0] == {
        "name": "blue-1",
        "endpoint": f"{stage.machine.private_ipv4}:{BLUE[0]}",
        "state": "ready",
        "status": "UP",
        "check": "L7OK 200",
        "sessions": 0,
        "queue": 0,
    }
    assert next(each for each in service["servers"] if each["name"] == "green-1")["state"] == "maint"
    line = (
        "from ansible_collections.steward.platform.plugins.module_utils.director import client;"
        "print([(f.name, f.status) for f in client.read_findings()])"
    )
    said = stage.machine.run(f'cd /opt/traffic && python3 -c "{line}"').stdout.strip()
    assert said == str([(f"traffic {ISP}", "pass"), (f"traffic {MANAGEMENT}", "fail")])
