import zipfile
from pathlib import Path

import pytest
import torch

from aetrain.data.images import ImageFolder
from tests.data.pictures import load_error, pixels, png, same, zipped
from tests.data.tables import every


@pytest.mark.parametrize("prefix", ["", "archive/", "a/b/"])
def test_zip_equals_folder(prefix: str, split: Path, folder: Path, tmp_path: Path) -> None:
    for root in (split, folder):
        path = zipped(root, tmp_path / "data.zip", prefix)
        assert same(ImageFolder(str(path)).load(), ImageFolder(str(root)).load())


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_process_opens_the_zip_anew(folder: Path, tmp_path: Path) -> None:
    path = zipped(folder, tmp_path / "data.zip")
    table = ImageFolder(str(path), memory_limit=0).load().train
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(torch.arange(6)),
        batch_size=2,
        num_workers=2,
        collate_fn=lambda rows: table.read(torch.stack([row[0] for row in rows])),
        multiprocessing_context="fork",
    )
    assert torch.cat(list(loader)).equal(every(table))


def test_missing_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_error(ImageFolder("pets")) == (
        f"{tmp_path}/pets: does not exist; name a folder or a .zip with dataset.path=..."
    )


@pytest.mark.parametrize(("content", "empty"), [(b"", " (it is empty)"), (b"no zip", "")])
def test_no_zip(content: bytes, empty: str, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    assert load_error(ImageFolder(str(path))) == (
        f"{path}: is neither a folder nor a readable zip{empty}; name one with dataset.path=..."
    )


@pytest.mark.parametrize("name", ["../a.png", "/a.png", "x/../../a.png", "..\\a.png", "C:\\a.png"])
def test_path_traversal(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(name, png(pixels()))
    assert load_error(ImageFolder(str(tmp_path / "a.zip"))) == (
        f"{tmp_path}/a.zip/{name}: points out of the zip; make the zip anew without it"
    )
