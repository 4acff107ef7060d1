"""What reading one file of an upstream may cost."""

import resource
from dataclasses import dataclass

_MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexLimits:
    """The most that reading an `entry.jar` or an index may take."""

    entry_bytes: int = 1 * _MIB
    """Of `entry.json`."""
    packages: int = 200_000
    versions: int = 1_000
    """Of one package."""
    memory_bytes: int = 512 * _MIB
    """Of address space."""
    cpu_seconds: int = 120
    wall_seconds: float = 300.0

    def apply_to_this_process(self) -> None:
        """Bind memory and processor time for the rest of this process's life; leave no core file behind."""
        resource.setrlimit(resource.RLIMIT_AS, (self.memory_bytes, self.memory_bytes))
        resource.setrlimit(resource.RLIMIT_CPU, (self.cpu_seconds, self.cpu_seconds + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
