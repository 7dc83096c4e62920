"""When a run ends before its last epoch."""

from typing import Any, final

from pytorch_lightning.callbacks import EarlyStopping as LightningEarlyStopping


@final
class EarlyStopping(LightningEarlyStopping):
    """Stops after `patience` validations without a better cost at weight 1.

    Arguments:
        patience: validations; in a run that goes on the present value counts, not the saved one.
        figure: what is watched, to be minimised.
    """

    def __init__(self, patience: int, figure: str = "val/cost") -> None:
        super().__init__(figure, mode="min", patience=patience)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up what has been counted."""
        super().load_state_dict({**state_dict, "patience": self.patience})
