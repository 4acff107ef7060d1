import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from appshare.device_agent.__main__ import main
from appshare.device_agent.vcards import Card, CardFile, read_cards


def card(*lines: str, version: str = "3.0") -> bytes:
    return "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""]).encode()


def only_card(data: bytes, **options: str) -> Card:
    file = read_cards(data, **options)
    assert file.skipped == ()
    (found,) = file.cards
    return found


def test_a_card_is_read() -> None:
    data = card("FN:Li Wei", "N:Li;Wei;;;", "TEL;TYPE=CELL:+86 138 0013 8000", "TEL:010-5555", "UID:u-1")
    assert only_card(data) == Card(1, "Li Wei", ("+86 138 0013 8000", "010-5555"), "u-1")


@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r"])
def test_every_line_ending_is_read(ending: str) -> None:
    data = card("FN:Li Wei", "TEL:123").replace(b"\r\n", ending.encode())
    assert only_card(data).numbers == ("123",)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_unicode_encoding_is_read(encoding: str) -> None:
    assert only_card(card("FN:李伟").decode().encode(encoding)).name == "李伟"


def test_names_of_properties_are_read_in_any_case_and_group() -> None:
    data = b"begin:vcard\nfn:Li Wei\nitem1.Tel:123\nitem1.X-ABLabel:work\nend:vcard\n"
    assert only_card(data).numbers == ("123",)


def test_folded_lines_are_joined() -> None:
    assert only_card(card("FN:Li", "  W", "\tei")).name == "Li Wei"


def test_a_fold_within_a_letter_is_joined() -> None:
    data = card("FN:李伟").replace("李".encode(), b"\xe6\x9d\r\n \x8e")
    assert only_card(data).name == "李伟"


def test_quoted_printable_is_read_over_its_soft_line_breaks() -> None:
    line = "FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E6=9D=8E=E4=\r\n=BC=9F"
    assert only_card(card(line, "TEL:123", version="2.1")) == Card(1, "李伟", ("123",))


@pytest.mark.parametrize("parameter", ["QUOTED-PRINTABLE", "ENCODING=quoted-printable", "encoding=Quoted-Printable"])
def test_quoted_printable_is_recognised_as_programs_write_it(parameter: str) -> None:
    assert only_card(card(f"FN;{parameter}:J=C3=BCrgen", version="2.1")).name == "Jürgen"


@pytest.mark.parametrize(
    ("charset", "encoding", "name"),
    [
        ("GB2312", "gb18030", "李伟"),
        ("SHIFT_JIS", "cp932", "安藤 ①"),  # the sign is in Windows' larger set only
        ("ISO-8859-1", "cp1252", "Jürgen “J” Groß"),
        ("BIG5", "big5", "陳大文"),
        ('"KOI8-R"', "koi8-r", "Иван"),
    ],
)
def test_a_declared_charset_is_used(charset: str, encoding: str, name: str) -> None:
    data = card(f"FN;CHARSET={charset}:@", version="2.1").replace(b"@", name.encode(encoding))
    assert only_card(data).name == name


@pytest.mark.parametrize("charset", ["NO-SUCH-CHARSET", "hex", "UTF-7-X\0", ""])
def test_a_charset_that_is_none_does_no_harm(charset: str) -> None:
    assert only_card(card(f"FN;CHARSET={charset}:李伟")).name == "李伟"


def test_an_undeclared_charset_can_be_named() -> None:
    data = card("FN:@").replace(b"@", "李伟".encode("gb18030"))
    assert only_card(data, charset="gb18030").name == "李伟"
    assert only_card(data).name == "ÀîÎ°"  # as a Western program of that time wrote it


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (["FN:", "N:Li;Wei;;;"], "Wei Li"),
        (["N:李;伟;;;"], "李伟"),
        (["N:Doe;John;Quincy;Mr.;III"], "John Quincy Doe"),
        (["N:O\\;Neil;Ann"], "Ann O;Neil"),
        (["NICKNAME:Joe"], "Joe"),
        (["ORG:Pizza Palace;Delivery"], "Pizza Palace Delivery"),
        (["FN:Line\\nbreak\\, and  space "], "Line break, and space"),
        (["FN:A;B\\C\\;D:E\\\\"], "A;BC;D:E\\"),
        ([], ""),
    ],
)
def test_a_name_is_what_the_card_has(lines: list[str], name: str) -> None:
    assert only_card(card(*lines)).name == name


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("TEL;VALUE=uri;TYPE=cell:tel:+1-555-555-5555;ext=5555", "+1-555-555-5555"),
        ("TEL;VALUE=uri:TEL:+86%20138", "+86 138"),
        ('TEL;TYPE="a:b,c":123', "123"),
        ('TEL;X-BROKEN="quote:123', "123"),
        ("TEL;WORK;VOICE:+86 (138) 0013-8000", "+86 (138) 0013-8000"),
        ("TEL:0555p1234", "0555p1234"),
    ],
)
def test_numbers_are_read_as_they_are_written(line: str, number: str) -> None:
    assert only_card(card(line)).numbers == (number,)


def test_a_number_is_listed_once() -> None:
    assert only_card(card("TEL:123", "TEL;WORK:123", "TEL:124")).numbers == ("123", "124")


def test_what_of_a_card_is_skipped_is_told() -> None:
    found = only_card(card("FN:X", "TEL:none yet", "TEL 123", "TEL:124"))
    assert found.numbers == ("124",)
    assert found.skipped == ("line 4: no digit in the number: none yet", "line 5: no colon behind TEL")


def test_a_cut_photo_harms_nothing() -> None:
    data = card("FN:X", "PHOTO;ENCODING=BASE64;TYPE=JPEG:qgEPAAI==ASDF", "garbage", "", "TEL:123", version="2.1")
    assert only_card(data) == Card(1, "X", ("123",))


def test_a_card_without_an_end_costs_only_itself() -> None:
    cut = card("FN:Cut", "TEL:138001").replace(b"END:VCARD\r\n", b"")
    file = read_cards(card("FN:A", "TEL:1") + cut + card("FN:B", "TEL:2") + card("FN:C", "TEL:3"))
    assert [(each.name, each.numbers) for each in file.cards] == [("A", ("1",)), ("B", ("2",)), ("C", ("3",))]
    assert [(each.line, each.reason) for each in file.skipped] == [(6, "the card ends before its END:VCARD")]


def test_a_card_within_a_card_is_passed_over() -> None:
    inner = "BEGIN:VCARD\r\nN:agent\r\nTEL:9\r\nEND:VCARD"
    found = only_card(card("FN:X", "AGENT:", inner, "TEL:1"))
    assert found.numbers == ("1",)
    assert found.skipped == ("line 5: a card within the card",)


@pytest.mark.parametrize(
    "line",
    [
        "TEL" + ";A=" * 50_000,
        "TEL" + ";A=b," * 30_000,
        'TEL;A="' * 30_000,
        "TEL;TYPE=" + "," * 50_000 + '"',
        "N:" + "\\;" * 50_000,
        "N:" + ";" * 50_000,
    ],
    ids=["parameters", "lists", "quotes", "commas", "escapes", "fields"],
)
def test_a_hostile_line_takes_no_time(line: str) -> None:
    file = read_cards(card("FN:A", line, "TEL:1"))
    assert file.cards[0].numbers == ("1",)


def test_ten_thousand_unended_cards_take_no_time() -> None:
    assert len(read_cards(b"BEGIN:VCARD\n" * 10_000).skipped) == 10_000


@given(st.binary(max_size=300))
def test_any_bytes_can_be_read(data: bytes) -> None:
    assert isinstance(read_cards(b"BEGIN:VCARD\nFN" + data + b"\nEND:VCARD\n"), CardFile)


DIFFERENCES = {
    "v30_multibyte_param.vcf": "the middle name, which the truth leaves out, is part of the name",
    "v21_japanese_2.vcf": "its declared charset is used; the truth was read without it and is garbled",
    "John_Doe_ANDROID.vcf": "a number that a card has three times is listed once",
    "outlook-2003.vcf": "placeholders without a digit, for example BusinessPhone, are skipped and told",
}
"""Where real address books are read otherwise than by ez-vcard, and why."""


def test_real_address_books_are_read_as_ez_vcard_reads_them(shared_vcards: Path) -> None:
    manifest = json.loads((shared_vcards / "manifest.json").read_text(encoding="utf-8"))
    different = {
        Path(entry["file"]).name
        for entry in manifest["files"]
        if understood(shared_vcards / entry["file"]) != list(map(expected, entry["ezvcard_0.11.2_truth"]))
    }
    assert len(manifest["files"]) == 35
    assert different == DIFFERENCES.keys()


def test_no_real_card_is_lost(shared_vcards: Path) -> None:
    manifest = json.loads((shared_vcards / "manifest.json").read_text(encoding="utf-8"))
    for entry in manifest["files"]:
        file = read_cards((shared_vcards / entry["file"]).read_bytes())
        assert file.skipped == ()
        assert len(file.cards) == len(entry["ezvcard_0.11.2_truth"])


def test_a_real_japanese_name_is_read_in_its_charset(shared_vcards: Path) -> None:
    data = (shared_vcards / "android_frameworks_opt_vcard" / "v21_japanese_2.vcf").read_bytes()
    assert only_card(data).name == "安藤 ロイド 1"


def understood(path: Path) -> list[tuple[str, list[str]]]:
    return [(card.name, list(card.numbers)) for card in read_cards(path.read_bytes()).cards]


def expected(truth: dict[str, Any]) -> tuple[str, list[str]]:
    """The name and the numbers of a card: its FN, else its N, given name first."""
    name = truth["FN"][0] if truth["FN"] else " ".join(filter(None, reversed(truth["N"])))
    return " ".join(name.split()), truth["TEL"]


def test_the_command_shows_of_every_real_address_book_what_was_understood(shared_vcards: Path, tmp_path: Path) -> None:
    manifest = json.loads((shared_vcards / "manifest.json").read_text(encoding="utf-8"))
    for entry in manifest["files"]:
        words = ["--home", str(tmp_path), "contacts", "read", str(shared_vcards / entry["file"]), "--json"]
        shown = json.loads(CliRunner().invoke(main, words).stdout)
        names = [card["name"] for card in shown["cards"]]
        assert names == [name for name, _ in understood(shared_vcards / entry["file"])]
        assert len(names) == len(entry["ezvcard_0.11.2_truth"])
        assert shown["skipped"] == []
