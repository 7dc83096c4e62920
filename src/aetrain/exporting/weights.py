"""The weights alone, as safetensors."""

import json
from pathlib import Path

from aetrain.averaging import usable
from aetrain.errors import UserError
from aetrain.trained import Trained
from aetrain.writing import write_atomically

NAME = "weights.safetensors"


def write_weights(trained: Trained, path: Path) -> None:
    """Write every weight and buffer under the name that it has in the model.

    The header holds `config`, `event` and `latent` as JSON, from which the model can be built.
    Weights that two modules share are written once for each name.

    References:
        https://huggingface.co/docs/safetensors

    Raises:
        UserError: where the package safetensors is missing.
    """
    try:
        from safetensors.torch import save
    except ImportError as error:
        raise UserError(
            "--format: needs the package safetensors, which is not installed: use"
            " pip install 'aetrain[export]'"
        ) from error
    about = {"config": trained.config, "event": [*trained.event], "latent": [*trained.latent]}
    state = usable(trained.model.state_dict())
    tensors = {name: value.detach().cpu().clone().contiguous() for name, value in state.items()}
    header = {name: json.dumps(value) for name, value in about.items()}
    # safetensors' own files are for their owner alone, whatever the umask says
    write_atomically(path, save(tensors, header))
