# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command lines of the container engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

DOCKER = "docker"
# Containers that the build makes use the host's trust store: companies have a proxy that inspects TLS, too.
CA_SECRET = "ca"


def build_image(
    reference: str, context: str, dockerfile: str, args: Mapping[str, str], *, target: str = "", ca_file: str = ""
) -> list[str]:
    """Build and tag an image; the CA bundle is mounted for the build and leaves no trace in a layer."""
    argv = [DOCKER, "buildx", "build", "--load", "--progress", "plain", "--tag", reference]
    argv += ["--file", f"{context}/{dockerfile}"]
    for name, value in sorted(args.items()):
        argv += ["--build-arg", f"{name}={value}"]
    if target:
        argv += ["--target", target]
    if ca_file:
        argv += ["--secret", f"id={CA_SECRET},src={ca_file}"]
    return [*argv, context]


def import_base(archive: str, reference: str) -> list[str]:
    """Make an image of a root file system."""
    return [DOCKER, "import", archive, reference]


def inspect_layers(reference: str) -> list[str]:
    """Print the digests of an image's layers as JSON."""
    return [DOCKER, "image", "inspect", "--format", "{{json .RootFS.Layers}}", reference]


def inspect_sizes(identifiers: Sequence[str]) -> list[str]:
    """Print id and bytes of each image that is here, one a line."""
    return [DOCKER, "image", "inspect", "--format", "{{.Id}} {{.Size}}", *identifiers]


def inspect_id(reference: str) -> list[str]:
    """Print an image's id."""
    return [DOCKER, "image", "inspect", "--format", "{{.Id}}", reference]


def list_images(repository: str) -> list[str]:
    """Print reference and id of the tagged images of a repository, which may be a pattern, one a line."""
    form = "{{.Repository}}:{{.Tag}} {{.ID}}"
    return [DOCKER, "image", "ls", "--no-trunc", "--filter", "dangling=false", "--format", form, repository]


def remove_image(reference: str) -> list[str]:
    """Remove a tag, and the image with its last one."""
    return [DOCKER, "image", "rm", reference]


def remove_container(name: str) -> list[str]:
    """Remove a container that has stopped."""
    return [DOCKER, "container", "rm", name]


def save_images(references: Sequence[str], path: str) -> list[str]:
    """Write images into a tar archive."""
    return [DOCKER, "image", "save", "--output", path, *references]


def load_images(path: str) -> list[str]:
    """Read the images of a tar archive, compressed or not."""
    return [DOCKER, "image", "load", "--quiet", "--input", path]


def pull(reference: str) -> list[str]:
    """Bring an image from its registry."""
    return [DOCKER, "pull", "--quiet", reference]


def up(file: str) -> list[str]:
    """Start a slot; not waiting for its health, which engines before 25 first look at after a whole interval."""
    return [DOCKER, "compose", "--file", file, "up", "--detach", "--remove-orphans"]


def probe(container: str, health_command: Sequence[str]) -> list[str]:
    """Ask a container what its health command says now."""
    return [DOCKER, "exec", container, *health_command]


def stop(containers: Sequence[str], grace: int) -> list[str]:
    """Stop containers and keep them with their logs; not by Compose, which forgets those of an earlier file."""
    return [DOCKER, "container", "stop", "--time", str(grace), *containers]


def halt(file: str) -> list[str]:
    """Stop a document's containers and keep them, as the service's unit does it."""
    return [DOCKER, "compose", "--file", file, "stop"]


def down(project: str) -> list[str]:
    """Stop and remove a slot's containers and network."""
    return [DOCKER, "compose", "--project-name", project, "down", "--remove-orphans", "--timeout", "10"]


def run_once(file: str, command: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """Run a command in a fresh container of a slot's first replica, without its ports.

    ``environment`` is seen in the process list, so it holds nothing secret.
    """
    argv = [DOCKER, "compose", "--file", file, "run", "--rm", "--no-deps", "-T"]
    for name, value in sorted(environment.items()):
        argv += ["--env", f"{name}={value}"]
    return [*argv, "--entrypoint", command[0], "replica-1", *command[1:]]


def list_containers(label: str = "") -> list[str]:
    """Print the ids of all containers, or of those with a label, stopped ones too."""
    argv = [DOCKER, "container", "ls", "--all", "--quiet", "--no-trunc"]
    return [*argv, "--filter", f"label={label}"] if label else argv


def config_hashes(file: str) -> list[str]:
    """Print each replica of a Compose document with the hash of its configuration, one a line."""
    return [DOCKER, "compose", "--file", file, "config", "--hash", "*"]


def inspect_containers(identifiers: Sequence[str]) -> list[str]:
    """Print all about containers as JSON."""
    return [DOCKER, "container", "inspect", *identifiers]


def address(container: str) -> list[str]:
    """Print a container's address on its own network."""
    return [
        DOCKER,
        "container",
        "inspect",
        "--format",
        "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}",
        container,
    ]


def create_network(name: str) -> list[str]:
    """Make a network that leads nowhere but to this host."""
    return [DOCKER, "network", "create", "--internal", name]


def gateway(network: str) -> list[str]:
    """Print the host's address on a network."""
    return [DOCKER, "network", "inspect", "--format", "{{range .IPAM.Config}}{{.Gateway}} {{end}}", network]


def list_networks(name: str) -> list[str]:
    """Print the ids of the networks of that name, one a line."""
    return [DOCKER, "network", "ls", "--quiet", "--filter", f"name=^{name}$"]


def list_on_network(network: str) -> list[str]:
    """Print the ids of all containers on a network, stopped ones too, one a line."""
    return [DOCKER, "container", "ls", "--all", "--quiet", "--filter", f"network={network}"]


def kill_container(identifier: str) -> list[str]:
    """End and remove a container."""
    return [DOCKER, "container", "rm", "--force", identifier]


def remove_network(identifier: str) -> list[str]:
    return [DOCKER, "network", "rm", identifier]


def last_logs(container: str, lines: int) -> list[str]:
    """Print the end of what a container said."""
    return [DOCKER, "logs", "--tail", str(lines), container]
