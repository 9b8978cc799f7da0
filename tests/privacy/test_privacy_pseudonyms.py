"""Pseudonyms: the published test of HMAC-SHA256, keys outside the repository, never a silent default."""

import dataclasses
import hashlib
import hmac
import os
import stat

import pytest

from dww_analysis.domain.study import Study
from dww_analysis.errors import DisclosureError
from dww_analysis.privacy import key_for, new_key, pseudonym
from dww_analysis.privacy.pseudonyms import PUBLIC_KEY, key_path

STUDY = Study("s", {"en": "S"}, "private", "2026-01-01", "waves_only", (), (), None, {}, {}, ())


def test_a_pseudonym_is_a_keyed_hash_of_sample_and_code():
    key = b"k" * 32
    plain = hmac.new(key, b"4:main:A12", hashlib.sha256).hexdigest()
    assert pseudonym(key, "main", "A12") == "p" + plain[:16]
    assert len({pseudonym(k, s, c) for k in (key, b"l" * 32) for s in ("m", "n") for c in ("1", "2")}) == 8
    assert pseudonym(key, "a:b", "c") != pseudonym(key, "a", "b:c")


def test_hmac_agrees_with_rfc_4231_case_2():
    digest = hmac.digest(b"Jefe", b"what do ya want for nothing?", "sha256").hex()
    assert digest == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


@pytest.mark.parametrize("data", ["invented", "public"])
def test_open_data_uses_the_public_key(tmp_path, data):
    study = dataclasses.replace(STUDY, data=data)
    assert key_for(study, {}, tmp_path) == PUBLIC_KEY


def test_private_data_without_a_key_is_refused(tmp_path):
    with pytest.raises(DisclosureError, match="dww key new"):
        key_for(STUDY, {}, tmp_path)


def test_a_new_key_is_private_random_and_never_replaced(tmp_path):
    path = new_key(key_path("s", {}, tmp_path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    key = key_for(STUDY, {}, tmp_path)
    assert len(key) == 32 and key != PUBLIC_KEY
    with pytest.raises(DisclosureError, match="is there already"):
        new_key(path)
    assert key_for(STUDY, {"DWW_KEY_FILE": str(new_key(tmp_path / "k2"))}, tmp_path) != key


def test_unsafe_key_files_are_refused(tmp_path):
    path = new_key(tmp_path / "k")
    environ = {"DWW_KEY_FILE": str(path)}
    os.chmod(path, 0o644)
    with pytest.raises(DisclosureError, match="chmod 600"):
        key_for(STUDY, environ, tmp_path)
    os.chmod(path, 0o600)
    path.write_text("short")
    with pytest.raises(DisclosureError, match="5 bytes"):
        key_for(STUDY, environ, tmp_path)
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    with pytest.raises(DisclosureError, match="inside a git repository"):
        new_key(tmp_path / "repo" / "deep" / "key")
