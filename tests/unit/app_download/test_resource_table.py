import struct

from hypothesis import given
from hypothesis import strategies as st

from appshare.app_download.package_reading.resource_table import densities


def chunk(kind: int, header: bytes, content: bytes = b"") -> bytes:
    header_size = 8 + len(header)
    return struct.pack("<HHI", kind, header_size, header_size + len(content)) + header + content


def resource_type(density: int) -> bytes:
    """A type chunk: 12 bytes about its entries, then a configuration with its density at offset 14."""
    return chunk(0x0201, bytes(12) + bytes(14) + struct.pack("<H", density) + bytes(48))


def table(*contents: bytes) -> bytes:
    package = chunk(0x0200, bytes(280), b"".join(contents))
    string_pool = chunk(0x0001, bytes(20))
    return chunk(0x0002, bytes(4), string_pool + package)


def test_the_densities_are_those_of_all_types() -> None:
    assert densities(table(resource_type(480), resource_type(160), resource_type(480))) == (160, 480)


def test_resources_for_any_device_count_as_160_dpi() -> None:
    assert densities(table(resource_type(0))) == (160,)


def test_without_resources_the_density_is_160() -> None:
    assert densities(b"") == (160,)


def test_a_table_that_makes_no_sense_offers_what_was_read_before() -> None:
    assert densities(table(resource_type(240), struct.pack("<HHI", 0x0201, 4, 2), resource_type(480))) == (240,)


@given(st.binary(max_size=300), st.integers(0, 1000))
def test_no_table_stops_the_reader(noise: bytes, cut: int) -> None:
    assert densities(noise)
    assert densities((table(resource_type(240)) + noise)[:cut])
