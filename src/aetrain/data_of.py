"""The data set of a finished run, read again."""

from collections.abc import Mapping
from typing import Any

import torch

from aetrain.agreement import likelihood_support
from aetrain.build import build_corruption, build_data
from aetrain.data.draws import SPLITS
from aetrain.data.module import DataModule
from aetrain.data.transform import Transform, chosen_transform
from aetrain.errors import UserError, did_you_mean
from aetrain.places import elsewhere
from aetrain.resume import PLACES
from aetrain.seeding import EVALUATE, generator
from aetrain.trained import Trained
from aetrain.values import Values


def data_of(trained: Trained, places: Mapping[str, Any] | None = None) -> DataModule:
    """Return the data that a model was trained with, loaded and divided as they were then.

    Arguments:
        trained: the model.
        places: new values for keys of `dataset` that say where the data are, such as root.

    Raises:
        UserError: where the data are not there any more, or are of another shape; for a key that
            would make another data set of it.
    """
    node = dict(trained.config["dataset"])
    for key, value in (places or {}).items():
        if key not in PLACES or key not in node:
            known = [name for name in PLACES if name in node]
            raise UserError(
                f"dataset.{key}={value}: must be one of {', '.join(known)} for the data of this"
                f" run.{did_you_mean(key, known)}"
            )
        node["source"] = {
            name: value if name == key else old for name, old in node["source"].items()
        }
        node[key] = value
    config = {**trained.config, "dataset": node}
    data = build_data(config)
    support = likelihood_support(config)
    data.suit(support)
    try:
        data.load(support)
    except UserError as error:
        raise elsewhere(error, node) from error
    if data.event != trained.event:
        raise UserError(
            f"the data have the shape {tuple(data.event)} now, but the model was trained on"
            f" {tuple(trained.event)}: use the files of the training"
        )
    data.corruption = build_corruption(config["corruption"], data.values_seen())
    trained.model.denoises = data.corruption is not None
    data.configure(seed=config["seed"], position=trained.model.position)
    return data


def transform_of(trained: Trained) -> Transform:
    """Return what makes x of examples that a model has not seen, as it did in training.

    What was binarised once in training is binarised by a draw. A checkpoint says which values the
    data had, so that the data themselves need not be there any more.
    """
    node, card = trained.config["dataset"], trained.model.card
    if "raw" in card:
        raw = None if card["raw"] is None else Values(**card["raw"])
    else:  # a checkpoint of an earlier version
        raw = data_of(trained).raw
    binarize = "dynamic" if node["binarize"] == "static" else node["binarize"]
    support = likelihood_support(trained.config)
    return chosen_transform(binarize, node["dequantize"], raw, support)


def chosen_rows(
    data: DataModule | torch.Tensor, split: str, most: int | None, *numbers: int
) -> torch.Tensor:
    """Return which rows of a split to take: all, or `most` random ones, in their order.

    Arguments:
        data: loaded data, or the rows that may be taken: what is returned are places among these.
        split: train, valid or test.
        most: at most so many; None for all.
        numbers: what the choice is a function of, besides the split, see `seeding.generator`.
    """
    length = len(data) if isinstance(data, torch.Tensor) else len(data.tables[split])
    if most is None or length <= most:
        return torch.arange(length)
    source = generator(EVALUATE, SPLITS.index(split), *numbers)
    return torch.randperm(length, generator=source)[:most].sort().values
