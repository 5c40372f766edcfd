# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence

from . import addresses, disk, engine, fleet, host, ssh
from .say import HostsError, progress


def main(argv: Sequence[str]) -> int:
    options = _parse(argv)
    try:
        _check(options)
        problems: list[HostsError] = options.run(options) or []
    except HostsError as error:
        problems = [error]
    except KeyboardInterrupt:
        return 130
    for problem in problems:
        sys.stderr.write(f"hosts: {problem}\n")
    return 1 if problems else 0


def _up(options: argparse.Namespace) -> list[HostsError]:
    engine.ensure()
    wish = fleet.Wish(publish=tuple(options.publish or ()), disk=options.disk)
    return fleet.up(options.names, wish, source=options.source)


def _down(options: argparse.Namespace) -> list[HostsError]:
    if not options.names and not options.all:
        raise HostsError("which hosts?", "name them, or say --all")
    if not engine.answers():
        progress("engine", "no Docker daemon answers; 'hosts engine' brings it up")
        return []
    return fleet.down(None if options.all else options.names)


def _list(options: argparse.Namespace) -> None:
    hosts = [host.describe(each) for each in host.load_all().values()]
    if options.json:
        print(json.dumps({"schema": 1, "hosts": hosts}, indent=2))
        return
    columns = ("name", "state", "public_ipv4", "public_ipv6", "private_ipv4")
    for row in [columns, *(tuple(str(each[column]) for column in columns) for each in hosts)]:
        print("  ".join(f"{cell:15}" for cell in row).rstrip())


def _shell(options: argparse.Namespace) -> None:
    known = host.load_all()
    if options.name not in known:
        raise HostsError(f"no host '{options.name}'", f"there are: {', '.join(known) or 'none'}")
    command = ssh.build_command(known[options.name].addresses.public_ipv4, options.words)
    sys.exit(subprocess.run(command, check=False).returncode)


def _image(options: argparse.Namespace) -> None:
    engine.ensure()
    print(fleet.make_image(source=options.source, fresh=options.fresh))


def _base_image(options: argparse.Namespace) -> None:
    engine.ensure()
    for tar in fleet.make_base_images(fresh=options.fresh):
        print(tar)


def _engine(_options: argparse.Namespace) -> None:
    engine.ensure()


def _check(options: argparse.Namespace) -> None:
    """Refuse bad input before anything changes."""
    problems = [addresses.name_problem(name) for name in getattr(options, "names", [])]
    problems += [addresses.publish_problem(text) for text in getattr(options, "publish", None) or []]
    problems.append(disk.size_problem(getattr(options, "disk", "")))
    for problem in filter(None, problems):
        raise HostsError(problem)


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="hosts", description="Throw-away Debian hosts with systemd, over SSH.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    source = argparse.ArgumentParser(add_help=False)
    source.add_argument("--from", dest="source", default="", metavar="IMAGE", help="start from a registry's image")
    fresh = argparse.ArgumentParser(add_help=False)
    fresh.add_argument("--fresh", action="store_true", help="make it anew, with today's packages")

    verb = verbs.add_parser("up", parents=[source], help="bring hosts up; one that runs is left alone")
    verb.add_argument("names", nargs="+", metavar="NAME")
    verb.add_argument("--publish", action="append", metavar="HERE:THERE", help="127.0.0.1:HERE leads to port THERE")
    verb.add_argument("--disk", default="", metavar="SIZE", help="a disk of its own for /opt and /var/lib, e.g. 9G")
    verb.set_defaults(run=_up)

    verb = verbs.add_parser("down", help="remove hosts with all they had")
    verb.add_argument("names", nargs="*", metavar="NAME")
    verb.add_argument("--all", action="store_true", help="every host, and the daemon if this tool started it")
    verb.set_defaults(run=_down)

    verb = verbs.add_parser("list", help="which hosts there are")
    verb.add_argument("--json", action="store_true")
    verb.set_defaults(run=_list)

    verb = verbs.add_parser("shell", help="a shell, or one command, on a host")
    verb.add_argument("name", metavar="NAME")
    verb.add_argument("words", nargs=argparse.REMAINDER, metavar="COMMAND")
    verb.set_defaults(run=_shell)

    for name, run, parents, text in (
        ("image", _image, [source, fresh], "make the hosts' image when it is missing or its recipe changed"),
        ("base-image", _base_image, [fresh], "make the base images for application builds; prints their paths"),
        ("engine", _engine, [], "bring the Docker daemon up when it is missing"),
    ):
        verbs.add_parser(name, parents=parents, help=text).set_defaults(run=run)
    return parser.parse_args(argv)
