# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import MappingProxyType

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError, StewardError
from ansible_collections.steward.platform.plugins.module_utils.recovery.escrow import plan

# Of age-keygen and ssh-keygen, made for this test.
AGE = "age16gj3l3090dcq94m2s5y6ppdlpc0mfxn6j668kjerrzx2trjpzp3qmldvfv"
SSH = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0q6yJxO0Yl1v8w9bDqf1nWm7fX2e3h4k5l6m7n8o9p operator@example.org"
KEYS = MappingProxyType(
    {
        "backup-restic-password": "r" * 64 + "\n",
        "backup-pgbackrest-cipher": "p" * 64 + "\n",
        "backup-mac-key": "m" * 64 + "\n",
        "openbao-unseal-1.key": "0" * 64,
        "openbao.json": "{}",
    }
)
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def bundle(keys=KEYS, platform="shop", **changed):
    head = plan.head_of(platform, keys, [AGE])
    return json.dumps({**json.loads(plan.build_bundle(head, "-----BEGIN AGE…", NOW)), **changed})


def test_recipients_are_named_once_and_without_comments():
    assert plan.check_recipients([AGE, SSH, AGE]) == [AGE, SSH.rpartition(" ")[0]]


@pytest.mark.parametrize(
    ("recipients", "said"),
    [
        pytest.param([], "recovery_recipients is empty", id="nobody could open it"),
        pytest.param(["age1short"], "recovery_recipients has 'age1short'", id="a mistyped one"),
        pytest.param(["AGE-SECRET-KEY-1" + "Q" * 58], "allowed is: an age recipient", id="a private key"),
    ],
)
def test_recipients_that_are_refused(recipients, said):
    with pytest.raises(InputError, match=said):
        plan.check_recipients(recipients)


def test_the_programs_arguments_hold_no_key():
    assert plan.build_encrypt([AGE]) == ["age", "--encrypt", "--armor", f"--recipient={AGE}"]
    assert plan.build_decrypt("/home/me/key") == ["age", "--decrypt", "--identity=/home/me/key"]


@pytest.mark.parametrize("name", ["backup-restic-password", "backup-pgbackrest-cipher", "backup-mac-key"])
def test_a_bundle_with_which_nothing_could_be_restored_is_not_made(name):
    with pytest.raises(StewardError, match=f"the escrow folder lacks {name}, which"):
        plan.head_of("shop", {key: text for key, text in KEYS.items() if key != name}, [AGE])


def test_what_the_outside_says_holds_no_key():
    text = bundle()
    assert json.loads(text)["keys"] == sorted(KEYS)
    assert not any(key.strip() in text for key in KEYS.values() if len(key) > 2)


def test_a_present_bundle_stays_until_a_key_or_a_recipient_is_new():
    head = plan.head_of("shop", KEYS, [AGE])
    assert plan.plan_bundle(head, bundle()).changed is False
    first = plan.plan_bundle(head, "")
    assert (first.changed, first.facts["keys"]) == (True, sorted(KEYS))
    other = plan.plan_bundle(plan.head_of("shop", {**KEYS, "openbao-unseal-2.key": "1" * 64}, [AGE]), bundle())
    assert "openbao-unseal-2.key" in other.changes[0].after
    assert "openbao-unseal-2.key" not in other.changes[0].before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("nonsense", "no escrow bundle", id="another file"),
        pytest.param("[]", "no escrow bundle", id="another document"),
        pytest.param(bundle(schema=2), "has schema 2", id="of a newer version"),
    ],
)
def test_what_is_no_bundle(text, said):
    with pytest.raises(InputError, match=said):
        plan.read_head(text)


def test_the_bundle_of_another_platform_is_refused():
    head = plan.read_head(bundle())
    plan.refuse_foreign(head, "shop")
    with pytest.raises(InputError, match="of the platform 'shop', allowed is one of 'bank'"):
        plan.refuse_foreign(head, "bank")


def test_the_inside_has_to_be_what_the_outside_says():
    head = plan.head_of("shop", KEYS, [AGE])
    assert plan.read_plain(head, plan.build_plain(head, KEYS)) == KEYS
    with pytest.raises(InputError, match="was changed"):
        plan.read_plain({**head, "digest": "0"}, plan.build_plain(head, KEYS))
    with pytest.raises(InputError, match="was changed"):
        plan.read_plain({**head, "platform": "bank"}, plan.build_plain(head, KEYS))


def test_a_bundle_that_lacks_a_key_is_refused():
    keys = {name: text for name, text in KEYS.items() if not name.startswith("openbao")}
    head = {"platform": "shop", "digest": plan.digest(keys)}
    with pytest.raises(InputError, match=r"lacks openbao\*"):
        plan.read_plain(head, plan.build_plain(head, keys))


def test_where_the_keys_go():
    assert plan.unseal_files(KEYS) == {"/etc/openbao/unseal-1.key": "0" * 64}
    assert plan.backup_secrets(KEYS)["backup/restic-password"] == {"value": "r" * 64}
    assert set(plan.backup_secrets(KEYS)) == {"backup/restic-password", "backup/pgbackrest-cipher", "backup/mac-key"}
