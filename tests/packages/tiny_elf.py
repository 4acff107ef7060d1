"""Native libraries without a cross compiler: the least that a loader accepts, and no code at all."""

import struct

# ABI: (bits, e_machine, e_flags), from the ELF supplements of each processor; 0x05000000 is ARM EABI 5.
MACHINES = {
    "armeabi-v7a": (32, 40, 0x0500_0000),
    "arm64-v8a": (64, 183, 0),
    "x86": (32, 3, 0),
    "x86_64": (64, 62, 0),
}
PAGE = 0x4000  # Android 15 phones may have pages of 16 KB, and the loader refuses a smaller alignment there

ET_DYN, EV_CURRENT = 3, 1
PT_LOAD, PT_DYNAMIC, PT_GNU_STACK = 1, 2, 0x6474_E551
PF_R, PF_W = 4, 2
SHT_STRTAB, SHT_DYNAMIC = 3, 6
DT_NULL, DT_HASH, DT_STRTAB, DT_SYMTAB, DT_STRSZ, DT_SYMENT, DT_SONAME = 0, 4, 5, 6, 10, 11, 14


def shared_object(abi: str, soname: str) -> bytes:
    """The bytes of `soname` for `abi`: it loads with dlopen, needs nothing and exports nothing."""
    bits, machine, flags = MACHINES[abi]
    wide = bits == 64
    word, ehdr_size, phdr_size, shdr_size, symbol_size = ("Q", 64, 56, 64, 24) if wide else ("I", 52, 32, 40, 16)

    def program_header(kind: int, access: int, offset: int, size: int, align: int) -> bytes:
        place = (offset, offset, offset, size, size)  # the file is mapped at address 0 as it is
        if wide:
            return struct.pack("<II6Q", kind, access, *place, align)
        return struct.pack("<I5III", kind, *place, access, align)

    def section_header(kind: int, name: int, offset: int, size: int, link: int) -> bytes:
        return struct.pack(f"<II4{word}II2{word}", name, kind, 0, offset, offset, size, link, 0, 8, 0)

    # The tables, one after the other behind the headers; each size is a multiple of 8.
    hash_table = struct.pack("<4I", 1, 1, 0, 0)  # one bucket, holding the null symbol
    symbols = bytes(symbol_size)  # the null symbol
    strings = f"\0.dynamic\0{soname}\0".encode()  # .dynamic is at 1, the library's name at 10
    strings += bytes(-len(strings) % 8)
    hash_at = (ehdr_size + 3 * phdr_size + 7) // 8 * 8
    symbols_at = hash_at + len(hash_table)
    strings_at = symbols_at + len(symbols)
    dynamic_at = strings_at + len(strings)
    dynamic = b"".join(
        struct.pack(f"<2{word}", tag, value)
        for tag, value in (
            (DT_SONAME, 10),
            (DT_HASH, hash_at),
            (DT_SYMTAB, symbols_at),
            (DT_SYMENT, symbol_size),
            (DT_STRTAB, strings_at),
            (DT_STRSZ, len(strings)),
            (DT_NULL, 0),
            (DT_NULL, 0),
        )
    )
    sections_at = dynamic_at + len(dynamic)

    header = struct.pack(
        f"<16sHHI3{word}I6H",
        bytes([*b"\x7fELF", bits // 32, 1, EV_CURRENT]),
        *(ET_DYN, machine, EV_CURRENT),
        *(0, ehdr_size, sections_at),  # no entry point; where the program and the section headers are
        *(flags, ehdr_size, phdr_size, 3, shdr_size, 3, 1),
    )
    program_headers = (
        program_header(PT_LOAD, PF_R, 0, sections_at, PAGE)
        + program_header(PT_DYNAMIC, PF_R, dynamic_at, len(dynamic), 8)
        + program_header(PT_GNU_STACK, PF_R | PF_W, 0, 0, 16)
    )
    # Section headers are for the linker, yet from target API 26 on Android's loader asks for .dynamic, too.
    section_headers = (
        bytes(shdr_size)
        + section_header(SHT_STRTAB, 0, strings_at, len(strings), 0)
        + section_header(SHT_DYNAMIC, 1, dynamic_at, len(dynamic), 1)
    )
    headers = (header + program_headers).ljust(hash_at, b"\0")
    return headers + hash_table + symbols + strings + dynamic + section_headers
