"""Secrets are references in files and masked in memory."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from edi.errors import ConfigError
from edi.workspace.secrets import SECRET_BYTES_MAX, Secret, SecretReference, read_secret


def test_a_value_never_shows_itself() -> None:
    secret = Secret(b"geheim")
    assert "geheim" not in f"{secret} {secret!r} {[secret]} {secret!s:>20}"
    with pytest.raises(TypeError):
        copy.deepcopy(secret)


def test_the_line_end_an_editor_leaves_is_not_part_of_the_value() -> None:
    assert [Secret(data).reveal() for data in (b"x\n", b"x\r\n", b"x", b"x\n\n")] == ["x", "x", "x", "x\n"]


@pytest.mark.parametrize("text", ["geheim", "${ENV:X}", "$env:X", "${env:}", "x${env:X}", "${file:a}b", "${env:A B}", ""])
def test_what_is_no_reference_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match=r"secret|name of an environment") as caught:
        SecretReference.read(text)
    assert not text or text not in str(caught.value) or text.startswith("${env")


def test_an_environment_variable_is_read_when_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    reference = SecretReference.read("${env:EDI_TEST_SECRET}")
    monkeypatch.delenv("EDI_TEST_SECRET", raising=False)
    with pytest.raises(ConfigError, match="EDI_TEST_SECRET"):
        read_secret(reference, tmp_path)
    monkeypatch.setenv("EDI_TEST_SECRET", "geheim")
    assert read_secret(reference, tmp_path).reveal() == "geheim"


@pytest.mark.parametrize(("mode", "ok"), [(0o600, True), (0o400, True), (0o640, True), (0o644, False), (0o602, False)])
def test_y11_a_file_that_everybody_may_read_or_change_is_refused(tmp_path: Path, mode: int, ok: bool) -> None:
    place = tmp_path / "key"
    place.write_text("geheim")
    place.chmod(mode)
    if ok:
        assert read_secret(SecretReference("file", "key"), tmp_path).data() == b"geheim"
    else:
        with pytest.raises(ConfigError, match="everybody"):
            read_secret(SecretReference("file", "key"), tmp_path)


def test_a_folder_or_a_huge_file_is_no_secret(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir(mode=0o700)
    (tmp_path / "huge").write_bytes(b"x" * (SECRET_BYTES_MAX + 1))
    (tmp_path / "huge").chmod(0o600)
    for name in ("folder", "huge"):
        with pytest.raises(ConfigError):
            read_secret(SecretReference("file", name), tmp_path)
