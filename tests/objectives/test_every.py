"""One battery over every objective in conf/, with every posterior, every prior, and point codes."""

import copy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import aetrain
from aetrain.autoencoder import Autoencoder
from aetrain.build import build_model
from aetrain.config.files import groups
from aetrain.errors import UserError
from aetrain.game import Game
from aetrain.making import make
from aetrain.models.vae import VAE
from aetrain.objectives.inference import Inference
from aetrain.objectives.objective import Objective
from aetrain.planning import build_plan
from tests.battery import Case, cases, config
from tests.conftest import TINY
from tests.posteriors.space import PRIORS as OF_SPACE
from tests.test_resume import equal

EVENT, LATENT, B = (1, 4, 4), 6, 5
OBJECTIVES = groups()["objective"]
POSTERIORS = [p.values[0] for p in cases("posterior") if not p.values[0].options]
PRIORS = [p.values[0] for p in cases("prior") if not p.values[0].options]
REMEDIES = ("use ", "set ", "choose ", "must be ", "declare ")

WITHOUT_A_DENSITY = {"reconstruction", "wae", "sliced_wasserstein"}
"""Objectives that serve point codes."""
STATISTICS = {
    *("beta_tc", "beta_tc_stratified", "capacity", "dip_i", "dip_ii", "free_bits", "geco"),
    *("infovae", "sliced_wasserstein", "wae"),
}
"""Objectives with a term that is a statistic of the batch, or depends on it."""
STATEFUL = {"beta_tc", "beta_tc_stratified", "capacity", "geco"}
REFUSED = {
    ("beta_tc", case.choice)
    for case in POSTERIORS
    if case.choice not in ("diagonal_gaussian", "laplace", "bernoulli")
}
"""(objective, posterior) that do not go together."""

every_objective = pytest.mark.parametrize("objective", OBJECTIVES)


@cache
def base() -> dict[str, Any]:
    return config("network.hidden=[8]", "network.activation=tanh", f"latent={LATENT}")


def chosen(objective: str, *parts: Case, model: str = "vae") -> dict[str, Any]:
    """Return a configuration put together of few composed ones."""
    settings = copy.deepcopy(base())
    of_objective = config(f"objective={objective}")
    settings |= {key: copy.deepcopy(of_objective[key]) for key in ("objective", "samples")}
    settings["samples"] = min(settings["samples"], 4)
    for part in parts:
        settings[part.group] = copy.deepcopy(part.config[part.group])
    if model != "vae":
        settings["model"] = copy.deepcopy(config(f"model={model}")["model"])
    return settings


def data() -> dict[str, Tensor]:
    torch.manual_seed(1)
    return {"x": torch.rand(B, *EVENT).round(), "y": torch.arange(B) % 2}


def build(settings: dict[str, Any]) -> Autoencoder:
    torch.manual_seed(0)
    model = build_model(settings, EVENT)
    for module in model.modules():
        if isinstance(module, Objective):
            module.prepare(3 * B)
    return model


def fit(settings: dict[str, Any]) -> tuple[Autoencoder, dict[str, Tensor]]:
    """Train one batch; return the model and what it cost."""
    model, plan = build(settings), build_plan(settings, "cpu")
    players = model.players()
    optimizers = {
        name: (player.optimizer or plan.optimizer)(player.parameters())
        for name, player in players.items()
    }
    costs = Game(players, optimizers, plan, 10).play(data(), B, 0, measure=True)
    return model, costs


def partner(posterior: Case) -> Case:
    """Return a prior on a posterior's space."""
    family = make(posterior.config["posterior"])((LATENT,))
    options = (f"classes={family.classes}",) if family.classes else ()
    return Case("prior", OF_SPACE[family.space][0], options)


def require_one_line(error: UserError) -> None:
    assert "\n" not in str(error)
    assert any(word in str(error) for word in REMEDIES), error


@every_objective
@pytest.mark.parametrize("posterior", POSTERIORS, ids=str)
def test_every_posterior_is_trained_or_refused(objective: str, posterior: Case) -> None:
    """Finite costs and a gradient for every parameter, or one line that names a remedy."""
    settings = chosen(objective, posterior, partner(posterior))
    if (
        posterior.choice.startswith(("delta", "implicit"))
        or (objective.removesuffix("_stratified"), posterior.choice) in REFUSED
    ):
        with pytest.raises(UserError) as refused:
            fit(settings)
        return require_one_line(refused.value)
    model, costs = fit(settings)
    assert all(cost.isfinite() for cost in costs.values()), costs
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
    return None


@every_objective
@pytest.mark.parametrize("prior", PRIORS, ids=str)
def test_every_prior_is_trained_or_refused(objective: str, prior: Case) -> None:
    settings = chosen(objective, prior)
    try:
        model, costs = fit(settings)
    except UserError as error:
        return require_one_line(error)
    assert all(cost.isfinite() for cost in costs.values()), costs
    assert isinstance(model, VAE)
    # without a rate a prior is moved by its draws, where they have a gradient
    moved = objective not in WITHOUT_A_DENSITY or (
        objective != "reconstruction" and model.prior().has_rsample
    )
    for name, parameter in model.named_parameters():
        assert (parameter.grad is not None) or (name.startswith("prior.") and not moved), name
    return None


@every_objective
@pytest.mark.parametrize("model", [m for m in groups()["model"] if m not in ("ae", "vae")])
def test_every_model_is_trained_or_refuses(objective: str, model: str) -> None:
    settings = copy.deepcopy(config(f"model={model}", f"latent={LATENT}"))
    if "hidden" in settings["network"]:
        settings = copy.deepcopy(config(f"model={model}", f"latent={LATENT}", "network.hidden=[8]"))
    of_objective, own = chosen(objective), settings["objective"]["weights"]
    settings |= {key: of_objective[key] for key in ("objective", "samples")}
    if model == "factor_vae":
        settings["objective"]["weights"]["total_correlation"] = own["total_correlation"]
    try:
        _, costs = fit(settings)
    except UserError as error:
        return require_one_line(error)
    assert all(cost.isfinite() for cost in costs.values()), costs
    return None


@every_objective
def test_point_codes_are_trained_or_refused(objective: str) -> None:
    settings = chosen(objective, Case("posterior", "delta"), model="ae")
    settings["samples"] = 1
    if objective in WITHOUT_A_DENSITY:
        model, costs = fit(settings)
        assert all(cost.isfinite() for cost in costs.values())
        for name, parameter in model.named_parameters():
            assert parameter.grad is not None, name
        return
    with pytest.raises(UserError) as refused:
        fit(settings)
    require_one_line(refused.value)
    assert "objective" in str(refused.value)


@every_objective
def test_terms_have_the_shapes_that_the_game_takes(objective: str) -> None:
    model = build(chosen(objective))
    for player in model.players().values():
        for name, term in player.terms(data()).items():
            assert isinstance(term, Tensor)
            assert term.shape in [(B,), ()], name
            assert term.dtype == torch.float32


@every_objective
def test_half_precision_costs_are_those_of_single(objective: str) -> None:
    model = build(chosen(objective))
    player = next(iter(model.players().values()))
    torch.manual_seed(2)
    full = player.terms(data())
    torch.manual_seed(2)
    with torch.autocast("cpu", torch.bfloat16):
        half = player.terms(data())
    for name, term in half.items():
        assert isinstance(term, Tensor)
        assert term.dtype == torch.float32, name
        torch.testing.assert_close(term, full[name], rtol=0.1, atol=0.1)


@pytest.mark.parametrize("objective", [o for o in OBJECTIVES if o not in STATISTICS])
def test_an_examples_terms_do_not_depend_on_the_batch(objective: str) -> None:
    model = build(chosen(objective)).double()
    assert isinstance(model, VAE)
    x = data()["x"].double()
    raw = model.encoder.network(x)
    whole = inference_of(model, x, raw, None)
    for terms_of in filter(None, (model.objective, model.encoder_objective)):
        terms = terms_of(whole)
        for rows in ([0], [3, 1], [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]):
            part = terms_of(inference_of(model, x[rows], raw[rows], whole.z[:, rows]))
            for name, term in terms.items():
                assert isinstance(term, Tensor)
                torch.testing.assert_close(part[name], term[rows], rtol=1e-10, atol=1e-10)


def inference_of(model: VAE, x: Tensor, raw: Tensor, z: Tensor | None) -> Inference:
    q = model.encoder.family(raw)
    z = q.rsample((model.samples,)) if z is None else z
    return Inference(x, q, z, model.decoder(z), model.prior())


@pytest.mark.parametrize(
    "objective",
    [
        pytest.param(o, marks=[] if o in (*STATEFUL, "dreg", "piwae") else pytest.mark.slow)
        for o in OBJECTIVES
    ],
)
def test_the_same_weights_after_a_resumption(objective: str, here: Path) -> None:
    job = [*TINY, f"objective={objective}", "evaluation.nll_samples=0", "trainer.max_steps=4"]
    if objective == "reconstruction":
        job.append("model=ae")
    aetrain.train([*job, "run.dir=straight"])
    aetrain.train([*job, "run.dir=parts", "trainer.max_steps=2"])
    aetrain.train(["resume=parts", "trainer.max_steps=4"])
    equal(Path("straight"), Path("parts"))
