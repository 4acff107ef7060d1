"""The gateway: the one door for devices and operators. It keeps no state but its keys."""
