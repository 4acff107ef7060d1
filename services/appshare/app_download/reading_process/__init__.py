"""Processes that read hostile files: one for each file, forked from a host that has loaded what reading takes."""
