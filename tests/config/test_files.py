from pathlib import Path

import pytest

from aetrain.config.files import (
    comments,
    conf_files,
    defaults,
    groups,
    hint,
    holders,
    searched,
    summary,
)


def test_every_group_has_its_choices():
    found = groups()
    assert {"ae", "vae"} <= set(found["model"])
    assert {p.name for p in conf_files().iterdir() if p.is_dir() and p.name[0] != "_"} == set(found)


def test_a_part_of_other_files_is_no_choice():
    assert (conf_files() / "dataset" / "options.yaml").is_file()
    assert "options" not in groups()["dataset"]


def test_the_users_directory_adds_choices_and_groups(tmp_path: Path):
    for name in ("dataset/mine", "extra/one", "dataset/inner/two"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"{name}.yaml").write_text("a: 1\n")
    found = groups([tmp_path])
    assert {"mine", "digits"} <= set(found["dataset"])
    assert found["extra"] == ["one"]
    assert found["dataset/inner"] == ["two"]


@pytest.mark.parametrize("path", sorted(conf_files().glob("*/*.yaml")), ids=lambda p: p.stem)
def test_every_file_begins_with_what_it_is(path: Path):
    assert summary(path)


def test_the_line_on_the_package_is_no_summary():
    text = "variational autoencoder: trained by the ELBO, defines p(x)"
    assert summary(conf_files() / "model" / "vae.yaml") == text


def test_comments_are_found_by_dotted_key(tmp_path: Path):
    path = tmp_path / "a.yaml"
    path.write_text("# top\na:\n  b: 3   # the b\n  c:\n    d: 'x'\ne: ???  # the e\n")
    assert comments(path) == {
        "a": ("", ""),
        "a.b": ("3", "the b"),
        "a.c": ("", ""),
        "a.c.d": ("'x'", ""),
        "e": ("???", "the e"),
    }


def test_defaults_are_those_of_the_defaults_list():
    assert defaults()["model"] == "vae"
    assert "experiment" not in defaults()


def test_a_hint_comes_from_the_file_that_was_chosen():
    module = "aetrain.data.module.DataModule"
    assert hint("dataset.path", [module, "aetrain.data.array.Array"]) == "the file"
    assert hint("dataset.path", [module, "aetrain.data.images.ImageFolder"]) == "the folder or zip"
    assert hint("latent", []) == "dimensions of z"
    assert hint("nothing.here", []) == ""


def test_holders_name_the_choices_with_a_key():
    assert holders("dataset.path") == ["dataset=array", "dataset=dsprites", "dataset=image_folder"]
    assert holders("latent") == []


def test_holders_among_files_for_the_whole_configuration():
    """Their keys are spelt in full."""
    assert "objective=iwae" in holders("objective.weights.distortion")


def test_search_paths_of_hydra_count_too(tmp_path: Path):
    found = searched([f"hydra.searchpath=[file://{tmp_path},pkg://aetrain.config]"], ["mine"])
    assert found[:2] == ["mine", str(tmp_path)]
    assert found[2].endswith("aetrain/config")


def test_a_file_that_cannot_be_read_is_left_to_the_one_that_loads_it(tmp_path: Path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "bad.yaml").write_bytes(b"a: \xff\n")
    assert "bad" in groups([tmp_path])["model"]
