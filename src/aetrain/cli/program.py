"""The command `ae`: everything one does with a finished run.

A verb is a file beside this one. What is slow to import is imported inside of it, when it is used:
help, completion and mistakes in the command line are answered before torch is.
"""

import os
import sys
from collections.abc import Sequence

import click

from aetrain.cli.classes import classes
from aetrain.cli.compare import compare
from aetrain.cli.decode import decode
from aetrain.cli.denoise import denoise
from aetrain.cli.encode import encode
from aetrain.cli.evaluate import evaluate
from aetrain.cli.export import export
from aetrain.cli.interpolate import interpolate
from aetrain.cli.manifold import manifold
from aetrain.cli.reconstruct import reconstruct
from aetrain.cli.runs import runs
from aetrain.cli.sample import sample
from aetrain.cli.search import search
from aetrain.cli.show import show
from aetrain.cli.traverse import traverse
from aetrain.errors import Interrupted, UserError, did_you_mean

VERBS: Sequence[click.Command] = (
    runs,
    show,
    evaluate,
    compare,
    manifold,
    sample,
    reconstruct,
    encode,
    decode,
    interpolate,
    traverse,
    classes,
    denoise,
    search,
    export,
)

HELP = """Use and judge trained models.

    RUN is a run's directory, a checkpoint, or the word last for the newest run under outputs/.
    Nothing is trained again, and whatever is drawn at random is a function of --seed.
"""

EPILOG = """\b
Examples
  ae runs --sort nll
  ae evaluate outputs/2026-01-31/12-00-00-vae-mnist
  ae sample last -n 100 -o samples.png
  ae encode last photos.zip -o codes.npz
\b
Completion: eval "$(_AE_COMPLETE=bash_source ae)" in ~/.bashrc; zsh_source, fish_source for others.
Exit status: 0 done; 2 something in your input is wrong, one line says what; 1 a fault.
"""


SETTINGS = {"max_content_width": 100, "help_option_names": ["-h", "--help"]}


@click.group(help=HELP, epilog=EPILOG, invoke_without_command=True, context_settings=SETTINGS)
@click.version_option(package_name="aetrain", prog_name="ae", message="%(prog)s %(version)s")
@click.pass_context
def ae(context: click.Context) -> None:
    """Show the help where nothing is asked for."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for verb in VERBS:
    ae.add_command(verb)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    # your own modules are found from where you are, as with `python -m`, but never before others
    sys.path.append(os.getcwd())
    try:
        status = ae.main(arguments, prog_name="ae", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except click.ClickException as error:
        return _complain([_explained(error)])
    except UserError as error:
        return _complain(str(error).splitlines())
    except (click.Abort, KeyboardInterrupt):
        return 130
    except Interrupted as stop:
        return 128 + stop.signum
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    finally:
        sys.path.pop()


def _complain(lines: Sequence[str]) -> int:
    for line in lines:
        click.echo(f"ae: {line}", err=True)
    return 2


def _explained(error: click.ClickException) -> str:
    """Return click's message in one line, with where to look."""
    message = " ".join(error.format_message().split()).removesuffix(".")
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = context.command_path if context else "ae"
    if message.startswith("No such command") and "Did you mean" not in message:
        word = message.split("'")[1]
        message += f".{did_you_mean(word, ae.commands)}"
    return f"{message}; use {path} --help to see what there is"
