"""The sums over classes against draws, enumeration and closed forms."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.distributions import Bernoulli, Gumbel, Normal
from torch.nn.functional import cross_entropy, one_hot

from aetrain.build import build_model
from aetrain.classes.class_vae import ClassVAE
from aetrain.errors import UserError
from aetrain.models.m2 import M2
from aetrain.objectives.terms import batch_mean
from aetrain.priors.conditional_gaussian import ConditionalGaussian
from aetrain.world import World
from tests.battery import config

EVENT, B, K, D = (1, 8, 8), 5, 4, 3


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def m2(*options: str) -> M2:
    chosen = ["model=m2", f"conditioning.classes={K}", "network.hidden=[8]", f"latent={D}"]
    model = build_model(config(*chosen, *options), EVENT).double()
    assert isinstance(model, M2)
    return model


def inner(*options: str) -> ClassVAE:
    return m2(*options).inner


def examples(n: int = B) -> Tensor:
    return torch.rand(n, *EVENT).round().double()


def sure_of(vae: ClassVAE, k: int) -> None:
    """Let the classifier be sure of one class."""
    network: Any = vae.classifier.network
    last = network.linears[-1]
    with torch.no_grad():
        last.weight.zero_()
        last.bias.copy_(1e4 * one_hot(torch.tensor(k), K))


@pytest.mark.parametrize("k", range(K))
def test_an_unlabelled_bound_of_a_sure_classifier_is_the_labelled_bound(k: int) -> None:
    vae, x = inner(), examples()
    sure_of(vae, k)
    torch.manual_seed(1)
    unlabelled = vae.bound(x)
    torch.manual_seed(1)
    labelled = vae.bound(x, torch.full((B,), k))
    torch.testing.assert_close(unlabelled.distortion, labelled.distortion)
    torch.testing.assert_close(unlabelled.rate, labelled.rate)


def test_some_labels_may_be_missing() -> None:
    vae, x, y = inner(), examples(), torch.tensor([2, -1, 0, -1, 3])
    bounds = []
    for labels in (y, None, y.clamp_min(0)):
        torch.manual_seed(1)
        bounds.append(vae.bound(x, labels))
    for part in ("distortion", "rate"):
        some, none, every = (getattr(bound, part) for bound in bounds)
        torch.testing.assert_close(some, torch.where(y < 0, none, every))


def test_enumeration_is_what_draws_of_the_class_give_on_average() -> None:
    """y by the Gumbel trick, argmax(ℓ + g): the mean of log p(x, y, z) − log q(y|x) q(z|x, y)."""
    n, vae, x = 20_000, inner(), examples(2)
    with torch.no_grad():
        exact = [vae.of_each_class(x, x) for _ in range(2_000)]
        logits = vae.classifier(x).logits
        distortions, rates = (torch.stack(part) for part in zip(*exact, strict=True))
        weight = logits.softmax(-1).T
        enumerated = (weight * (distortions + rates)).sum(1)
        enumerated = enumerated + (weight * logits.T).sum(0) + math.log(K)
        y = (logits + Gumbel(0.0, 1.0).sample((n, 2, K)).double()).argmax(-1)
        with vae.condition.given(one_hot(y.flatten(), K).double()):
            every = x.repeat(n, 1, 1, 1)
            q: Any = vae.encoder(every)
            z = q.rsample()
            cost = -vae.decoder(z).log_prob(every) + q.log_prob(z) - vae.prior().log_prob(z)
        drawn = cost.view(n, 2) + logits.gather(1, y.T).T + math.log(K)
    error = (drawn.var(0) / n + enumerated.var(0) / len(enumerated)).sqrt()
    assert ((drawn.mean(0) - enumerated.mean(0)).abs() < 4 * error).all()


def test_the_rate_is_the_sum_of_both_divergences() -> None:
    vae, x = inner(), examples()
    bound = vae.bound(x)
    _, rates = vae.of_each_class(x, x)
    p = bound.classes.probs
    from_even = (p * (p * K).log()).sum(1)
    torch.testing.assert_close(bound.rate, (p.T * rates).sum(0) + from_even)
    torch.testing.assert_close(p.sum(1), torch.ones(B).double())


def test_log_prob_is_exact_where_the_code_says_nothing() -> None:
    """p(x|y) and q(z|x, y) = p(z), q(y|x) = p(y|x): each weight is the evidence 1/K Σ p(x|y)."""
    model, x = m2(), examples()
    vae = model.inner
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        network: Any = vae.decoder.network
        first, last = network.network.linears
        first.weight[:K, D:] = torch.eye(K)
        last.weight.normal_()
    joint = Bernoulli(logits=last.weight[:, :K].T[None]).log_prob(x.flatten(1)[:, None]).sum(-1)
    expected = joint.logsumexp(1) - math.log(K)
    # of an even q(y|x) the weights are those of K strata, so the mean needs many
    found = model.log_prob(x, 40_000)
    weights = (joint - joint.logsumexp(1, keepdim=True)).exp() * K
    error = (weights.square().mean(1) - 1).sqrt() / 40_000**0.5
    assert ((found - expected).abs() < 5 * error).all()


def test_the_joint_posterior() -> None:
    vae, x, n = inner(), examples(2), 50_000
    q = vae.posterior(x)
    w = q.sample((n,))
    y = w[..., :K].argmax(-1)
    assert torch.equal(w[..., :K], one_hot(y, K).double())
    p = q.classes.probs
    for b in range(2):
        shares = y[:, b].bincount(minlength=K) / n
        assert ((shares - p[b]).abs() < 4 * (p[b] * (1 - p[b]) / n).sqrt()).all()
    error = w.std(0) / n**0.5
    assert ((w.mean(0) - q.mean).abs() < 4.5 * error + 1e-12).all()
    every = q.codes.base_dist  # pyright: ignore
    for b, k in [(0, 1), (1, 3)]:
        own = Normal(every.loc[k * 2 + b], every.scale[k * 2 + b])
        z = torch.randn(D).double()
        point = torch.cat([one_hot(torch.tensor(k), K).double(), z])
        expected = own.log_prob(z).sum() + p[b, k].log()
        torch.testing.assert_close(q.log_prob(point.expand(3, 2, -1))[:, b], expected.expand(3))


def test_the_joint_prior_of_a_class() -> None:
    vae = inner("prior=conditional_gaussian")
    assert isinstance(vae.prior, ConditionalGaussian)
    prior = vae.joint_prior()
    w = prior.sample((20_000,))
    y = w[:, :K].argmax(1)
    assert ((y.bincount(minlength=K) / len(y) - 1 / K).abs() < 4 * (0.19 / len(y)) ** 0.5).all()
    for k in range(K):
        with vae.condition.given(one_hot(torch.tensor([k]), K).double()):
            p = vae.prior()
            assert (prior.sample((9,))[:, :K].argmax(1) == k).all()
        z = w[y == k, K:]
        error = z.std(0) / len(z) ** 0.5
        assert ((z.mean(0) - p.mean.squeeze(0)).abs() < 4.5 * error).all()
        torch.testing.assert_close(prior.log_prob(w[y == k][:7]), p.log_prob(z[:7]) - math.log(K))


def test_labelled_examples_beside_the_batch_are_classified() -> None:
    model, x, y = m2(), examples(), torch.tensor([2, -1, 0, -1, 3])
    logits = model.inner.classifier(x).logits
    own = model.terms({"x": x, "y": y})["classification"]
    known = y >= 0
    torch.testing.assert_close(batch_mean(own, B, World()), cross_entropy(logits[known], y[known]))
    beside = {"x_labelled": x[:2], "y_labelled": torch.tensor([1, 1])}
    term = model.terms({"x": x, "y": y, **beside})["classification"]
    torch.testing.assert_close(
        batch_mean(term, B, World()), cross_entropy(logits[:2], beside["y_labelled"])
    )


def test_a_class_may_be_asked_for() -> None:
    model = m2()
    torch.manual_seed(1)
    one = model.sample(6, 2).mean
    torch.manual_seed(1)
    assert torch.equal(one, model.sample(6, torch.full((6,), 2)).mean)
    assert model.sample(3).mean.shape == (3, *EVENT)
    w = model.encode(examples()).mean
    with model.under(1, B):
        changed = model.decode(w).mean
    other = torch.cat([one_hot(torch.full((B,), 1), K), w[:, K:]], 1)
    torch.testing.assert_close(changed, model.decode(other).mean)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["conditioning=none"], "conditioning=none: model=m2 learns classes, and its networks"),
        (["conditioning.drop=0.1"], "model=m2 knows what to do without a label: use"),
        (["+conditioning.shape=[3]"], "conditioning.shape: model=m2 learns classes, and this"),
        (["posterior=delta"], "model=m2 needs a posterior with a density"),
        (["objective=iwae"], "objective: model=m2 has its own and makes no use of another: use"),
    ],
)
def test_what_it_refuses(options: list[str], message: str) -> None:
    with pytest.raises(UserError) as caught:
        build_model(config("model=m2", *options), EVENT)
    assert message in str(caught.value)


def test_without_any_labels() -> None:
    model: Any = m2()
    with pytest.raises(UserError, match="learns classes from labels, and this data set has none"):
        model.terms({"x": examples()})
