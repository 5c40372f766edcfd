# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.steward.platform.plugins.module_utils.containers import command


def test_a_build_gets_its_arguments_in_a_fixed_order() -> None:
    argv = command.build_image("shop/api:1", "/c", "Dockerfile", {"B": "2", "A": "1"})
    assert argv[argv.index("--build-arg") :] == ["--build-arg", "A=1", "--build-arg", "B=2", "/c"]


def test_the_ca_bundle_is_a_build_secret_and_the_target_a_stage() -> None:
    argv = command.build_image("shop/api:1", "/c", "Dockerfile", {}, target="web", ca_file="/ca.pem")
    assert "id=ca,src=/ca.pem" in argv
    assert argv[argv.index("--target") + 1] == "web"


def test_a_command_replaces_the_entry_point_of_the_first_replica() -> None:
    argv = command.run_once("/f.json", ["alembic", "heads"], {"PGOPTIONS": "-c lock_timeout=5s"})
    assert argv[-4:] == ["--entrypoint", "alembic", "replica-1", "heads"]
    assert "PGOPTIONS=-c lock_timeout=5s" in argv


def test_every_other_command_line() -> None:
    assert command.import_base("/b.tar", "base:1") == ["docker", "import", "/b.tar", "base:1"]
    assert command.inspect_layers("x")[-1] == "x"
    assert command.inspect_sizes(["x", "y"])[-3:] == ["{{.Id}} {{.Size}}", "x", "y"]
    assert command.inspect_id("x")[-2:] == ["{{.Id}}", "x"]
    assert command.list_images("shop/*")[-2:] == ["{{.Repository}}:{{.Tag}} {{.ID}}", "shop/*"]
    assert command.remove_image("x") == ["docker", "image", "rm", "x"]
    assert command.remove_container("a") == ["docker", "container", "rm", "a"]
    assert command.save_images(["a", "b"], "/x.tar")[-3:] == ["/x.tar", "a", "b"]
    assert command.load_images("/x.tar")[-1] == "/x.tar"
    assert command.pull("x") == ["docker", "pull", "--quiet", "x"]
    assert command.up("/f.json")[-4:] == ["/f.json", "up", "--detach", "--remove-orphans"]
    assert command.probe("a", ["b", "-c"]) == ["docker", "exec", "a", "b", "-c"]
    assert command.stop(["a", "b"], 30) == ["docker", "container", "stop", "--time", "30", "a", "b"]
    assert command.halt("/f.json")[-2:] == ["/f.json", "stop"]
    assert command.down("p")[:4] == ["docker", "compose", "--project-name", "p"]
    assert command.list_containers("k=v")[-1] == "label=k=v"
    assert "--filter" not in command.list_containers()
    assert command.config_hashes("/f.json")[-3:] == ["config", "--hash", "*"]
    assert command.inspect_containers(["a"])[-1] == "a"
    assert command.address("a")[-1] == "a"
    assert command.last_logs("a", 20) == ["docker", "logs", "--tail", "20", "a"]


def test_the_command_lines_of_a_network() -> None:
    assert command.create_network("n")[-2:] == ["--internal", "n"]
    assert command.gateway("n")[-1] == "n"
    assert command.list_networks("n")[-1] == "name=^n$"
    assert command.list_on_network("f00d")[-1] == "network=f00d"
    assert command.kill_container("a")[-2:] == ["--force", "a"]
    assert command.remove_network("f00d") == ["docker", "network", "rm", "f00d"]
