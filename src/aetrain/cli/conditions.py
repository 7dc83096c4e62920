"""Under which conditions a verb lets a conditional model work."""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.cli.opened import Opened
from aetrain.errors import UserError, did_you_mean
from aetrain.evaluation.styles import require_classes

MOST_NAMES = 20


@final
class Conditions:
    """The class that was asked for, or else the label of each example, where it has one.

    A model that goes through all classes itself (`Autoencoder.sets_condition`) takes the former
    alone.

    Arguments:
        run: whose model works.
        word: a class's name or, of data whose classes have no numbers for names, its number, from
            0; None: labels.

    Raises:
        UserError: for a class that there is not, or a model without a condition.
    """

    def __init__(self, run: Opened, word: str | None) -> None:
        self._model = run.trained.model
        self.names: Sequence[str] = self._model.card.get("classes", ())
        self.chosen = None if word is None else self._number(word)

    def several(self, words: Sequence[str]) -> list[int]:
        """Return which classes words mean; all of them, where there are no words.

        Raises:
            UserError: for a class that there is not, or a model without classes.
        """
        classes = require_classes(self._model).classes
        return [self._number(word, "--class") for word in words] or list(range(classes))

    def name(self, number: int) -> str:
        """Return a class's name, or its number where it has none."""
        return self.names[number] if number < len(self.names) else str(number)

    def of(self, rows: int, y: Tensor | None = None, classes: Sequence[str] = ()) -> Tensor | None:
        """Return c (rows, *shape); None where the model has none, or none is known.

        Arguments:
            rows: how many examples, or codes.
            y: their labels (rows,), below 0 where there is none.
            classes: names of the labels, which need not be in the order of the training's.

        Raises:
            UserError: for a label that is none of the training's classes.
        """
        conditioning, device = self._model.conditioning, self._model.device
        if conditioning is None:
            return None
        if self.chosen is not None:
            found = conditioning.asked(self.chosen, rows, device)
        elif y is None or self._model.sets_condition or not conditioning.labels:
            found = conditioning.asked(None, rows, device)
        else:
            found = conditioning.of_labels(self._among_ours(y, classes).to(device))
        # whole numbers would be taken for classes
        return None if found is None else found.float()

    def _number(self, word: str, option: str = "--condition") -> int:
        """Return which class a word means."""
        conditioning = self._model.conditioning
        if conditioning is None:
            raise UserError(
                f"{option} {word}: this model was trained without one: leave it out, or use a"
                " model with conditioning=concat"
            )
        if not conditioning.labels:
            raise UserError(
                f"{option} {word}: this model's conditions are no classes: use condition=... of"
                " aetrain.load(RUN).sample"
            )
        number = self._place(word)
        if number is None or number >= conditioning.classes:
            raise UserError(
                f"{option} {word}: must be a class{self._listed(conditioning.classes)}."
                f"{did_you_mean(word, self.names)}"
            )
        return number

    def _among_ours(self, y: Tensor, classes: Sequence[str]) -> Tensor:
        """Return labels as positions among the training's classes."""
        conditioning = self._model.conditioning
        assert conditioning is not None
        number = conditioning.classes
        if classes:
            # one place more, which −1 finds, for labels that are missing
            places = torch.tensor([*(self._own(name, number) for name in classes), -1])
            y = places[y.clamp_min(-1)]
        if (largest := int(y.max())) >= number:
            self._own(str(largest), number)
        return y

    def _own(self, name: str, classes: int) -> int:
        """Return which of our classes a label is."""
        place = self._place(name)
        if place is None or place >= classes:
            raise UserError(
                f"the examples have the label {name}, and the training's were of a class"
                f"{self._listed(classes)}: use --condition"
            )
        return place

    def _place(self, name: str) -> int | None:
        """Return which of our classes has this name or, of data without such names, number."""
        if name in self.names:
            return self.names.index(name)
        numbers = not any(own.isdecimal() for own in self.names)
        return int(name) if numbers and name.isdecimal() else None

    def _listed(self, classes: int) -> str:
        if self.names and len(self.names) <= MOST_NAMES:
            return f" of {', '.join(self.names)}"
        return f" from 0 to {classes - 1}"
