# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An apt repository on a host itself, and a service that has a library of one of its packages in memory."""

from __future__ import annotations

from collections.abc import Mapping

from .machines import Machine

FOLDER = "/srv/steward-test-repository"
SOURCE = "/etc/apt/sources.list.d/steward-test.list"
UNIT = "steward-test-user.service"
LIBRARY = "/usr/lib/steward-test/libsteward-test.so.1"

# A real library under another name: each version has other bytes, and the loader takes both.
BUILD = r"""
set -eu
name=$1 version=$2 depends=$3 conflicts=$4
tree=$(mktemp -d)
install -D -m 0644 /usr/lib/x86_64-linux-gnu/libz.so.1 "$tree/usr/lib/steward-test/lib$name.so.1"
printf '%s' "$version" >> "$tree/usr/lib/steward-test/lib$name.so.1"
mkdir -p "$tree/DEBIAN" FOLDER
{
    printf 'Package: %s\nVersion: %s\nArchitecture: amd64\nMaintainer: Test <test@example.org>\n' "$name" "$version"
    [ -z "$depends" ] || printf 'Depends: %s\n' "$depends"
    [ -z "$conflicts" ] || printf 'Conflicts: %s\n' "$conflicts"
    printf 'Description: made by a test\n'
} > "$tree/DEBIAN/control"
chmod 0755 "$tree"
dpkg-deb --root-owner-group --build "$tree" "FOLDER/${name}_${version}_amd64.deb" >/dev/null
rm -r "$tree"
""".replace("FOLDER", FOLDER)

# dpkg-scanpackages needs perl's dpkg-dev; an index is the control file with where the package is.
INDEX = r"""
set -eu
cd FOLDER
for deb in *.deb; do
    dpkg-deb --field "$deb"
    printf 'Filename: ./%s\nSize: %s\n' "$deb" "$(stat -c %s "$deb")"
    printf 'SHA256: %s\n\n' "$(sha256sum "$deb" | cut -d' ' -f1)"
done > Packages
printf 'Origin: Steward-Test\nLabel: Debian-Security\nSuite: stable\nCodename: stable\n' > Release
printf 'Date: %s\nSHA256:\n %s %s Packages\n' \
    "$(date -Ru)" "$(sha256sum Packages | cut -d' ' -f1)" "$(stat -c %s Packages)" >> Release
echo 'deb [trusted=yes] file:FOLDER ./' > SOURCE
""".replace("FOLDER", FOLDER).replace("SOURCE", SOURCE)

USER = f"""[Service]
ExecStart=/usr/bin/python3 -c "import ctypes, time; ctypes.CDLL('{LIBRARY}'); time.sleep(1e9)"
ExecStopPost=%s
"""


class AptRepository:
    """Packages of the tests on one host; versions are offered in the order in which they are made."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.remove()

    def offer(self, name: str, version: str, *, depends: str = "", conflicts: str = "") -> None:
        """Make a version of a package and offer it, as a security update, beside what is there."""
        self._machine.run(["sh", "-c", BUILD, "build", name, version, depends, conflicts])
        self._machine.run(INDEX)

    def install(self, name: str, version: str) -> None:
        self._machine.run(f"DEBIAN_FRONTEND=noninteractive dpkg --install {FOLDER}/{name}_{version}_amd64.deb")

    def use(self, *, when_stopped: str = "/usr/bin/true") -> None:
        """Start the service that has the library in memory; a restart of it runs another program, too."""
        self._stop()
        self._machine.run(f"cat > /etc/systemd/system/{UNIT}", input=USER % when_stopped)
        self._machine.run(f"systemctl daemon-reload && systemctl start {UNIT}")

    def versions(self) -> Mapping[str, str]:
        """What is installed of our packages."""
        show = "dpkg-query --show --showformat='${Package} ${Version} ${db:Status-Status}\\n' 'steward-test*' || true"
        rows = [line.split() for line in self._machine.run(show).stdout.splitlines()]
        return {row[0]: row[1] for row in rows if row[-1] == "installed"}

    def remove(self) -> None:
        """Take everything of ours away, whatever an earlier session left."""
        names = " ".join(self.versions())
        self._stop()
        if names:
            self._machine.run(f"apt-mark unhold {names} && dpkg --purge --force-depends {names}")
        self._machine.run(f"rm -rf {FOLDER} {SOURCE}")

    def _stop(self) -> None:
        """End the service without its last program, which only a restart by the update is to run."""
        self._machine.run(
            f"rm -f /etc/systemd/system/{UNIT}; systemctl daemon-reload; systemctl stop {UNIT} 2>/dev/null || true"
        )
