"""Which training examples keep their labels, and batches of them."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.errors import UserError
from aetrain.seeding import LABELLED, generator

MISSING = -1
"""What stands for a label that is not known; every number below 0 does."""

Labelled = int | str
"""`all`, `none`, or how many."""


def require_labelled(labelled: Labelled) -> None:
    """Refuse what is neither a word nor a number.

    Raises:
        UserError: naming the choices.
    """
    number = isinstance(labelled, int) and not isinstance(labelled, bool) and labelled > 0
    if not number and labelled not in ("all", "none"):
        raise UserError(
            f"dataset.labelled={labelled}: choose all, none, or a number of examples, such as 100"
        )


def kept_labels(y: Tensor | None, labelled: Labelled, classes: Sequence[str], seed: int) -> Tensor:
    """Return the labels (N,) of training examples, of which only some keep theirs.

    As many of each class keep it, chosen by `seed`; the others' are `MISSING`.

    Arguments:
        y: labels (N,), or None where the data have none.
        labelled: none, or how many keep their label.
        classes: names of the classes, where they have any.
        seed: of the choice.

    Raises:
        UserError: where there are no labels, fewer than are asked for of a class, none of one, or
            where the classes do not divide the number.
    """
    if y is None:
        raise UserError(
            f"dataset.labelled={labelled}: this data set has no labels: use dataset.labelled=all,"
            " or set dataset.label to the column of them"
        )
    kept = torch.full_like(y, MISSING)
    if isinstance(labelled, str):
        return kept
    members = _members(y, classes)
    known = sum(map(len, members))
    if labelled > known:
        raise UserError(
            f"dataset.labelled={labelled}: there are only {known} labelled training examples: use a"
            " smaller number, or dataset.labelled=all"
        )
    _require_balance(labelled, members, classes)
    source = generator(LABELLED, seed)
    for rows in members:
        chosen = rows[torch.randperm(len(rows), generator=source)[: labelled // len(members)]]
        kept[chosen] = y[chosen]
    return kept


def _members(y: Tensor, classes: Sequence[str]) -> list[Tensor]:
    """Return the rows of each class."""
    number = max(len(classes), int(y.max()) + 1)
    return [(y == k).nonzero().flatten() for k in range(number)]


def _require_balance(labelled: int, members: Sequence[Tensor], classes: Sequence[str]) -> None:
    number = len(members)
    smallest = min(range(number), key=lambda k: len(members[k]))
    found, name = len(members[smallest]), classes[smallest] if classes else smallest
    if labelled % number:
        least = max(number, labelled - labelled % number)
        raise UserError(
            f"dataset.labelled={labelled}: the {number} classes are to have as many labelled"
            f" examples each: use a multiple of {number}, such as {least}"
        )
    if not found:
        raise UserError(
            f"dataset.labelled={labelled}: no training example is of class {name}, so none could"
            " be labelled: use more data (dataset.limit, dataset.train_limit), or"
            " dataset.labelled=all"
        )
    if found < labelled // number:
        raise UserError(
            f"dataset.labelled={labelled}: asks for {labelled // number} examples of each class,"
            f" and of class {name} there are {found}: use dataset.labelled={found * number} or less"
        )


@final
class LabelledBatches:
    """n labelled examples for each batch, as many of each class: a function of (seed, number).

    The members of each class come in rounds, each a permutation of its own, so each is shown as
    often as any other of its class.

    Arguments:
        y: labels (N,) of the training examples.
        size: n.
        seed: of the order.

    Raises:
        UserError: where no example is labelled, a class has none, or the classes do not divide n.
    """

    def __init__(self, y: Tensor | None, size: int, seed: int) -> None:
        known = None if y is None else y[y >= 0]
        if y is None or known is None or not len(known):
            raise UserError(
                f"dataset.labelled_batch={size}: no training example has a label: use"
                " dataset.labelled=all or a number, or dataset.labelled_batch=0"
            )
        self._members = _members(y.cpu(), ())
        number = len(self._members)
        self._shortest = min(map(len, self._members))
        if not self._shortest:
            absent = [k for k, rows in enumerate(self._members) if not len(rows)]
            raise UserError(
                f"dataset.labelled_batch={size}: no labelled example is of class {absent[0]}:"
                " choose dataset.labelled=all or a multiple of the number of classes"
            )
        if size % number:
            raise UserError(
                f"dataset.labelled_batch={size}: the {number} classes are to have as many examples"
                f" each: use a multiple of {number}"
            )
        self.size, self.each, self.seed = size, size // number, seed
        self._round: tuple[int, Tensor] = (-1, torch.empty(0))

    def rows(self, number: int) -> Tensor:
        """Return the rows (n,) of batch `number`, counted from the beginning of the run."""
        round_, offset = divmod(number * self.each, self._shortest)
        parts, wanted = list[Tensor](), self.each
        while wanted:
            part = self._order(round_)[:, offset : offset + wanted]
            parts.append(part)
            wanted -= part.shape[1]
            round_, offset = round_ + 1, 0
        return torch.cat(parts, 1).flatten()

    def _order(self, number: int) -> Tensor:
        """Return a round: rows of each class, (K, length of the shortest)."""
        if self._round[0] != number:
            source = generator(LABELLED, self.seed, number)
            shuffled = [
                rows[torch.randperm(len(rows), generator=source)[: self._shortest]]
                for rows in self._members
            ]
            self._round = (number, torch.stack(shuffled))
        return self._round[1]
