# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the verbs do to the hosts together: what they share is made first, under one lock of the machine."""

from __future__ import annotations

import concurrent.futures
import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

from . import addresses, base, engine, host, image, network, ssh, supply
from .host import Host
from .paths import lock, write
from .say import HostsError, progress
from .supply import Supply

_DEMO_PORTS = ("8080:80", "8443:443")
_AT_ONCE = 4


@dataclasses.dataclass(frozen=True)
class Wish:
    """What `up` was asked for."""

    publish: tuple[str, ...] = ()
    disk: str = ""


def make_image(*, source: str, fresh: bool) -> str:
    """Everything that must be there before a host can be made; the tag of the hosts' image."""
    return _make_image(source=source, fresh=fresh)[0]


def make_base_images(*, fresh: bool) -> list[Path]:
    """The base images for application builds; their packages come through the cache too."""
    _root, packages_from, _share = _make_shared(source="", fresh=False)
    return base.make(packages_from, fresh=fresh)


def up(names: Sequence[str], wish: Wish, *, source: str) -> list[HostsError]:
    """Bring hosts up at the same time; the errors of those that did not come up."""
    tag, share = _make_image(source=source, fresh=False)
    return _all_at_once(lambda name: _up_one(name, wish, tag, share), names)


def down(names: Sequence[str] | None) -> list[HostsError]:
    """Remove hosts (None: all of them) and, with the last one, what they shared."""
    errors = _all_at_once(_down_one, sorted(host.load_all()) if names is None else names)
    with lock("hosts"):
        if not host.load_all():
            network.remove()
    if names is None:
        engine.end()
    return errors


def _make_image(*, source: str, fresh: bool) -> tuple[str, Callable[[], None]]:
    root, packages_from, share = _make_shared(source=source, fresh=fresh)
    recipe = image.host_recipe(root, packages_from, network=addresses.PUBLIC, proxy=network.CACHE_PROXY)
    return image.make(recipe, fresh=fresh), share


def _make_shared(*, source: str, fresh: bool) -> tuple[str, Supply, Callable[[], None]]:
    """The bare image, the networks and what runs on them; the function makes these again where they are missing."""
    network.check_free()
    if source:
        image.pull_root(source, fresh=fresh)
    packages_from = supply.find(source)
    root = source or image.make_root(packages_from, fresh=fresh)
    services = image.make(image.services_recipe(root, packages_from), fresh=fresh)

    def share() -> None:
        network.ensure_networks()
        network.ensure_services(services, packages_from.cache_config(addresses.PUBLIC_IPV4))

    with lock("hosts"):
        share()
    return root, packages_from, share


def _up_one(name: str, wish: Wish, tag: str, share: Callable[[], None]) -> None:
    with lock(f"host-{name}"):
        with lock("hosts"):
            known = host.load_all()
            one = known.get(name)
            before = host.state(one) if one else "missing"
            if one and before != "missing":
                _refuse_other_wish(one, wish)
            else:
                # Another run may have taken them away with its last host since.
                share()
                one = _create(name, wish, tag, known)
            _publish_records()
        if before != "running":
            host.start(one)
        host.wait(one, strict=before != "running")
    text = "is already up" if before == "running" else "is up"
    progress(name, f"{text}: ssh {ssh.USER}@{one.addresses.public_ipv4}, {one.addresses.public_ipv6}")


def _refuse_other_wish(one: Host, wish: Wish) -> None:
    for option, wanted, has in (("publish", wish.publish, one.publish), ("disk", wish.disk, one.disk)):
        if wanted and wanted != has:
            raise HostsError(f"{one.name} is there with another --{option}", f"take it down first: down {one.name}")


def _create(name: str, wish: Wish, tag: str, known: dict[str, Host]) -> Host:
    number = known[name].number if name in known else addresses.allocate(name, (each.number for each in known.values()))
    if number is None:
        raise HostsError(f"no address is left for {name}", "take hosts down first")
    publish = wish.publish or (_DEMO_PORTS if name == "demo" else ())
    one = Host(name=name, number=number, publish=publish, disk=wish.disk)
    host.check_ports(one)
    host.save(one)
    try:
        host.create(one, tag)
    except BaseException:
        host.remove(one)
        host.forget(one)
        raise
    progress(name, f"created {one.container}")
    return one


def _down_one(name: str) -> None:
    with lock(f"host-{name}"):
        one = host.load_all().get(name)
        if one is None:
            progress(name, "is not there")
            return
        host.remove(one)
        with lock("hosts"):
            host.forget(one)
            _publish_records()
    progress(name, "removed with all it had")


def _publish_records() -> None:
    """Tell the name server and SSH which hosts there are."""
    known = host.load_all()
    network.publish_names(addresses.build_names({name: each.addresses for name, each in known.items()}))
    keys = {name: (each.addresses, ssh.public_key(ssh.host_key(each.folder))) for name, each in known.items()}
    write(ssh.known_hosts_path(), addresses.build_known_hosts(keys), 0o600)


def _all_at_once(work: Callable[[str], None], names: Sequence[str]) -> list[HostsError]:
    def attempt(name: str) -> HostsError | None:
        try:
            work(name)
        except HostsError as error:
            return error
        return None

    with concurrent.futures.ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        return [error for error in pool.map(attempt, dict.fromkeys(names)) if error]
