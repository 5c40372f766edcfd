# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that all modules for S3 have."""

from __future__ import annotations


class ModuleDocFragment:
    """How the server is reached, and as whom."""

    DOCUMENTATION = r"""
options:
  endpoint:
    description: URL of the server, without a bucket. Buckets are named in the path, never in the host name.
    type: str
    required: true
  region:
    description: Name of the region, which is part of every signature.
    type: str
    default: us-east-1
  credentials_file:
    description:
      - AWS shared credentials file on the host, of mode C(0400) or C(0600). Keys come from nowhere else, neither from
        the environment nor from other files of the AWS tools.
    type: path
    default: /etc/steward/backup/aws-credentials
  profile:
    description: Section of O(credentials_file) with C(aws_access_key_id) and C(aws_secret_access_key).
    type: str
    required: true
  ca_file:
    description: Certificates in PEM form that vouch for the server. Without it those that the system trusts.
    type: path
requirements:
  - python3-boto3
author:
  - steward.platform contributors (@steward)
"""

    BOTH = r"""
options:
  source:
    description: What is copied. Either C(path), or C(endpoint), C(profile) and C(bucket).
    type: dict
    required: true
    suboptions:
      path:
        description: Directory on the host.
        type: path
      endpoint:
        description: URL of the server, without a bucket.
        type: str
      profile:
        description: Section of the credentials file whose keys may list and read.
        type: str
      bucket:
        description: Name of the bucket.
        type: str
      region:
        description: Name of the region, which is part of every signature.
        type: str
        default: us-east-1
      credentials_file:
        description: AWS shared credentials file on the host, of mode C(0400) or C(0600). Keys come from nowhere else.
        type: path
        default: /etc/steward/backup/aws-credentials
      ca_file:
        description: Certificates in PEM form that vouch for the server. Without it those that the system trusts.
        type: path
      prefix:
        description: Folder in the bucket, all of it by default.
        type: str
        default: ""
  target:
    description: Where it is copied to.
    type: dict
    required: true
    suboptions:
      endpoint:
        description: URL of the server, without a bucket.
        type: str
        required: true
      profile:
        description: Section of the credentials file whose keys may list, read and write.
        type: str
        required: true
      bucket:
        description: Name of the bucket, which must be there.
        type: str
        required: true
      region:
        description: Name of the region, which is part of every signature.
        type: str
        default: us-east-1
      credentials_file:
        description: AWS shared credentials file on the host, of mode C(0400) or C(0600). Keys come from nowhere else.
        type: path
        default: /etc/steward/backup/aws-credentials
      ca_file:
        description: Certificates in PEM form that vouch for the server. Without it those that the system trusts.
        type: path
      prefix:
        description: Folder in the bucket, all of it by default.
        type: str
        default: ""
requirements:
  - python3-boto3
author:
  - steward.platform contributors (@steward)
"""
