"""When a run ends before its last epoch."""

from typing import Any, final

from pytorch_lightning.callbacks import EarlyStopping as LightningEarlyStopping


@final
class EarlyStopping(LightningEarlyStopping):
    """Stops after `patience` validations without a better figure.

    Arguments:
        watched: the validation figure, to be minimised.
        patience: validations; in a run that goes on the present value counts, not the saved one.
    """

    def __init__(self, watched: str, patience: int) -> None:
        super().__init__(f"val/{watched}", mode="min", patience=patience)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up what has been counted."""
        super().load_state_dict({**state_dict, "patience": self.patience})
