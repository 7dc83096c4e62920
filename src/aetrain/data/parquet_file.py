"""Tables as .parquet, by pyarrow."""

from pathlib import Path

import numpy as np

from aetrain.data.part import Part, column_of_labels
from aetrain.errors import UserError


def read_parquet(path: Path, label: str | None) -> dict[str, Part]:
    """Return the rows, as `train`; the column `label` apart from the others.

    Raises:
        UserError: naming a column that holds no numbers; without pyarrow.
    """
    try:
        from pyarrow import ArrowException, parquet
    except ImportError as error:
        raise UserError(
            f'{path}: reading it needs pyarrow: pip install "aetrain[parquet]"'
        ) from error
    try:
        table = parquet.read_table(path)
    except ArrowException as error:
        raise ValueError(error) from error
    k = column_of_labels(path, label, table.column_names)
    y = None if k is None else np.asarray(table.column(k).to_pylist())
    table = table if k is None else table.remove_column(k)
    columns = [column.to_numpy() for column in table.columns]
    for name, column in zip(table.column_names, columns):
        if column.dtype.kind not in "biuf":
            kind = table.schema.field(name).type
            raise UserError(
                f"{path}: column '{name}' holds {kind}, not numbers; "
                "drop it, or name labels with dataset.label=..."
            )
    byte = all(column.dtype in (np.bool_, np.uint8) for column in columns)
    x = np.empty((table.num_rows, len(columns)), np.uint8 if byte else np.float32)
    for i, column in enumerate(columns):
        x[:, i] = column
    return {"train": Part(x, y, names=table.column_names, taken=k)}
