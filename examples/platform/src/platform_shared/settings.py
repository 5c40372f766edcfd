# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings from plain environment variables; secrets come as files (see secret_files)."""

import os
from dataclasses import dataclass
from pathlib import Path


class SettingsError(SystemExit):
    """Ends the process with one line: a wrong setting has no use for a traceback."""


def _number(name: str, default: float, low: float, high: float) -> float:
    text = os.environ.get(name, str(default))
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise SettingsError(f"{name} is {text!r}: allowed is a number from {low:g} to {high:g}")
    return value


def _choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = os.environ.get(name, default)
    if value not in allowed:
        raise SettingsError(f"{name} is {value!r}: allowed is one of {', '.join(allowed)}")
    return value


@dataclass(frozen=True)
class Settings:
    """Every knob of both services, with its default; the README explains them."""

    service: str
    version: str
    secrets_dir: Path
    run_dir: Path
    log_level: str
    port: int
    pool_size: int
    pool_overflow: int
    check_timeout: float
    drain_seconds: float
    graceful_seconds: int
    keep_alive_seconds: int
    worker_concurrency: int
    visibility_timeout: int


def load() -> Settings:
    return Settings(
        service=os.environ.get("SERVICE", "unknown"),
        version=os.environ.get("APP_VERSION", "unknown"),
        secrets_dir=Path(os.environ.get("SECRETS_DIR", "/run/secrets")),
        run_dir=Path(os.environ.get("RUN_DIR", "/tmp")),  # a tmpfs: the root is read-only
        log_level=_choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
        port=int(_number("PORT", 8000, 1, 65535)),
        pool_size=int(_number("DB_POOL_SIZE", 8, 1, 50)),
        pool_overflow=int(_number("DB_POOL_OVERFLOW", 0, 0, 50)),
        check_timeout=_number("CHECK_TIMEOUT_SECONDS", 1.5, 0.1, 30),
        drain_seconds=_number("DRAIN_SECONDS", 2, 0, 300),
        graceful_seconds=int(_number("GRACEFUL_SECONDS", 30, 1, 3600)),
        keep_alive_seconds=int(_number("KEEP_ALIVE_SECONDS", 80, 1, 3600)),
        worker_concurrency=int(_number("WORKER_CONCURRENCY", 2, 1, 64)),
        visibility_timeout=int(_number("VISIBILITY_TIMEOUT_SECONDS", 600, 5, 86400)),
    )


settings = load()
