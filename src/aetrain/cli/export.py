"""`ae export`: a model for other programs."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aetrain.cli import options
from aetrain.cli.shown import print_json, watch

if TYPE_CHECKING:
    from aetrain.cli.opened import Opened

FORMATS = ("onnx", "torch_export", "safetensors")
"""The keys of `formats.FORMATS`, and the weights alone."""

EPILOG = """\b
Formats
  onnx          encoder.onnx, x -> mean of q(z|x), and decoder.onnx, z -> mean of p(x|z)
  torch_export  the same as torch.export programs, encoder.pt2 and decoder.pt2
  safetensors   weights.safetensors: all weights by name, with the configuration in its header
The number of examples is free; x and z are as the model sees them (see --scaled elsewhere). A
half that reads a condition takes c beside them, of a class its unit vector, zeros for none. What
is written is read back, in onnxruntime or torch, and compared with the model for 1, 2 and 5
examples: largest_difference is max |a - b| / max(1, |b|), and above 1e-5 it is an error. A model
without an encoder has its decoder written alone. Needs pip install 'aetrain[export]'.
\b
Examples
  ae export last --format onnx
  ae export RUN --format torch_export -o programs
"""


@click.command(epilog=EPILOG)
@options.run
@click.option(
    "--format",
    "name",
    type=click.Choice(FORMATS),
    default="onnx",
    show_default=True,
    help="Of the files.",
)
@options.as_json
@click.option("-o", "--output", type=options.PLACE, metavar="DIR", help="[default: RUN/export]")
@click.option("--allow", multiple=True, metavar="PACKAGE", help="A package of yours whose classes"
              " the run may name.")  # fmt: skip
def export(
    run: Path, name: str, as_json: bool, output: Path | None, allow: tuple[str, ...]
) -> None:
    """Write encoder and decoder for other programs."""
    from aetrain.cli.opened import opened

    with opened(run, "cpu", allow) as found:
        directory = output or found.directory / "export"
        files = _weights(found, directory) if name == "safetensors" else _parts(
            found, directory, name
        )  # fmt: skip
    if as_json:
        print_json({"output": str(directory), "files": files})
        return
    for file in files:
        for key, value in file.items():
            click.echo(f"{key}: {value:.1e}" if isinstance(value, float) else f"{key}: {value}")


def _weights(run: "Opened", directory: Path) -> list[dict[str, Any]]:
    from aetrain.cli.written import writing
    from aetrain.exporting.weights import NAME, write_weights

    with writing(directory / NAME) as path:
        write_weights(run.trained, path)
    return [{"file": str(path)}]


def _parts(run: "Opened", directory: Path, name: str) -> list[dict[str, Any]]:
    from aetrain.cli.written import writing
    from aetrain.exporting.check import largest_difference
    from aetrain.exporting.formats import FORMATS
    from aetrain.exporting.part import parts_of

    kind = FORMATS[name]()
    kind.require()
    files: list[dict[str, Any]] = []
    parts = parts_of(run.trained.model)
    for part in watch("exporting", len(parts))(parts):
        with writing(directory / f"{part.name}{kind.suffix}") as path:
            kind.write(part, path)
        difference = largest_difference(part, kind.read(part, path))
        files.append({"file": str(path), "largest_difference": difference})
    return files
