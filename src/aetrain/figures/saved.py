"""Where figures go: pixels, or the vectors that papers are set with."""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from torch.utils.tensorboard.writer import SummaryWriter

Vectors = Literal["pdf", "svg"]
PICTURES = (".png", ".pdf", ".svg")
UNDATED: dict[str, dict[str, Any]] = {
    "png": {},
    "pdf": {"CreationDate": None},
    "svg": {"Date": None},
}


def is_picture(path: Path) -> bool:
    """Return whether a file's name is that of a picture."""
    return path.suffix.lower() in PICTURES


def publish(
    figure: "Figure",
    file: Path,
    writers: "Iterable[SummaryWriter]",
    step: int,
    *,
    also: Vectors | None = None,
) -> None:
    """Write a figure to a file and, under the file's name, to TensorBoard; it is drawn once.

    Arguments:
        figure: to be written.
        file: of pixels; its directory is made where it is not there.
        writers: to TensorBoard.
        step: batches trained on, which the picture shows the state after.
        also: kind of a file of vectors beside it.
    """
    stream = BytesIO()
    save(figure, stream)
    png = stream.getvalue()
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(png)
    if also:
        save(figure, file.with_suffix(f".{also}"))
    for writer in writers:
        _show(png, file.stem, writer, step)


def _show(png: bytes, name: str, writer: "SummaryWriter", step: int) -> None:
    """Add what is encoded already: `add_figure` and `add_image` would draw or encode again."""
    from PIL import Image
    from tensorboard.compat.proto import summary_pb2

    summary: Any = summary_pb2  # made by a compiler of protocol buffers that states no types
    with Image.open(BytesIO(png)) as image:
        width, height = image.size
    shown = summary.Summary.Image(height=height, width=width, encoded_image_string=png)
    value = summary.Summary.Value(tag=name, image=shown)
    writer._get_file_writer().add_summary(summary.Summary(value=[value]), step)


def save(figure: "Figure", file: Path | IO[bytes], kind: str = "") -> None:
    """Write a figure; the same figure always makes the same file.

    Arguments:
        figure: to be written.
        file: whose name ends in one of `PICTURES`, or a stream.
        kind: png, pdf or svg; by default what the name says.
    """
    from matplotlib import rc_context

    kind = kind or (file.suffix.lower()[1:] if isinstance(file, Path) else "png")
    # letters as letters, in a font that is embedded; names within a file that do not change
    with rc_context({"pdf.fonttype": 42, "svg.hashsalt": "aetrain"}):
        figure.savefig(file, format=kind, metadata=UNDATED[kind])
