# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host: a container with systemd as PID 1."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import shlex
import shutil
import socket
from pathlib import Path

from . import addresses, cgroups, disk, image, network, process, ssh
from .engine import answers, docker
from .paths import state_dir, write
from .say import HostsError, progress

_BOOT_SECONDS = 120
# What a server needs and a plain container lacks. --privileged would ask for CAP_SYS_RESOURCE, which a machine that is
# itself confined cannot give, and would show the host the machine's devices.
_CAPABILITIES = """
    SYS_ADMIN NET_ADMIN NET_RAW SYS_PTRACE SYS_CHROOT AUDIT_WRITE AUDIT_CONTROL AUDIT_READ MKNOD SETFCAP
    DAC_READ_SEARCH LINUX_IMMUTABLE IPC_LOCK SYS_NICE SYS_TIME SYSLOG
"""
# systemd wants its control groups writable and where the machine has them, in version 1 as in version 2.
_SYSTEMD = """
    --env container=docker --stop-signal SIGRTMIN+3 --stop-timeout 60 --shm-size 512m
    --cgroupns=host --volume /sys/fs/cgroup:/sys/fs/cgroup:rw
    --tmpfs /run --tmpfs /run/lock --tmpfs /tmp:exec,mode=1777
    --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined
"""


@dataclasses.dataclass(frozen=True)
class Host:
    name: str
    number: int
    publish: tuple[str, ...] = ()
    disk: str = ""

    @property
    def container(self) -> str:
        return f"steward-{self.name}"

    @property
    def volume(self) -> str:
        return f"{self.container}-docker"

    @property
    def addresses(self) -> addresses.Addresses:
        return addresses.Addresses(self.number)

    @property
    def folder(self) -> Path:
        return state_dir() / "host" / self.name


def load_all() -> dict[str, Host]:
    """The hosts this machine has, from their records."""
    records = sorted((state_dir() / "host").glob("*/host.json"))
    hosts = []
    for path in records:
        # Another run may be taking this one away.
        with contextlib.suppress(FileNotFoundError):
            hosts.append(json.loads(path.read_text()))
    return {each["name"]: Host(**{**each, "publish": tuple(each["publish"])}) for each in hosts}


def save(host: Host) -> None:
    host.folder.mkdir(parents=True, exist_ok=True)
    write(host.folder / "host.json", json.dumps(dataclasses.asdict(host), indent=2) + "\n")


def state(host: Host) -> str:
    """'running', 'exited', 'created' … as Docker says, or 'missing'."""
    return docker("inspect", "--format", "{{.State.Status}}", host.container, check=False) or "missing"


def describe(host: Host) -> dict[str, object]:
    """What `list --json` says of a host."""
    where = host.addresses
    return {
        "name": host.name,
        "container": host.container,
        "state": state(host) if answers() else "engine is down",
        "public_ipv4": where.public_ipv4,
        "public_ipv6": where.public_ipv6,
        "private_ipv4": where.private_ipv4,
        "publish": list(host.publish),
        "disk": host.disk,
        "ssh_user": ssh.USER,
        "ssh_key": str(ssh.key_path()),
        "known_hosts": str(ssh.known_hosts_path()),
    }


def create(host: Host, tag: str) -> None:
    """Make the container, give it its identity, and attach it to both networks before its first boot."""
    private = ssh.host_key(host.folder)
    write(host.folder / "hosts", f"127.0.0.1 localhost\n::1 localhost\n{host.addresses.private_ipv4} {host.name}\n")
    docker("create", *_options(host), *_mounts(host, tag), tag, "/sbin/init")
    docker("network", "connect", "--ip", host.addresses.private_ipv4, addresses.PRIVATE, host.container)
    keys = f"/home/{ssh.USER}/.ssh/authorized_keys"
    files = {
        "/etc/ssh/ssh_host_ed25519_key": private.read_text(),
        "/etc/ssh/ssh_host_ed25519_key.pub": private.with_suffix(".pub").read_text(),
        keys: ssh.public_key(ssh.key_path()) + "\n",
    }
    modes = {"/etc/ssh/ssh_host_ed25519_key": (0o600, 0), keys: (0o600, 1000)}
    docker("cp", "-", f"{host.container}:/", data=image.archive(files, modes))


def start(host: Host) -> None:
    if host.disk:
        disk.attach(host.folder)
    docker("start", host.container)
    progress(host.name, "booting")


def wait(host: Host, *, strict: bool) -> None:
    """Wait until systemd has finished its start and SSH answers; strictly, a failed unit is an error."""
    over = process.poll(
        lambda: _system_state(host) in ("running", "degraded") or state(host) != "running", seconds=_BOOT_SECONDS
    )
    if over and state(host) != "running":
        raise HostsError(f"{host.name}: its systemd ended", f"see 'docker logs {host.container}'")
    if not over:
        raise HostsError(
            f"{host.name}: systemd is still '{_system_state(host)}' after {_BOOT_SECONDS} s",
            f"see 'docker exec {host.container} systemctl list-jobs'",
        )
    if strict and _system_state(host) == "degraded":
        failed = docker("exec", host.container, "systemctl", "--failed", "--plain", "--no-legend")
        units = ", ".join(line.split()[0] for line in failed.splitlines())
        raise HostsError(f"{host.name}: failed units: {units}", f"see 'docker exec {host.container} journalctl -b'")
    for address in (host.addresses.public_ipv4, host.addresses.public_ipv6):
        if not process.poll(functools.partial(ssh.answers, address), seconds=30):
            raise HostsError(f"{host.name}: no SSH server greets at {address}")


def remove(host: Host) -> None:
    """Take away the container, its volume and its disk, whatever of them is there."""
    facts = docker("inspect", "--format", "{{.State.Pid}} {{.Id}}", host.container, check=False).split()
    strays = cgroups.find_strays(*facts) if facts and facts[0] != "0" else set()
    docker("rm", "--force", "--volumes", host.container, check=False)
    cgroups.remove(strays)
    docker("volume", "rm", "--force", host.volume)
    disk.remove(host.folder)


def forget(host: Host) -> None:
    """Take away its record, which gives its addresses free."""
    shutil.rmtree(host.folder, ignore_errors=True)


def check_ports(host: Host) -> None:
    for text in host.publish:
        port = int(text.split(":")[0])
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise HostsError(
                    f"{host.name}: port 127.0.0.1:{port} is taken on this machine",
                    "end what uses it, or choose another with --publish",
                ) from error


def _system_state(host: Host) -> str:
    return docker("exec", host.container, "systemctl", "is-system-running", check=False, timeout=30)


def _options(host: Host) -> list[str]:
    where = host.addresses
    capabilities = " ".join(f"--cap-add {each}" for each in _CAPABILITIES.split())
    publish = " ".join(f"--publish 127.0.0.1:{each}" for each in host.publish)
    # Back after a reboot from inside and with the machine; a host with a disk waits for `up`, which mounts it first.
    restart = "no" if host.disk else "unless-stopped"
    return shlex.split(f"""
        --name {host.container} --hostname {host.name} --label {network.LABEL}={host.name} --restart {restart}
        --network {addresses.PUBLIC} --ip {where.public_ipv4} --ip6 {where.public_ipv6}
        {_SYSTEMD} {capabilities} {publish}
    """)


def _mounts(host: Host, tag: str) -> list[str]:
    shared = ["--volume", f"{network.names_folder()}/resolv.conf:/etc/resolv.conf"]
    own = ["--volume", f"{host.folder}/hosts:/etc/hosts"]
    if host.disk:
        return [*shared, *own, *disk.make(host.folder, host.disk, tag)]
    # The nested Docker's own volume: overlay2 does not work on top of the overlay the container itself is on.
    return [*shared, *own, "--volume", f"{host.volume}:/var/lib/docker"]
