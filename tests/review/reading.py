"""What TensorBoard reads of a run."""

from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf import text_format
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.hparams import metadata
from tensorboard.plugins.projector import projector_config_pb2
from tensorboard.util import tensor_util

ALL = {"images": 0, "tensors": 0, "scalars": 0}


def events_of(run: str | Path) -> EventAccumulator:
    return EventAccumulator(str(Path(run) / "tensorboard"), size_guidance=ALL).Reload()


def charts(events: EventAccumulator) -> dict[str, dict[str, list[str]]]:
    """Return category -> chart -> patterns of its curves."""
    (written,) = events.Tensors("custom_scalars__config__")
    layout = layout_pb2.Layout.FromString(  # pyright: ignore[reportAttributeAccessIssue]
        written.tensor_proto.string_val[0]
    )
    return {c.title: {x.title: list(x.multiline.tag) for x in c.chart} for c in layout.category}


def final_columns(events: EventAccumulator) -> list[str]:
    """Return which scalars stand in the table of runs."""
    content = events.SummaryMetadata(metadata.EXPERIMENT_TAG).plugin_data.content
    found = metadata.parse_experiment_plugin_data(content)
    return [info.name.tag for info in found.metric_infos]


def texts(events: EventAccumulator) -> dict[str, list[tuple[int, str]]]:
    return {
        n.removesuffix("/text_summary"): [
            (e.step, e.tensor_proto.string_val[0].decode()) for e in events.Tensors(n)
        ]
        for n in _of(events, "text")
    }


def curves_of_classes(events: EventAccumulator) -> dict[str, list[np.ndarray]]:
    """Return class -> curves: rows of true and false positives and negatives, precision, recall."""
    return {
        name.removeprefix("precision_recall/"): [
            tensor_util.make_ndarray(e.tensor_proto) for e in events.Tensors(name)
        ]
        for name in _of(events, "pr_curves")
    }


def projector(run: str | Path) -> Any:
    """Return the one set of codes of a run, or None."""
    file = Path(run) / "tensorboard/projector_config.pbtxt"
    if not file.is_file():
        return None
    config = projector_config_pb2.ProjectorConfig()  # pyright: ignore[reportAttributeAccessIssue]
    (found,) = text_format.Parse(file.read_text(), config).embeddings
    return found


def _of(events: EventAccumulator, plugin: str) -> list[str]:
    """Return what is there for a plugin."""
    found = events.summary_metadata.items()
    return [tag for tag, content in found if content.plugin_data.plugin_name == plugin]
