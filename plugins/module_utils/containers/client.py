# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The container engine as it is, and the few things we ask of it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from ..core import process
from ..core.errors import StewardError
from . import command
from .parse import Confinement, Container, parse_confinements, parse_containers, parse_images
from .plan import LABEL

BUILD_SECONDS = 1800
LOG_LINES = 20
START_POLL_SECONDS = 1.0
# As long as the engine gives a health command.
PROBE_SECONDS = 10


def layers(reference: str) -> list[str] | None:
    """The digests of an image's layers, or None when it is not here."""
    done = process.run(command.inspect_layers(reference), check=False)
    return json.loads(done.stdout) if done.returncode == 0 else None


def image_id(reference: str) -> str | None:
    """The engine's id of an image, or None when it is not here."""
    done = process.run(command.inspect_id(reference), check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def image_sizes(identifiers: Sequence[str]) -> dict[str, int]:
    """Bytes of the images that are here by id; those that are gone are left out."""
    if not identifiers:
        return {}
    # It ends with 1 when one of them is gone, and has printed the others.
    said = process.run(command.inspect_sizes(identifiers), check=False).stdout
    return {identifier: int(size) for identifier, size in (line.split() for line in said.splitlines() if line)}


def repository_images(repository: str) -> dict[str, str]:
    """The ids of the tagged images of a repository, which may be a pattern, by reference."""
    return parse_images(process.run(command.list_images(repository)).stdout)


def remove_image(reference: str) -> None:
    process.run(command.remove_image(reference))


def remove_container(name: str) -> None:
    process.run(command.remove_container(name))


def save_images(references: Sequence[str], path: str) -> None:
    """Write images into a tar archive compressed with zstd."""
    process.run(command.save_images(references, f"{path}.tar"), timeout=BUILD_SECONDS)
    process.run(["zstd", "--quiet", "--rm", "-3", f"{path}.tar", "-o", path], timeout=BUILD_SECONDS)


def load_images(path: str) -> None:
    process.run(command.load_images(path), timeout=BUILD_SECONDS)


def import_base(archive: str, reference: str) -> None:
    process.run(command.import_base(archive, reference))


def pull(reference: str) -> None:
    process.run(command.pull(reference), timeout=BUILD_SECONDS)


def build_image(
    reference: str, context: str, dockerfile: str, args: Mapping[str, str], *, target: str = "", ca_file: str = ""
) -> None:
    """Build an image.

    :raises StewardError: with the end of the build's output.
    """
    argv = command.build_image(reference, context, dockerfile, args, target=target, ca_file=ca_file)
    done = process.run(argv, timeout=BUILD_SECONDS, check=False)
    if done.returncode != 0:
        raise StewardError(
            f"the image {reference} cannot be built: {done.last_lines}", "Mend the build and deploy again."
        )


def containers(project: str) -> list[Container]:
    """The containers of a slot, stopped ones too."""
    return _labelled(f"com.docker.compose.project={project}")


def platform_containers(platform: str) -> list[Container]:
    """All service containers of a platform, stopped ones too."""
    return _labelled(f"{LABEL}.platform={platform}")


def every_container() -> tuple[list[Container], dict[str, Confinement]]:
    """All containers of the engine, whoever made them, and what each may do."""
    text = _inspected(command.list_containers())
    return parse_containers(text), parse_confinements(text)


def _labelled(label: str) -> list[Container]:
    return parse_containers(_inspected(command.list_containers(label)))


def _inspected(listing: Sequence[str]) -> str:
    identifiers = process.run(listing).stdout.split()
    return process.run(command.inspect_containers(identifiers)).stdout if identifiers else "[]"


def config_hashes(file: str) -> dict[str, str]:
    """Of each replica in a Compose document the hash that Compose gives a container it makes of it."""
    said = process.run(command.config_hashes(file)).stdout
    return dict(line.split() for line in said.splitlines() if line)


def up(file: str, project: str, wait: int) -> None:
    """Start a slot and wait until its containers run, and are healthy where they can say so.

    :param wait: seconds that they have.
    :raises StewardError: naming each container that is not, with the end of what it said.
    """
    deadline = time.monotonic() + wait
    done = process.run(command.up(file), check=False)
    while True:
        found = containers(project)
        waiting = [container for container in found if not _is_up(container)]
        broken = [container for container in found if not container.is_starting]
        if done.returncode == 0 and not waiting and not broken:
            return
        if done.returncode != 0 or broken or time.monotonic() >= deadline:
            # The engine's own reason, such as a port that is taken, is in no container's log.
            said = [done.last_lines] if done.returncode != 0 else []
            lines = "\n".join([*said, *(describe(container) for container in broken or waiting)])
            raise StewardError(f"{project} does not start: {lines}")
        time.sleep(START_POLL_SECONDS)


def _is_up(container: Container) -> bool:
    """Whether it is well, asked by us until the engine has looked itself."""
    if container.health != "starting" or container.state != "running" or container.health_looks:
        return container.is_well
    try:
        argv = command.probe(container.name, container.health_command)
        return process.run(argv, timeout=PROBE_SECONDS, check=False).returncode == 0
    except process.CommandError:
        return False


def describe(container: Container) -> str:
    """One container's state and the end of its log, for an error or a report."""
    state = f"{container.name} is {container.state}"
    state += f" ({container.health})" if container.health else ""
    state += f" with exit code {container.exit_code}" if container.state != "running" else ""
    state += f" after {container.restarts} restarts" if container.restarts else ""
    return f"{state}, its last lines:\n{last_logs(container.name)}"


def last_logs(container: str) -> str:
    """The end of what a container said, both streams."""
    done = process.run(command.last_logs(container, LOG_LINES), check=False)
    return (done.stdout + done.stderr).strip()


def stop(project: str, grace: int) -> None:
    """Stop a slot's containers, each with the grace in seconds; they and their logs stay."""
    running = [
        container.name for container in containers(project) if container.state not in ("exited", "created", "dead")
    ]
    if running:
        process.run(command.stop(running, grace))


def halt(file: str) -> None:
    """Stop what a Compose document describes, each container with its own grace; they and their logs stay."""
    process.run(command.halt(file))


def down(project: str) -> None:
    """Remove a slot's containers and network."""
    process.run(command.down(project))


def address(container: str) -> str:
    """A container's address on its own network.

    :raises StewardError: it has none, for it does not run.
    """
    found = process.run(command.address(container)).stdout.split()
    if not found:
        raise StewardError(f"{container} has no address, its last lines:\n{last_logs(container)}")
    return found[0]


@contextmanager
def own_network(name: str) -> Iterator[str]:
    """The host's address on a network of that name, which leads nowhere else and is gone in the end.

    One that a killed process left is taken away first.
    """
    remove_network(name)
    process.run(command.create_network(name))
    try:
        yield process.run(command.gateway(name)).stdout.split()[0]
    finally:
        remove_network(name)


def remove_network(name: str) -> None:
    """Remove the networks of a name with all containers on them; there may be none."""
    for network in process.run(command.list_networks(name)).stdout.split():
        for container in process.run(command.list_on_network(network)).stdout.split():
            process.run(command.kill_container(container))
        process.run(command.remove_network(network))


def run_once(file: str, argv: Sequence[str], environment: Mapping[str, str] | None = None, *, timeout: float) -> str:
    """What a command prints that runs in a fresh container of a slot.

    :raises StewardError: it failed, with the end of what it said.
    """
    done = process.run(command.run_once(file, argv, environment or {}), timeout=timeout, check=False)
    if done.returncode != 0:
        raise StewardError(f"{' '.join(argv)} ended with {done.returncode}: {done.last_lines}")
    return done.stdout
