"""Which build fits a device, as clients speak of it: device profiles in, answers out; agents and operators share it."""
