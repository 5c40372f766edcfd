# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The images: a bare Debian, and on it the services of the network and the hosts themselves.

A tag is the hash of everything that goes into its image, so an image is made when, and only when, something changed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import tarfile
import tempfile
from pathlib import Path

from . import packages, process, trust
from .engine import docker
from .paths import lock
from .say import progress
from .supply import RELEASE, Supply

_SCRIPTS = Path(__file__).resolve().parent.parent / "images"
_SOURCES = "/etc/apt/sources.list.d/debian.sources"
_OPTIONS = "/etc/apt/apt.conf.d/90machine"


@dataclasses.dataclass(frozen=True)
class Recipe:
    """An image: a base, files put into it, and a script run in it."""

    name: str
    base: str
    files: dict[str, str]
    script: str
    network: str

    @property
    def tag(self) -> str:
        parts = [self.base, self.script, *(f"{path}\n{text}" for path, text in sorted(self.files.items()))]
        digest = hashlib.sha256("\0".join(parts).encode())
        return f"{self.name}:{digest.hexdigest()[:12]}"


def make_root(supply: Supply, *, fresh: bool) -> str:
    """The bare Debian image, made with mmdebstrap."""
    tag = f"steward-root:{hashlib.sha256(supply.direct_sources.encode()).hexdigest()[:12]}"
    with lock("image"):
        if exists(tag) and not fresh:
            return tag
        progress("image", f"making a bare Debian {RELEASE} with mmdebstrap (about 25 s)")
        with tempfile.TemporaryDirectory() as folder:
            tar = Path(folder) / "root.tar"
            env = {"http_proxy": supply.proxy} if supply.proxy else {}
            bootstrap(tar, supply, supply.direct_sources, ["--variant=apt"], env)
            docker("import", str(tar), tag)
    return tag


def pull_root(source: str, *, fresh: bool) -> str:
    """The bare Debian image, from a registry."""
    with lock("image"):
        if fresh or not exists(source):
            progress("image", f"pulling {source}")
            docker("pull", "--quiet", source)
    return source


def bootstrap(tar: Path, supply: Supply, sources: str, options: list[str], env: dict[str, str]) -> None:
    """Make a root file system; mmdebstrap works as root and, with user namespaces, without."""
    rootless = {} if os.geteuid() == 0 else {"newuidmap": "uidmap"}
    packages.ensure({"mmdebstrap": "mmdebstrap", **rootless}, "image")
    keep = [f"--aptopt={line}" for line in supply.options.splitlines()]
    argv = ["mmdebstrap", "--quiet", *options, *keep, RELEASE, str(tar), "-"]
    process.run(argv, data=sources.encode(), env=env, timeout=1800)


def exists(tag: str) -> bool:
    return bool(docker("images", "--quiet", tag))


def make(recipe: Recipe, *, fresh: bool = False) -> str:
    """Make the image when it is missing: run the script in a container of the base and commit that."""
    with lock("image"):
        if exists(recipe.tag) and not fresh:
            return recipe.tag
        progress("image", f"making {recipe.tag}")
        container = f"{recipe.name}-build"
        docker("rm", "--force", container, check=False)
        network = ["--network", recipe.network] if recipe.network else []
        docker("create", "--interactive", "--name", container, *network, recipe.base, "sh", "-s")
        try:
            docker("cp", "-", f"{container}:/", data=archive(recipe.files))
            docker("start", "--attach", "--interactive", container, data=recipe.script.encode(), timeout=1800)
            docker("commit", container, recipe.tag)
        finally:
            docker("rm", "--force", container, check=False)
        _forget_older(recipe)
        progress("image", f"made {recipe.tag}")
    return recipe.tag


def services_recipe(base: str, supply: Supply) -> Recipe:
    """The package cache and the name server; it is made before there is a cache to go through."""
    proxy = f'Acquire::http::Proxy "{supply.proxy}";\n' if supply.proxy else ""
    files = {
        _SOURCES: supply.direct_sources,
        _OPTIONS: f'{supply.options}{proxy}Acquire::https::CaInfo "{trust.PLACE}";\n',
        trust.PLACE: trust.read_bundle(),
    }
    return Recipe("steward-services", base, files, _script("services"), network="")


def host_recipe(base: str, supply: Supply, *, network: str, proxy: str) -> Recipe:
    """A test host; its apt goes through the cache, and it trusts what this machine trusts."""
    bundle = trust.read_bundle()
    own = enumerate(trust.extra_certificates(bundle, trust.read_public()), start=1)
    files = {
        _SOURCES: supply.cached_sources,
        _OPTIONS: f'{supply.options}Acquire::http::Proxy "{proxy}";\n',
        trust.PLACE: bundle,
        **{f"/usr/local/share/ca-certificates/controller-{number}.crt": text for number, text in own},
    }
    return Recipe("steward-host", base, files, _script("host"), network=network)


def archive(files: dict[str, str], modes: dict[str, tuple[int, int]] | None = None) -> bytes:
    """A tar of files for `docker cp`; `modes` gives (mode, owner) where it is not (0644, root)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, text in files.items():
            data = text.encode()
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size = len(data)
            entry.mode, entry.uid = (modes or {}).get(path, (0o644, 0))
            entry.gid = entry.uid
            tar.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def _script(name: str) -> str:
    # The bare image carries mmdebstrap's or a registry's own list of sources: only the machine's mirror counts.
    clean = f"find /etc/apt -name '*.list' -delete; find /etc/apt -name '*.sources' ! -path {_SOURCES} -delete\n"
    lines = (_SCRIPTS / f"{name}.sh").read_text().splitlines()
    return clean + "".join(f"{line}\n" for line in lines if line and not line.startswith("#"))


def _forget_older(recipe: Recipe) -> None:
    """Remove this image's earlier tags; Docker keeps those a container still uses."""
    for tag in docker("images", "--format", "{{.Repository}}:{{.Tag}}", recipe.name).split():
        if tag != recipe.tag:
            docker("image", "rm", tag, check=False)
