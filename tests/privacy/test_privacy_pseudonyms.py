"""Pseudonyms: the published test of HMAC-SHA256, keys outside the repository, never a silent default."""

import base64
import dataclasses
import hashlib
import hmac
import os
import secrets
import stat

import pytest

from dww_analysis.domain.study import Study
from dww_analysis.errors import DisclosureError
from dww_analysis.privacy import key_for, new_key, pseudonym
from dww_analysis.privacy.pseudonyms import NO_KEY, PUBLIC_KEY, key_mark, key_path

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


def test_the_mark_of_a_key_tells_keys_apart_and_holds_none(tmp_path):
    first, second = new_key(tmp_path / "one"), new_key(tmp_path / "two")
    marks = [key_mark(STUDY, {"DWW_KEY_FILE": str(path)}, tmp_path) for path in (first, second, first)]
    assert marks[0] == marks[2] != marks[1]
    assert len(marks[0]) == 16 and marks[0] not in first.read_text()
    assert key_mark(STUDY, {}, tmp_path) == NO_KEY
    os.chmod(first, 0o644)
    assert key_mark(STUDY, {"DWW_KEY_FILE": str(first)}, tmp_path) == NO_KEY
    invented = dataclasses.replace(STUDY, data="invented")
    assert key_mark(invented, {"DWW_KEY_FILE": str(second)}, tmp_path) == key_mark(invented, {}, tmp_path)


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


def _written(path, content, mode=0o600):
    path.write_bytes(content)
    os.chmod(path, mode)
    return {"DWW_KEY_FILE": str(path)}


@pytest.mark.parametrize(
    "content",
    [
        b"k" * 40,
        b"00" * 32,
        bytes(range(32)).hex().encode(),
        bytes(range(0, 128, 2)).hex().encode(),
        b"0123456789abcdef" * 4,
        b"3f9ac17d52e8b604" * 4,
        b"een heel lang wachtwoord dat niemand raadt",
        b"Correct Horse, Battery 42 & Staple! Xylofoon Quiz Jazz",
        PUBLIC_KEY,
        PUBLIC_KEY.hex().encode(),
        b" " + PUBLIC_KEY.upper() + b"\n",
        base64.b64encode(PUBLIC_KEY),
        hashlib.sha256(b"s").hexdigest().encode(),
        hashlib.sha256(b"").hexdigest().encode(),
    ],
)
def test_keys_that_can_be_guessed_are_refused(tmp_path, content):
    with pytest.raises(DisclosureError) as error:
        key_for(STUDY, _written(tmp_path / "k", content), tmp_path)
    (problem,) = error.value.problems
    assert problem.found and problem.where and problem.expected and "dww key new s" in problem.action
    assert content.decode("latin-1").strip() not in str(error.value)


def test_random_keys_are_taken_in_any_writing(tmp_path):
    for _ in range(200):
        raw = secrets.token_bytes(32)
        assert key_for(STUDY, _written(tmp_path / "k", raw.hex().encode()), tmp_path) == raw
    assert key_for(STUDY, _written(tmp_path / "k", base64.b64encode(raw)), tmp_path)


def test_links_and_folders_are_no_keys(tmp_path):
    new_key(tmp_path / "k")
    (tmp_path / "link").symlink_to(tmp_path / "k")
    (tmp_path / "nowhere").symlink_to(tmp_path / "absent")
    for name in ("link", "nowhere"):
        with pytest.raises(DisclosureError, match="symbolic link"):
            key_for(STUDY, {"DWW_KEY_FILE": str(tmp_path / name)}, tmp_path)
    with pytest.raises(DisclosureError, match="is not a file"):
        key_for(STUDY, {"DWW_KEY_FILE": str(tmp_path)}, tmp_path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666, 0o601])
def test_a_key_that_others_can_reach_is_refused(tmp_path, mode):
    environ = _written(tmp_path / "k", secrets.token_hex(32).encode(), mode)
    with pytest.raises(DisclosureError, match="can be read by others"):
        key_for(STUDY, environ, tmp_path)
