"""The option that names modules of a split set."""

import click

module_option = click.option(
    "--module",
    "modules",
    multiple=True,
    metavar="NAME",
    help="Of an app in several files, a module to install besides those that come by themselves; may be repeated.",
)
