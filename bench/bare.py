"""A bare click program: what ``--help`` costs at least."""

import click


@click.group()
def cli() -> None:
    """Does nothing."""


@cli.command()
def nothing() -> None:
    """Does nothing either."""


if __name__ == "__main__":
    cli()
