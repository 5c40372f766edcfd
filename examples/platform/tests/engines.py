# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""PostgreSQL and Redis of the machine, in scratch directories, on loopback, with TLS."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helpers import free_port, is_open, run, until


def tool(name: str) -> str:
    """Debian keeps PostgreSQL's programs out of the path."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which(name, path=os.pathsep.join([*map(str, places), os.environ["PATH"]]))
    assert found, f"{name} is missing: install Debian's postgresql and redis-server packages"
    return found


class Certificates:
    """An authority of our own and one certificate for 127.0.0.1."""

    def __init__(self, directory: Path) -> None:
        self.ca, self.key, self.cert = (directory / name for name in ("ca.pem", "tls.key", "tls.pem"))
        ca_key, request = directory / "ca.key", directory / "tls.csr"
        names = directory / "names"
        names.write_text("subjectAltName=IP:127.0.0.1\nauthorityKeyIdentifier=keyid\n")
        new = ("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj")
        # Python 3.13 refuses an authority that does not say it may sign.
        usage = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")
        run(*new, "/CN=test-ca", "-x509", "-days", "2", *usage, "-keyout", ca_key, "-out", self.ca)
        run(*new, "/CN=test", "-keyout", self.key, "-out", request)
        sign = ("openssl", "x509", "-req", "-days", "2", "-CAcreateserial", "-extfile", names)
        run(*sign, "-in", request, "-CA", self.ca, "-CAkey", ca_key, "-out", self.cert)


class Engine(ABC):
    """A server that tests may stop and start again on the same port."""

    def __init__(self, directory: Path, certificates: Certificates) -> None:
        self.directory = directory
        self.certificates = certificates
        self.port = free_port()
        self.password = secrets.token_urlsafe(16)
        self._process: subprocess.Popen[bytes] | None = None
        self._log = directory.parent / f"{directory.name}.log"

    @abstractmethod
    def argv(self) -> list[str]:
        """The command that runs the server in the foreground."""

    user: str | None = None
    stop_signal = signal.SIGTERM

    def start(self) -> None:
        if self._process:
            return
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self.argv(), stdout=log, stderr=log, user=self.user, cwd=self.directory)
        until(lambda: is_open(self.port) and self.answers(), 20, f"{self.argv()[0]} answers")

    def answers(self) -> bool:
        return True

    def stop(self) -> None:
        if self._process:
            self._process.send_signal(self.stop_signal)
            self._process.wait(20)
            self._process = None

    def freeze(self) -> None:
        """Takes connections and never answers, as a host that hangs does."""
        self._send_to_all(signal.SIGSTOP)

    def thaw(self) -> None:
        self._send_to_all(signal.SIGCONT)

    def _send_to_all(self, number: int) -> None:
        assert self._process
        main = self._process.pid
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        for pid in (main, *map(int, children)):
            os.kill(pid, number)


class Postgres(Engine):
    stop_signal = signal.SIGINT  # "fast": does not wait for clients

    def __init__(self, directory: Path, certificates: Certificates) -> None:
        super().__init__(directory, certificates)
        key, cert = directory / "tls.key", directory / "tls.pem"
        if os.geteuid() == 0:  # the server refuses to run as root
            self.user = "postgres"
            shutil.chown(directory, self.user)
        # The password goes through a file, which initdb reads as the server's user.
        password_file = directory.parent / "pg-password"
        password_file.write_text(self.password)
        shutil.chown(password_file, self.user or pwd.getpwuid(os.geteuid()).pw_name)
        data = directory / "data"
        run(
            tool("initdb"), "-D", data, "-U", "admin", f"--pwfile={password_file}",
            "--auth=scram-sha-256", "--no-sync", "-E", "UTF8", user=self.user, cwd=directory,
        )  # fmt: skip
        for source, target in ((certificates.key, key), (certificates.cert, cert)):
            shutil.copy(source, target)
            target.chmod(0o600)
            shutil.chown(target, self.user or pwd.getpwuid(os.geteuid()).pw_name)
        (data / "pg_hba.conf").write_text("hostssl all all 127.0.0.1/32 scram-sha-256\n")

    def argv(self) -> list[str]:
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "ssl": "on",
            "ssl_key_file": self.directory / "tls.key",
            "ssl_cert_file": self.directory / "tls.pem",
            "fsync": "off",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [tool("postgres"), "-D", str(self.directory / "data"), *options]

    def answers(self) -> bool:
        done = subprocess.run(
            [tool("pg_isready"), "-h", "127.0.0.1", "-p", str(self.port)],
            stdout=subprocess.DEVNULL,
            check=False,
        )
        return done.returncode == 0

    def url(self, database: str, user: str = "admin", password: str | None = None) -> str:
        tls = f"sslmode=verify-full&sslrootcert={self.certificates.ca}"
        login = f"{user}:{password or self.password}"
        return f"postgresql+psycopg://{login}@127.0.0.1:{self.port}/{database}?{tls}"

    def psql(self, database: str) -> tuple[list[str], dict[str, str]]:
        """Command and environment: a password does not belong on a command line."""
        tls = {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": str(self.certificates.ca)}
        place = {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGDATABASE": database}
        login = {"PGUSER": "admin", "PGPASSWORD": self.password}
        argv = [tool("psql"), "-XAtq", "-v", "ON_ERROR_STOP=1"]
        return argv, os.environ | tls | place | login

    def sql(self, statement: str, database: str = "postgres") -> str:
        argv, environment = self.psql(database)
        return run(*argv, "-c", statement, env=environment).strip()

    @contextmanager
    def locked(self, table: str, database: str) -> Iterator[None]:
        """Hold a table so that nobody can even read it."""
        held = (
            "SELECT count(*) FROM pg_locks WHERE granted AND mode = 'AccessExclusiveLock'"
            f" AND relation = '{table}'::regclass"
        )
        argv, environment = self.psql(database)
        with subprocess.Popen(argv, stdin=subprocess.PIPE, text=True, env=environment) as holder:
            assert holder.stdin
            holder.stdin.write(f"BEGIN; LOCK TABLE {table};\n")
            holder.stdin.flush()
            until(lambda: self.sql(held, database) == "1", 5, f"{table} is locked")
            yield
            holder.stdin.close()


class RedisServer(Engine):
    """One user with no more rights than the services need."""

    ACL = "~* &* +@all -@admin -@dangerous +info"

    def __init__(self, directory: Path, certificates: Certificates) -> None:
        super().__init__(directory, certificates)
        (directory / "users.acl").write_text(
            f"user default off\nuser app on >{self.password} {self.ACL}\nuser admin on >{self.password} ~* &* +@all\n"
        )

    def argv(self) -> list[str]:
        settings = {
            "bind": "127.0.0.1",
            "port": 0,
            "tls-port": self.port,
            "tls-auth-clients": "no",
            "tls-key-file": self.certificates.key,
            "tls-cert-file": self.certificates.cert,
            "tls-ca-cert-file": self.certificates.ca,
            "aclfile": self.directory / "users.acl",
            "dir": self.directory,
            "appendonly": "yes",
            "appendfsync": "always",
            "save": "",
        }
        options = [word for name, value in settings.items() for word in (f"--{name}", str(value))]
        return [tool("redis-server"), *options]

    def url(self, database: int, user: str = "app") -> str:
        tls = f"ssl_cert_reqs=required&ssl_ca_certs={self.certificates.ca}"
        return f"rediss://{user}:{self.password}@127.0.0.1:{self.port}/{database}?{tls}"
