"""Examples in the help of commands."""

import click


def write_examples(examples: str, formatter: click.HelpFormatter) -> None:
    """Writes the section of examples, each on its line as it can be typed."""
    with formatter.section("Examples"):
        for line in examples.strip().splitlines():
            formatter.write(f"{'':>{formatter.current_indent}}{line.strip()}\n")
