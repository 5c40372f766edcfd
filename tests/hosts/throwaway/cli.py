# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line."""

from __future__ import annotations

import argparse
import concurrent.futures
import json
import subprocess
import sys
from collections.abc import Sequence

from . import addresses, base, disk, engine, host, image, network, process, ssh
from .host import Host
from .paths import lock, write
from .say import HostsError, progress

_DEMO_PORTS = ("8080:80", "8443:443")


def main(argv: Sequence[str]) -> int:
    options = _parse(argv)
    try:
        _check(options)
        return int(options.run(options) or 0)
    except HostsError as error:
        sys.stderr.write(f"hosts: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def up(options: argparse.Namespace) -> int:
    engine.ensure()
    tag = make_images(source=options.source, fresh=False)
    with concurrent.futures.ThreadPoolExecutor(max_workers=4) as pool:
        results = list(pool.map(lambda name: _attempt(lambda: _up_one(name, options, tag)), options.names))
    return _report(results)


def down(options: argparse.Namespace) -> int:
    engine_there = True
    try:
        engine.client()
    except HostsError:
        engine_there = False
    if not engine_there:
        progress("engine", "no Docker daemon answers, so no host is up")
        return 0
    names = sorted(host.load_all()) if options.all else options.names
    results = [_attempt(lambda each=name: _down_one(each)) for name in names]
    with lock("hosts"):
        if not host.load_all():
            network.remove()
    if options.all:
        engine.end()
    return _report(results)


def make_images(*, source: str, fresh: bool) -> str:
    """Everything a host needs before it can be made; the tag of its image."""
    root = make_services(source=source, fresh=fresh)
    recipe = image.host_recipe(root, network=addresses.PUBLIC, proxy=addresses.CACHE_PROXY)
    return image.make(recipe, fresh=fresh)


def make_services(*, source: str, fresh: bool) -> str:
    """The bare image, the networks and what runs on them; the tag of the bare image."""
    root = image.make_root(source=source, fresh=fresh)
    services = image.make(image.services_recipe(root), fresh=fresh)
    with lock("hosts"):
        network.check_free()
        network.ensure_networks()
        network.ensure_services(services)
    return root


def make_image(options: argparse.Namespace) -> None:
    engine.ensure()
    print(make_images(source=options.source, fresh=options.fresh))


def make_base(options: argparse.Namespace) -> None:
    engine.ensure()
    make_services(source="", fresh=False)
    for tar in base.make(fresh=options.fresh):
        print(tar)


def list_hosts(options: argparse.Namespace) -> None:
    hosts = [each.describe() for each in host.load_all().values()]
    if options.json:
        print(json.dumps({"schema": 1, "hosts": hosts}, indent=2))
        return
    columns = ("name", "state", "public_ipv4", "public_ipv6", "private_ipv4")
    for row in [dict(zip(columns, columns)), *hosts]:
        print("  ".join(f"{row[column]!s:15}" for column in columns).rstrip())


def shell(options: argparse.Namespace) -> int:
    known = host.load_all().get(options.name)
    if known is None:
        raise HostsError(f"no host '{options.name}'", f"there are: {', '.join(host.load_all()) or 'none'}")
    return subprocess.run(ssh.build_command(known.addresses.public_ipv4, options.words), check=False).returncode


def start_engine(options: argparse.Namespace) -> None:
    engine.ensure()


def _up_one(name: str, options: argparse.Namespace, tag: str) -> None:
    with lock("hosts"):
        known = host.load_all()
        one = known.get(name)
        if one and host.state(one) == "running":
            progress(name, f"is already up at {one.addresses.public_ipv4}")
            return
        if one is None or host.state(one) == "missing":
            one = _plan(name, options, known)
            host.save(one)
            try:
                host.create(one, tag)
            except BaseException:
                host.remove(one)
                raise
            progress(name, f"created {one.container} with {one.addresses.public_ipv4}")
        _publish_records()
    host.start(one)
    progress(name, f"is up: ssh {ssh.USER}@{one.addresses.public_ipv4}, {one.addresses.public_ipv6}")


def _plan(name: str, options: argparse.Namespace, known: dict[str, Host]) -> Host:
    number = known[name].number if name in known else addresses.allocate(name, (each.number for each in known.values()))
    if number is None:
        raise HostsError(f"no address is left for {name}", "take hosts down first")
    publish = options.publish or (_DEMO_PORTS if name == "demo" else ())
    return Host(name=name, number=number, publish=tuple(publish), disk=options.disk)


def _down_one(name: str) -> None:
    with lock("hosts"):
        one = host.load_all().get(name)
        if one is None:
            progress(name, "is not there")
            return
        host.remove(one)
        _publish_records()
        progress(name, "removed with its volumes")


def _publish_records() -> None:
    """Tell the name server and SSH which hosts there are."""
    known = host.load_all()
    network.publish_names(addresses.build_names({name: each.addresses for name, each in known.items()}))
    keys = {name: (each.addresses, ssh.public_key(ssh.host_key(each.folder))) for name, each in known.items()}
    write(ssh.known_hosts_path(), addresses.build_known_hosts(keys), 0o600)


def _attempt(work: object) -> HostsError | None:
    try:
        work()  # type: ignore[operator]
    except HostsError as error:
        return error
    return None


def _report(results: Sequence[HostsError | None]) -> int:
    errors = [error for error in results if error]
    for error in errors:
        sys.stderr.write(f"hosts: {error}\n")
    return 1 if errors else 0


def _check(options: argparse.Namespace) -> None:
    """Refuse bad input before anything changes."""
    problems = [addresses.name_problem(name) for name in getattr(options, "names", [])]
    if getattr(options, "disk", ""):
        problems.append(disk.size_problem(options.disk))
    for text in getattr(options, "publish", None) or []:
        try:
            addresses.parse_publish(text)
        except ValueError as error:
            problems.append(str(error))
    for problem in filter(None, problems):
        raise HostsError(problem)


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="hosts", description="Throw-away Debian hosts with systemd, reached over SSH.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    source = argparse.ArgumentParser(add_help=False)
    source.add_argument("--from", dest="source", default="", metavar="IMAGE", help="start from a registry's image")

    verb = verbs.add_parser("up", parents=[source], help="bring hosts up; one that runs is left alone")
    verb.add_argument("names", nargs="+", metavar="NAME")
    verb.add_argument("--publish", action="append", metavar="PORT:PORT", help="127.0.0.1:PORT here -> PORT there")
    verb.add_argument("--disk", default="", metavar="SIZE", help="a small disk of its own for /opt and /var/lib, e.g. 9G")
    verb.set_defaults(run=up)

    verb = verbs.add_parser("down", help="remove hosts with all they had")
    verb.add_argument("names", nargs="*", metavar="NAME")
    verb.add_argument("--all", action="store_true", help="every host, and the daemon if this tool started it")
    verb.set_defaults(run=down)

    verb = verbs.add_parser("list", help="which hosts there are")
    verb.add_argument("--json", action="store_true")
    verb.set_defaults(run=list_hosts)

    verb = verbs.add_parser("shell", help="a shell, or one command, on a host")
    verb.add_argument("name", metavar="NAME")
    verb.add_argument("words", nargs=argparse.REMAINDER, metavar="COMMAND")
    verb.set_defaults(run=shell)

    verb = verbs.add_parser("image", parents=[source], help="make the hosts' image when something changed")
    verb.add_argument("--fresh", action="store_true", help="make it anew")
    verb.set_defaults(run=make_image)

    verb = verbs.add_parser("base-image", help="make the two base images for building application images")
    verb.add_argument("--fresh", action="store_true", help="make them anew")
    verb.set_defaults(run=make_base)

    verb = verbs.add_parser("engine", help="bring the Docker daemon up when it is missing")
    verb.set_defaults(run=start_engine)
    return parser.parse_args(argv)
