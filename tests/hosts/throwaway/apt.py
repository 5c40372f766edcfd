# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Debian mirror this machine uses, read from its own apt sources (pure)."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping

_ONE_LINE = re.compile(r"^deb\s+(?:\[[^\]]*\]\s*)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<components>.+)$")
_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_MIRROR_LIST = re.compile(r"^mirror\+file:(?://)?(?P<path>/\S+)$")


@dataclasses.dataclass(frozen=True)
class Source:
    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Mirrors:
    """URIs of the Debian archive and of its security archive ('' when the machine has none)."""

    archive: str
    security: str = ""


def parse_list(text: str) -> list[Source]:
    """The one-line style of sources.list."""
    found = [_ONE_LINE.match(line.split("#", 1)[0].strip()) for line in text.splitlines()]
    return [Source(m["uri"], (m["suite"],), tuple(m["components"].split())) for m in found if m]


def parse_deb822(text: str) -> list[Source]:
    """The paragraph style of *.sources."""
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    sources: list[Source] = []
    for paragraph in re.split(r"\n\s*\n", lines):
        fields = _fields(paragraph)
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() in ("no", "false"):
            continue
        suites, components = fields.get("suites", "").split(), fields.get("components", "").split()
        sources += [Source(uri, tuple(suites), tuple(components)) for uri in fields.get("uris", "").split()]
    return sources


def choose_mirrors(sources: Iterable[Source], codename: str, read: Callable[[str], str]) -> Mirrors | None:
    """The mirrors of the machine's own release; third-party sources have other suites or components."""
    main = [source for source in sources if "main" in source.components]
    archive = next((source.uri for source in main if codename in source.suites), "")
    security = next((source.uri for source in main if f"{codename}-security" in source.suites), "")
    found = Mirrors(_first_mirror(archive, read), _first_mirror(security, read))
    return found if found.archive else None


def build_sources(mirrors: Mirrors, release: str) -> str:
    """The apt sources of another Debian release on the same mirrors."""
    parts = [_paragraph(mirrors.archive, f"{release} {release}-updates")]
    if mirrors.security:
        parts.append(_paragraph(mirrors.security, f"{release}-security"))
    return "\n".join(parts)


def behind_cache(mirrors: Mirrors) -> Mirrors:
    """The same mirrors as a client of the package cache names them: TLS is then the cache's affair."""
    return Mirrors(_plain(mirrors.archive), _plain(mirrors.security))


def kept_options(config: Mapping[str, str]) -> str:
    """The machine's own choices about the age of package lists, as an apt.conf snippet for its hosts."""
    names = ("Acquire::Check-Valid-Until", "Acquire::Check-Date")
    return "".join(f'{name} "{config[name]}";\n' for name in names if config.get(name))


def parse_config(text: str) -> dict[str, str]:
    """`apt-config dump` as a dictionary: 'Acquire::Check-Date "false";' -> {'Acquire::Check-Date': 'false'}."""
    return dict(re.findall(r'^(\S+) "([^"]*)";$', text, flags=re.MULTILINE))


def _paragraph(uri: str, suites: str) -> str:
    return f"Types: deb\nURIs: {uri}\nSuites: {suites}\nComponents: main\nSigned-By: {_KEYRING}\n"


def _fields(paragraph: str) -> dict[str, str]:
    unfolded = re.sub(r"\n[ \t]+", " ", paragraph)
    pairs = (line.split(":", 1) for line in unfolded.splitlines() if ":" in line)
    return {name.strip().lower(): value.strip() for name, value in pairs}


def _first_mirror(uri: str, read: Callable[[str], str]) -> str:
    """Debian's cloud images name a file with mirrors instead of a mirror."""
    match = _MIRROR_LIST.match(uri)
    if not match:
        return uri.rstrip("/")
    lines = (line.split("#", 1)[0].split() for line in read(match["path"]).splitlines())
    return next((words[0].rstrip("/") for words in lines if words), "")


def _plain(uri: str) -> str:
    return f"http://{uri.removeprefix('https://')}" if uri.startswith("https://") else uri
