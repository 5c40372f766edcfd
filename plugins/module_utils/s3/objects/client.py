# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists, reads and writes objects; nothing is held in memory that is longer than a part."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any

from ...core.errors import StewardError
from ...core.s3 import Access, S3Error, answers, connect
from .model import SINGLE_BYTES, Content, Item, Recorded, folder_of, is_md5, part_bytes

CHUNK = 1024 * 1024
SHA256, MARK = "steward-sha256", "steward-source"
# Our own words beside S3's for what is wrong with an object.
DAMAGED, TRUNCATED = "Damaged", "Truncated"


class SourceChangedError(StewardError):
    """The object is not any more what the listing said."""


def reach(options: Mapping[str, Any]) -> None:
    """See that a bucket answers and lets itself be listed.

    :raises S3Error: it does not.
    """
    store = Store.open(options)
    with answers(store.access.endpoint, f"bucket {store.bucket}"):
        store.server.list_objects_v2(Bucket=store.bucket, Prefix=store.prefix, MaxKeys=1)


@dataclass(frozen=True)
class Store:
    """A prefix of a bucket, with the connection to its server."""

    access: Access
    bucket: str
    prefix: str
    server: Any

    @classmethod
    def open(cls, options: Mapping[str, Any], connections: int = 4) -> Store:
        """From the options of an access and ``bucket`` and ``prefix``."""
        access = Access.read(options)
        return cls(access, options["bucket"], folder_of(options["prefix"]), connect(access, connections=connections))

    def pages(self, operation: str, **given: Any) -> Iterator[Mapping[str, Any]]:
        """The pages of a listing below the prefix."""
        asked = self.server.get_paginator(operation).paginate(Bucket=self.bucket, Prefix=self.prefix, **given)
        with answers(self.access.endpoint, f"listing of {self.bucket}/{self.prefix}"):
            yield from asked

    def list(self) -> Iterator[Item]:
        """The current objects."""
        for page in self.pages("list_objects_v2"):
            for row in page.get("Contents", []):
                key = row["Key"].removeprefix(self.prefix)
                yield Item(key, row["Size"], row["LastModified"], row["ETag"].strip('"'))

    def look(self, key: str) -> Recorded:
        """What a copy says of itself; nothing of one that vanished or was made by others."""
        try:
            with self._answers(key):
                said = self.server.head_object(Bucket=self.bucket, Key=self.prefix + key)["Metadata"]
        except S3Error as error:
            if error.is_missing:
                return Recorded()
            raise
        return Recorded(said.get(MARK, ""), said.get(SHA256, ""))

    def read(self, item: Item, target: IO[bytes] | None = None) -> Content:
        """The whole object, written to ``target`` if there is one.

        :raises SourceChangedError: it is another one than ``item``, or gone.
        """
        try:
            with self._answers(item.key):
                answer = self.server.get_object(Bucket=self.bucket, Key=self.prefix + item.key)
        except S3Error as error:
            if error.is_missing:
                raise SourceChangedError(f"{item.key} was removed in the meantime") from error
            raise
        if answer["ETag"].strip('"') != item.mark:
            raise SourceChangedError(f"{item.key} was overwritten in the meantime")
        content = self._receive(item, answer["Body"], target)
        if _has_md5(answer, item.mark) and content.md5 != item.mark:
            raise S3Error(f"{self.access.endpoint}: {item.key} is damaged", code=DAMAGED)
        return content

    def _receive(self, item: Item, body: Any, target: IO[bytes] | None) -> Content:
        try:
            with self._answers(item.key):
                content = drain(body, target)
        except S3Error as error:
            # It answered, so it is this object that cannot be had.
            raise S3Error(error.message, error.hint, TRUNCATED) from error
        if content.size != item.size:
            said = f"{item.key} ended after {content.size} of {item.size} bytes"
            raise S3Error(f"{self.access.endpoint}: {said}", code=TRUNCATED)
        return content

    def write(self, key: str, file: IO[bytes], content: Content, mark: str) -> str:
        """Publish a file as an object with what is known of it, whole or not at all; returns its ETag.

        :raises S3Error: also when the server says that it has got something else.
        """
        given = {"Bucket": self.bucket, "Key": self.prefix + key}
        metadata = {SHA256: content.sha256, MARK: mark}
        file.seek(0)
        with self._answers(key):
            if content.size > SINGLE_BYTES:
                return self._write_parts(file, content.size, metadata, given)
            # The server compares it, and locked buckets demand it.
            checksum = base64.b64encode(bytes.fromhex(content.md5)).decode()
            answer = self.server.put_object(Body=file, ContentMD5=checksum, Metadata=metadata, **given)
        etag = str(answer["ETag"]).strip('"')
        if _has_md5(answer, etag) and etag != content.md5:
            raise S3Error(f"{self.access.endpoint}: {key} arrived damaged", code=DAMAGED)
        return etag

    def _write_parts(self, file: IO[bytes], size: int, metadata: Mapping[str, str], given: Mapping[str, str]) -> str:
        upload = self.server.create_multipart_upload(Metadata=metadata, **given)["UploadId"]
        try:
            parts: list[dict[str, Any]] = []
            while part := file.read(part_bytes(size)):
                number = len(parts) + 1
                checksum = base64.b64encode(hashlib.md5(part, usedforsecurity=False).digest()).decode()
                sent = self.server.upload_part(
                    Body=part, ContentMD5=checksum, PartNumber=number, UploadId=upload, **given
                )
                parts.append({"PartNumber": number, "ETag": sent["ETag"]})
            whole = {"Parts": parts}
            done = self.server.complete_multipart_upload(MultipartUpload=whole, UploadId=upload, **given)
        except BaseException:
            self.server.abort_multipart_upload(UploadId=upload, **given)
            raise
        return str(done["ETag"]).strip('"')

    def delete(self, key: str) -> None:
        """Remove the current version; a versioned bucket keeps it as an old one."""
        with self._answers(key):
            self.server.delete_object(Bucket=self.bucket, Key=self.prefix + key)

    def _answers(self, key: str) -> Any:
        return answers(self.access.endpoint, f"{self.bucket}/{self.prefix}{key}")


@dataclass(frozen=True)
class Folder:
    """A directory tree that is read like a store."""

    path: str

    def list(self) -> Iterator[Item]:
        """Its regular files; what symbolic links lead to is not part of it."""
        if not os.path.isdir(self.path):
            raise StewardError(f"{self.path} is no directory")
        for folder, _folders, names in os.walk(self.path, onerror=_refuse):
            for name in names:
                path = os.path.join(folder, name)
                try:
                    status = os.lstat(path)
                except FileNotFoundError:
                    # Removed while we walk: it is not there.
                    continue
                if stat.S_ISREG(status.st_mode):
                    yield _item(os.path.relpath(path, self.path), status)

    def read(self, item: Item, target: IO[bytes] | None = None) -> Content:
        """As :meth:`Store.read`."""
        try:
            with open(os.path.join(self.path, item.key), "rb") as file:
                content = drain(file, target)
                after = _item(item.key, os.fstat(file.fileno()))
        except FileNotFoundError as error:
            raise SourceChangedError(f"{item.key} was removed in the meantime") from error
        except OSError as error:
            raise StewardError(f"{item.key} cannot be read: {error.strerror}") from error
        if after != item or content.size != item.size:
            raise SourceChangedError(f"{item.key} was overwritten in the meantime")
        return content


def _has_md5(answer: Mapping[str, Any], etag: str) -> bool:
    # Encrypted with a key of KMS, the ETag looks like an MD5 and is none.
    return is_md5(etag) and not str(answer.get("ServerSideEncryption", "")).startswith("aws:kms")


def _refuse(error: OSError) -> None:
    # A folder removed while we walk is not there; one that cannot be read would be missing silently.
    if not isinstance(error, FileNotFoundError):
        raise StewardError(f"{error.filename} cannot be read: {error.strerror}") from error


def _item(key: str, status: os.stat_result) -> Item:
    modified = datetime.fromtimestamp(status.st_mtime, UTC)
    return Item(key, status.st_size, modified, str(status.st_mtime_ns))


def drain(source: Any, target: IO[bytes] | None = None) -> Content:
    """Read a stream to its end into another one, or nowhere; what it held."""
    sha256, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    while chunk := source.read(CHUNK):
        sha256.update(chunk)
        md5.update(chunk)
        size += len(chunk)
        if target:
            target.write(chunk)
    return Content(size, sha256.hexdigest(), md5.hexdigest())
