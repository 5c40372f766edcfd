# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The image, built and run as production runs it."""

import os
import ssl
import subprocess
from pathlib import Path

from helpers import PLATFORM, run
from services import Web

BASES = Path.home() / ".cache/steward/base-images"
UID = 10001


def docker(*words: object) -> str:
    return run("docker", *words, env=os.environ | {"DOCKER_BUILDKIT": "1"})


def import_bases() -> None:
    """`tests/hosts/hosts base-image` of this repository makes the archives."""
    for name in ("build", "run"):
        if not docker("image", "ls", "-q", f"steward-base:{name}"):
            docker("import", BASES / f"{name}.tar", f"steward-base:{name}")


def build(service: str, fault: str = "none") -> str:
    tag = f"sample-platform-test:{service}-{fault}"
    arguments = {"SERVICE": service, "APP_VERSION": "test", "FAULT": fault}
    words = [word for name, value in arguments.items() for word in ("--build-arg", f"{name}={value}")]
    bundle = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    docker("build", "--secret", f"id=ca,src={bundle}", *words, "--tag", tag, PLATFORM)
    return tag


class Container(Web):
    """A web service, worker or scheduler in its container, on the machine's own network."""

    image = ""
    name = ""
    restricted = (
        "--read-only",
        "--tmpfs=/tmp",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
        "--network=host",
    )

    def options(self) -> list[str]:
        passed = ("SECRETS_DIR", "PORT", "DRAIN_SECONDS")
        values = [f"--env={name}={self.environment[name]}" for name in passed]
        root = self.directory.parent
        return [*self.restricted, *values, f"--volume={root}:{root}:ro", self.image]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """One command in a container of its own."""
        argv = ["docker", "run", "--rm", *self.options(), *command]
        return subprocess.run(argv, capture_output=True, text=True, check=False)

    def begin(self, *command: str) -> None:
        """Start the container and leave it running."""
        self.name = docker("run", "--detach", *self.options(), *command).strip()

    def probe(self, name: str) -> bool:
        argv = ["docker", "exec", self.name, "python", "-m", "platform_shared.probe", name]
        return subprocess.run(argv, capture_output=True, check=False).returncode == 0

    def state(self) -> tuple[bool, int]:
        form = "{{.State.Running}} {{.State.ExitCode}}"
        running, code = docker("inspect", "--format", form, self.name).split()
        return running == "true", int(code)

    def output(self) -> str:
        argv = ["docker", "logs", self.name]
        done = subprocess.run(argv, capture_output=True, text=True, check=True)
        return done.stdout + done.stderr

    def kill(self) -> None:
        if self.name:
            docker("rm", "--force", self.name)
            self.name = ""
        super().kill()
