# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The images: a bare Debian, and on it the services of the network and the hosts themselves.

A tag is the hash of everything that goes into its image, so an image is made when, and only when, something changed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import platform
import tarfile
import tempfile
from pathlib import Path

from . import apt, cache, packages, process, trust
from .engine import docker
from .paths import lock
from .say import HostsError, progress

RELEASE = "trixie"
_SCRIPTS = Path(__file__).resolve().parent.parent / "images"
_SOURCES = "/etc/apt/sources.list.d/debian.sources"
_CA_FOLDER = "/usr/local/share/ca-certificates"


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


def mirrors() -> apt.Mirrors:
    """This machine's Debian mirrors."""
    sources: list[apt.Source] = []
    folder = Path("/etc/apt")
    for path in [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]:
        if path.is_file():
            parse = apt.parse_deb822 if path.suffix == ".sources" else apt.parse_list
            sources += parse(path.read_text())
    codename = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    found = apt.choose_mirrors(sources, codename, lambda path: Path(path).read_text())
    if found is None:
        raise HostsError(
            f"no Debian mirror of '{codename or 'this system'}' in /etc/apt",
            "run this on Debian, or name a public image with --from",
        )
    return found


def apt_config() -> dict[str, str]:
    return apt.parse_config(process.run(["apt-config", "dump"]).stdout)


def way_out() -> str:
    """The proxy this machine's apt needs; '' when it reaches the mirror directly."""
    return cache.find_proxy(apt_config())


def sources_behind_cache() -> str:
    """The hosts' apt sources. Behind a foreign proxy TLS cannot be left to the cache: the mirror keeps its https."""
    return apt.build_sources(mirrors() if way_out() else apt.behind_cache(mirrors()), RELEASE)


def cache_config(network: str) -> str:
    found = mirrors()
    return cache.build_config(network, [found.archive, found.security], way_out())


def make_root(*, source: str, fresh: bool = False) -> str:
    """The bare Debian image: from mmdebstrap, or `source` from a registry."""
    if source:
        docker("pull", "--quiet", source)
        return source
    sources = apt.build_sources(mirrors(), RELEASE)
    tag = f"steward-root:{hashlib.sha256(sources.encode()).hexdigest()[:12]}"
    with lock("image"):
        if exists(tag) and not fresh:
            return tag
        progress("image", f"making a bare Debian {RELEASE} with mmdebstrap (about 25 s)")
        with tempfile.TemporaryDirectory() as folder:
            tar = Path(folder) / "root.tar"
            bootstrap(tar, sources, ["--variant=apt", "--include=ca-certificates"])
            docker("import", str(tar), tag)
    return tag


def bootstrap(tar: Path, sources: str, options: list[str], *, env: dict[str, str] | None = None) -> None:
    """Make a root file system; mmdebstrap works as root and, with user namespaces, without."""
    packages.ensure({"mmdebstrap": "mmdebstrap"}, "image")
    keep = [f"--aptopt={line}" for line in apt.kept_options(apt_config()).splitlines()]
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


def services_recipe(base: str) -> Recipe:
    proxy = f'Acquire::http::Proxy "{way_out()}";\n' if way_out() else ""
    files = {
        _SOURCES: apt.build_sources(mirrors(), RELEASE),
        "/etc/apt/apt.conf.d/90machine": apt.kept_options(apt_config()) + proxy,
    }
    return Recipe("steward-services", base, {**files, **_own_cas()}, _script("services"), network="")


def host_recipe(base: str, *, network: str, proxy: str) -> Recipe:
    """A test host; its apt goes through the cache, so it names the mirror as the cache's client does."""
    files = {
        _SOURCES: sources_behind_cache(),
        "/etc/apt/apt.conf.d/90machine": f'{apt.kept_options(apt_config())}Acquire::http::Proxy "{proxy}";\n',
        "/etc/steward-test/controller-ca.pem": trust.read_bundle(),
    }
    return Recipe("steward-host", base, {**files, **_own_cas()}, _script("host"), network=network)


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
    return clean + (_SCRIPTS / f"{name}.sh").read_text()


def _forget_older(recipe: Recipe) -> None:
    """Remove this image's earlier tags; Docker keeps those a container still uses."""
    for tag in docker("images", "--format", "{{.Repository}}:{{.Tag}}", recipe.name).split():
        if tag != recipe.tag:
            docker("image", "rm", tag, check=False)


def _own_cas() -> dict[str, str]:
    extra = trust.extra_certificates(trust.read_bundle(), trust.read_public())
    return {f"{_CA_FOLDER}/controller-{number}.crt": text for number, text in enumerate(extra, start=1)}
