# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the image's migration scripts and the database say about the schema."""

import logging
import sys
from functools import cache

from alembic import context
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData

from platform_shared import database, logs


@cache
def scripts(package: str) -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", f"{package}:migrations")
    return ScriptDirectory.from_config(config)


def head(package: str) -> str:
    """The newest revision this image brings; two heads are shown as they are."""
    return ",".join(sorted(scripts(package).get_heads()))


def check_revision(package: str) -> str:
    """The schema is at our head, or newer.

    Newer is fine: a release migrates first (only ever adding) and switches the traffic
    afterwards, and meanwhile the previous release must go on serving.
    """
    with database.probe() as connection:
        applied = set(MigrationContext.configure(connection).get_current_heads())
    known = {script.revision for script in scripts(package).walk_revisions()}
    if applied - known:
        return f"{','.join(sorted(applied))} (newer than {head(package)})"
    if applied != set(scripts(package).get_heads()):
        at = ",".join(sorted(applied)) or "none"
        raise RuntimeError(f"the schema is at revision {at}, this version needs {head(package)}")
    return head(package)


def run(metadata: MetaData) -> None:
    """Called by a service's env.py. Each revision is one transaction of its own."""
    logs.configure(sys.stderr)  # what Alembic prints stays alone on standard output
    logging.getLogger("alembic").setLevel(logging.INFO)
    options = {"target_metadata": metadata, "transaction_per_migration": True}
    if context.is_offline_mode():
        context.configure(dialect_name="postgresql", literal_binds=True, **options)
        with context.begin_transaction():
            context.run_migrations()
        return
    with database.migration_engine().connect() as connection:
        context.configure(connection=connection, **options)
        with context.begin_transaction():
            context.run_migrations()
