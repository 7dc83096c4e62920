"""The adversarial autoencoder of class and style."""

from pathlib import Path

import pytest
import torch
from sklearn.datasets import load_digits
from torch import Tensor
from torch.nn.functional import cross_entropy

import aetrain
from aetrain.build import build_model
from aetrain.errors import Interrupted, UserError
from aetrain.models.aae_semi import AAESemi
from aetrain.objectives.terms import Weighted
from tests.battery import config
from tests.conftest import TINY
from tests.test_resume import equal

SMALL = ("network.hidden=[8]", "model.hidden=[8]", "latent=3")


def built(*options: str) -> AAESemi:
    torch.manual_seed(0)
    model = build_model(config("model=aae_semi", *SMALL, *options), (1, 8, 8))
    assert isinstance(model, AAESemi)
    return model


def batch() -> dict[str, Tensor]:
    return {"x": torch.rand(6, 1, 8, 8), "y": torch.tensor([3, -1, 0, 9, -1, 2])}


def test_phases_with_and_without_labels() -> None:
    phases = ["autoencoder", "class_discriminator", "style_discriminator", "encoder"]
    assert list(built().players()) == [*phases, "classifier"]
    clusters = build_model(config("model=aae_cluster", *SMALL), (1, 8, 8))
    assert list(clusters.players()) == phases
    assert clusters.latent == (16 + 3,)


def test_the_classification_is_the_cross_entropy_of_those_with_a_label() -> None:
    model, data = built(), batch()
    term = model.classification(data)["classification"]
    assert isinstance(term, Weighted)
    logits = model.encoder.network(data["x"])[:, :10]
    labelled = data["y"] >= 0
    expected = cross_entropy(logits[labelled], data["y"][labelled])
    found = (term.cost * term.weight).sum() / term.weight.sum()
    torch.testing.assert_close(found, expected)


def test_labelled_examples_beside_the_batch_are_those_that_are_classified() -> None:
    made, given = built(), batch()
    beside = {"x_labelled": torch.rand(7, *given["x"].shape[1:]), "y_labelled": torch.arange(7) % 3}
    term = made.classification({**given, "y": torch.full_like(given["y"], -1), **beside})
    found = term["classification"]
    assert isinstance(found, Weighted)
    alone = made.classification({"x": beside["x_labelled"], "y": beside["y_labelled"]})
    wanted = alone["classification"]
    assert isinstance(wanted, Weighted)
    torch.testing.assert_close(found.cost, wanted.cost)
    assert found.weight.sum() == 7


def test_codes_are_probabilities_and_a_style_and_real_ones_unit_vectors() -> None:
    model = built()
    y, s = model.encode(batch()["x"]).mean.split([10, 3], 1)
    torch.testing.assert_close(y.sum(1), torch.ones(6))
    assert s.shape == (6, 3)
    drawn = model.codes().sample((5000,))[:, :10]
    assert torch.equal(drawn.sort(1).values, torch.eye(10)[9].expand(5000, 10))
    assert (drawn.mean(0) - 0.1).abs().max() < 0.02


def test_the_error_is_of_the_most_probable_class() -> None:
    model, data = built(), batch()
    data["y"] = model.encode(data["x"]).mean[:, :10].argmax(1)
    data["y"][:2] = (data["y"][:2] + 1) % 10
    data["y"][5] = -1
    found = model.report(data).more["error"]
    assert isinstance(found, Weighted)
    assert found.cost[:5].tolist() == [1, 1, 0, 0, 0]
    assert found.weight.tolist() == [1, 1, 1, 1, 1, 0]


def test_what_is_refused() -> None:
    with pytest.raises(UserError, match=r"model\.classes=1: must be at least 2"):
        built("model.classes=1")
    with pytest.raises(UserError, match="prior=vamp is made of the encoder"):
        built("prior=vamp")
    with pytest.raises(UserError, match="model=aae_semi needs labels"):
        built().classification({"x": batch()["x"]})


def test_the_smoothness_is_of_the_classes_around_the_clean_x() -> None:
    model, x = built("model.smoothness=0.5"), torch.rand(6, 1, 8, 8)
    assert "smoothness" not in built().deception({"x": x})
    assert built().players()["encoder"].weights == {}
    assert model.players()["encoder"].weights == {"smoothness": 4.0}
    torch.manual_seed(1)
    found = model.deception({"x": x + 1, "target": x})["smoothness"]

    def logits(x: Tensor) -> Tensor:
        return model.encoder.network(x)[:, :10]

    assert isinstance(found, Tensor)
    r = torch.randn(500, *x.shape)
    r = 0.5 * r / r.flatten(2).norm(dim=2)[..., None, None, None]
    before = logits(x).log_softmax(-1)
    after = torch.stack([logits(x + one).log_softmax(-1) for one in r])
    changes = (before.exp() * (before - after)).sum(-1)
    assert (found > 0.9 * changes.amax(0)).all()
    assert found.mean() > 2 * changes.mean()
    with pytest.raises(UserError, match=r"^model\.smoothness=-1: must be at least 0"):
        built("model.smoothness=-1")


# --- clusters that are begun with those of an autoencoder's styles ---

BEGUN = ("model=aae_cluster", "model.classes=4", "model.pretraining_epochs=2")


def begun() -> AAESemi:
    torch.manual_seed(0)
    model = build_model(config(*BEGUN, *SMALL), (1, 8, 8))
    assert isinstance(model, AAESemi)
    return model


def test_the_stages_and_who_plays_in_them() -> None:
    model, players = begun(), []
    for stage in range(2):
        model.position.stage = stage
        players.append(list(model.players()))
    game = ["autoencoder", "class_discriminator", "style_discriminator", "encoder"]
    assert players == [["autoencoder"], game]
    assert [stage.name for stage in model.stages] == ["pretraining", "clusters"]


def test_the_guidance_fades() -> None:
    model = begun()
    model.position.stage = 1
    weight = model.players()["encoder"].weights["guidance"]
    assert callable(weight)
    assert [round(weight(step, 100), 6) for step in (0, 50, 100)] == [1, 0.5, 0]


def test_no_class_is_told_in_the_first_stage() -> None:
    model, x = begun(), torch.rand(6, 1, 8, 8)
    told = []
    for stage in range(2):
        model.position.stage = stage
        told.append(model.infer({"x": x}))
    assert (told[0].z[..., :4] == 0.25).all()
    torch.testing.assert_close(told[0].z[..., 4:], told[1].z[..., 4:])
    torch.testing.assert_close(told[1].z[0], model.encode(x).mean)


def test_the_guidance_is_the_cross_entropy_with_the_mixtures_parts_of_the_clean_x() -> None:
    model, x = begun(), torch.rand(6, 1, 8, 8)
    model.position.stage = 1
    assert model.guide is not None
    torch.nn.init.normal_(model.guide.mixture.loc)
    seen = x + 0.1
    r = model.guide.mixture().responsibilities(model.guide.encoder(x).mean[:, 4:])
    expected = cross_entropy(model.encoder.network(seen)[:, :4], r, reduction="none")
    found = model.deception({"x": seen, "target": x})["guidance"]
    assert isinstance(found, Tensor)
    torch.testing.assert_close(found, expected)


def test_clusters_begin_as_the_guides_and_the_guide_stays(here: Path) -> None:
    job = [*BEGUN, "dataset=digits", "latent=6", "network.hidden=[64]", "model.hidden=[32]"]
    job += ["model.classes=20", "model.pretraining_epochs=30", "+objective.weights.guidance=1"]
    job += ["trainer.max_epochs=60", "trainer.accelerator=cpu", "callbacks=none"]
    aetrain.train([*job, "likelihood=bernoulli_grey", "run.dir=r"])
    trained = aetrain.load("r")
    assert isinstance(trained.model, AAESemi)
    assert trained.model.guide is not None
    x = torch.from_numpy(load_digits().images[:, None] / 16).float()
    guided = trained.model.guide(x).argmax(1)
    found = trained.model.encode(x).mean[:, :20].argmax(1)
    assert (guided == found).float().mean() > 0.6  # by chance 0.05
    after = torch.load("r/checkpoints/stage-0.ckpt", weights_only=True)["state_dict"]
    kept = trained.model.guide.encoder.state_dict()
    for name, weights in kept.items():
        torch.testing.assert_close(weights, after[f"encoder.{name}"], rtol=0, atol=0)


@pytest.mark.parametrize("step", [4, 9])
def test_stopped_in_any_stage_and_resumed(step: int, here: Path) -> None:
    job = [*TINY, *BEGUN, "model.hidden=[8]", "trainer.max_epochs=2", "trainer.steps_per_call=1"]
    job += ["allow=[tests.two_stages]", "likelihood=bernoulli_grey"]
    aetrain.train([*job, "run.dir=straight"])
    stop = ["+callbacks.stop._target_=tests.two_stages.Stop", f"+callbacks.stop.step={step}"]
    with pytest.raises(Interrupted):
        aetrain.train([*job, "run.dir=stopped", *stop])
    aetrain.train(["resume=stopped", "callbacks.stop.step=-1", "allow=[tests.two_stages]"])
    equal(Path("straight"), Path("stopped"))


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("model.pretraining_epochs=-1", r"model\.pretraining_epochs=-1: must be at least 0"),
        ("model.starts=0", r"model\.starts=0: must be at least 1"),
        ("model.labels=true", r"model\.pretraining_epochs=2: is for clusters"),
    ],
)
def test_which_beginnings_are_refused(option: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        build_model(config(*BEGUN, *SMALL, option), (1, 8, 8))


def test_more_clusters_than_examples_are_refused(here: Path) -> None:
    with pytest.raises(UserError, match=r"model\.classes=500: .* there are 60 training examples"):
        aetrain.train([*TINY, *BEGUN, "model.classes=500"])


def test_the_guide_sees_the_encoders_condition() -> None:
    chosen = config(*BEGUN, *SMALL, "conditioning=concat", "conditioning.classes=3")
    model, x = build_model(chosen, (1, 8, 8)), torch.rand(6, 1, 8, 8)
    assert isinstance(model, AAESemi)
    assert model.guide is not None
    model.guide.encoder.load_state_dict(model.encoder.state_dict())
    with model.under(torch.arange(6) % 3, 6):
        found, expected = model.guide.encoder(x).mean, model.encoder(x).mean
    torch.testing.assert_close(found, expected)
    with model.under(torch.full((6,), 2), 6):
        assert not torch.equal(model.guide.encoder(x).mean, found)


def test_the_game_begins_with_all_its_noise() -> None:
    model = begun()
    model.of_class.noise_left.fill_(0.0)
    model.position.stage = 0
    model.begin_stage(None)  # pyright: ignore[reportArgumentType]  # it reads no data there
    assert model.of_class.noise_left == 1
