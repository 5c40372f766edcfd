# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m platform_shared.imports`: import every module the service has, before it serves.

Needs no secret and no dependency. One line a broken module, exit code 1 if there is any.
"""

import importlib
import pkgutil
import sys

from platform_shared.settings import settings


def modules(package: str) -> list[str]:
    """All of a package, but for its migrations: they only run inside Alembic."""
    path = importlib.import_module(package).__path__
    found = pkgutil.walk_packages(path, f"{package}.", onerror=lambda name: None)
    return [module.name for module in found if ".migrations" not in module.name]


def failures(packages: tuple[str, ...]) -> list[str]:
    lines = []
    for name in [name for package in packages for name in modules(package)]:
        try:
            importlib.import_module(name)
        except Exception as error:  # noqa: BLE001  (importing runs code: anything may come)
            lines.append(f"{name}: {type(error).__name__}: {error}")
    return lines


def main() -> int:
    packages = ("platform_shared", settings.service)
    broken = failures(packages)
    for line in broken:
        print(f"imports: {line}")
    if not broken:
        print(f"imports: all modules of {' and '.join(packages)} can be imported")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
