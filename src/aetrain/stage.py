"""Parts of a run that train different things, one after another."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """One stage: who plays in it is what `Autoencoder.players` says while it lasts.

    Each begins with the weights that the one before has kept, the best ones by default, and has its
    own optimizers, schedules, early stopping and checkpoint of what it keeps.

    Arguments:
        name: shown beside its epochs; empty in a run of one stage.
        epochs: how many at most; None: `trainer.max_epochs`.
        corrupted: whether its training batches are corrupted, in a run that corrupts them
            (`corruption=`). One that learns a density of codes wants those of clean examples.
        watched: the validation figure, to be minimised, that early stopping and the best
            checkpoint watch; None: the one that the model watches.
    """

    name: str = ""
    epochs: int | None = None
    corrupted: bool = True
    watched: str | None = None
