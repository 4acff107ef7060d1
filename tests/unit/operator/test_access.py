import os
from pathlib import Path

import pytest

from appshare.command_line.input_error import InputError
from appshare.operator.access import Access, AccessOptions, default_data_folder, find_access
from appshare.process.settings import default_data_folder as of_the_servers


@pytest.fixture
def gateway(tmp_path: Path) -> Path:
    """The gateway's folder in the servers' folder."""
    folder = tmp_path / "gateway"
    folder.mkdir()
    (folder / "endpoints.json").write_text('{"devices": "127.0.0.1:1", "operators": "127.0.0.1:2"}')
    (folder / "operator.token").write_text("secret\n")
    return folder


def options(gateway: Path, *, server: str | None = None, token_file: Path | None = None) -> AccessOptions:
    return AccessOptions(server, token_file, gateway.parent)


def test_address_and_token_are_as_the_gateway_left_them(gateway: Path) -> None:
    assert find_access(options(gateway)) == Access("127.0.0.1:2", "secret")


def test_what_is_told_comes_first(gateway: Path, tmp_path: Path) -> None:
    token_file = tmp_path / "token"
    token_file.write_text("other")
    told = options(gateway, server="cloud:7401", token_file=token_file)
    assert find_access(told) == Access("cloud:7401", "other")
    for path in gateway.iterdir():
        path.unlink()
    assert find_access(told) == Access("cloud:7401", "other")


@pytest.mark.parametrize("name", ["endpoints.json", "operator.token"])
def test_a_missing_file_says_what_to_do(gateway: Path, name: str) -> None:
    (gateway / name).unlink()
    with pytest.raises(InputError, match=rf"{name}: start the cloud with `appshare-server all`"):
        find_access(options(gateway))


@pytest.mark.parametrize("content", ["", "[]", '{"devices": "127.0.0.1:1"}'])
def test_a_file_without_an_address_is_named(gateway: Path, content: str) -> None:
    (gateway / "endpoints.json").write_text(content)
    with pytest.raises(InputError, match=r"endpoints\.json does not say where"):
        find_access(options(gateway))


@pytest.mark.parametrize("content", ["", "\n", "two\nlines", "schlüssel"])
def test_a_file_without_a_token_is_named(gateway: Path, content: str) -> None:
    (gateway / "operator.token").write_text(content)
    with pytest.raises(InputError, match=r"operator\.token holds no operator token"):
        find_access(options(gateway))


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read every file")
def test_a_token_of_another_user_says_whose_it_is(gateway: Path) -> None:
    (gateway / "operator.token").chmod(0)
    with pytest.raises(InputError, match="as the user that runs the gateway"):
        find_access(options(gateway))


def test_a_wrong_address_is_refused(gateway: Path) -> None:
    with pytest.raises(InputError, match="--server: not host:port: cloud"):
        find_access(options(gateway, server="cloud"))


def test_the_data_folder_is_that_of_the_servers(monkeypatch: pytest.MonkeyPatch) -> None:

    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere")
    assert default_data_folder() == of_the_servers() == Path("/somewhere/appshare")
    monkeypatch.delenv("XDG_DATA_HOME")
    assert default_data_folder() == of_the_servers()
