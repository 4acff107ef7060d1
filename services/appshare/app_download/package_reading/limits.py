"""What reading one package may cost."""

import resource
from dataclasses import dataclass

_MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingLimits:
    """The most that one package may be, and that reading it may take."""

    entries: int = 100_000
    directory_bytes: int = 32 * _MIB
    """Of the ZIP directory, which Python goes through entry by entry before their number is known."""
    unpacked_bytes: int = 8192 * _MIB
    """Of all entries together, as the archive declares them."""
    manifest_bytes: int = 4 * _MIB
    resources_bytes: int = 64 * _MIB
    icon_bytes: int = 4 * _MIB
    toc_bytes: int = 4 * _MIB
    set_parts: int = 1000
    """Packages of a split set that are read."""
    part_bytes: int = 2048 * _MIB
    """Of each of them."""
    set_bytes: int = 4096 * _MIB
    """Of all of them together, unpacked."""
    memory_bytes: int = 768 * _MIB
    """Of address space."""
    cpu_seconds: int = 60
    """A package of 2 GiB takes up to 20 of them: a JAR signature is verified by unpacking it all."""
    wall_seconds: float = 120.0

    def apply_to_this_process(self) -> None:
        """Bind memory, files and processor time for the rest of this process's life; leave no core file behind."""
        resource.setrlimit(resource.RLIMIT_AS, (self.memory_bytes, self.memory_bytes))
        # Of two equal CPU limits the hard one strikes first, with SIGKILL: it comes later, so that SIGXCPU tells why.
        resource.setrlimit(resource.RLIMIT_CPU, (self.cpu_seconds, self.cpu_seconds + 1))
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.part_bytes, self.part_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
