import pytest

from appshare.app_download.upstreams.addresses import InvalidAddress, redirected, require_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://f-droid.org/repo", "https://f-droid.org/repo"),
        ("https://example.org:8443/fdroid/repo/", "https://example.org:8443/fdroid/repo"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000/repo", "http://[::1]:8000/repo"),
        ("http://localhost/repo", "http://localhost/repo"),
    ],
)
def test_an_address_is_https_or_of_this_machine(text: str, address: str) -> None:
    assert require_address(text, plain_http=False) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "f-droid.org/repo",
        "ftp://example.org/repo",
        "file:///etc",
        "http://example.org/repo",
        "http://127.0.0.1.example.org/repo",
        "https://user:secret@example.org/repo",
        "https://example.org/repo?fingerprint=1",
        "https://example.org/repo#top",
        "https://example.org:99999/repo",
        "https://exa mple.org/repo",
        "https://example.org/\n",
        "https://example.org/" + "a" * 500,
        "https://",
    ],
)
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(InvalidAddress):
        require_address(text, plain_http=False)


def test_plain_http_beyond_this_machine_has_to_be_allowed() -> None:
    assert require_address("http://example.org/repo", plain_http=True) == "http://example.org/repo"


@pytest.mark.parametrize(
    ("before", "location", "after"),
    [
        ("https://a.example/repo/x", "https://b.example/x", "https://b.example/x"),
        ("https://a.example/repo/x", "y", "https://a.example/repo/y"),
        ("http://a.example/x", "https://a.example/x", "https://a.example/x"),
        ("http://a.example/x", "/y", "http://a.example/y"),
        ("http://a.example/x", "http://b.example/x", None),
        ("http://127.0.0.1:1/x", "http://127.0.0.1:2/x", None),
        ("https://a.example/x", "http://a.example/x", None),
        ("https://a.example/x", "http://169.254.169.254/latest", None),
        ("https://a.example/x", "file:///etc/passwd", None),
        ("https://a.example/x", "https://user@b.example/x", None),
    ],
)
def test_a_redirection_leads_by_tls_or_nowhere_else(before: str, location: str, after: str | None) -> None:
    assert redirected(before, location) == after
