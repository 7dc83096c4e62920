"""Sums over the examples of an evaluation, and the figures that they give."""

import itertools
import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, final

import torch
from torch import Tensor

from aetrain.evaluation.clouds import Clouds, gathered_discrepancy
from aetrain.evaluation.clustering import clustering
from aetrain.objectives.terms import Weighted
from aetrain.world import World

ACTIVE_VARIANCE = 0.01
ROUNDING = 1e-13
"""Variance over the squared mean that is none: figures of examples are in single precision."""


Figure = Tensor | Weighted | Clouds
"""Of each example, (B,); of some of them; or the MMD² of two sets that all batches add to."""


class Report(NamedTuple):
    """What a model says of a batch, at weight 1.

    Attributes:
        costs: name -> nats per example, (B,); their sum is the cost that the model watches, if
            it has any.
        code: mean of q(z|x), (B, *latent); (B, 0) where there is no encoder.
        rates: rate of each latent dimension, (B, *latent), where it divides so, else None.
        more: further figures that are no part of the cost, such as a layer's rate.
        counts: how often each of K values occurred in the batch, name -> (..., K), such as codes
            in use; the figure is their perplexity over the whole evaluation.
        fired: which of K units an example set off, name -> (B, K) of flags; the figure is how many
            units no example of the whole evaluation did.
        scores: further figures that come with their standard error, name -> (B,) or `Weighted`,
            of weights 0 and 1.
        clusters: how often each of K clusters met each class, (K, C); the figures are those of
            `evaluation.clustering`, of the whole evaluation.
        assigned: probabilities of the clusters of each example, (B, K).
    """

    costs: dict[str, Tensor]
    code: Tensor
    rates: Tensor | None
    more: Mapping[str, Figure] = MappingProxyType({})
    counts: Mapping[str, Tensor] = MappingProxyType({})
    fired: Mapping[str, Tensor] = MappingProxyType({})
    scores: Mapping[str, Tensor | Weighted] = MappingProxyType({})
    clusters: Tensor | None = None
    assigned: Tensor | None = None


@final
class Tally:
    """Accumulates reports in float64 on the CPU; each example counts once.

    Figures, per example and in nats where nothing else is said: `<term>`; `cost`, the sum of the
    terms; `elbo` = −cost where there is a rate; `bits_per_dim` of the ELBO, and `nll_bits_per_dim`
    where there is an NLL; `active_units`, the dimensions with Var_x(E_q[z]) > 0.01; of counts,
    exp(H) with the entropy H of the shares of the K values, at most K, its mean where there are
    several; of units, how many never fired. Terms, ELBO, bits and scores have their standard error
    over examples beside them, `<figure>_se`.

    References:
        Burda, Grosse, Salakhutdinov: Importance weighted autoencoders. 2016 (active units).
        https://arxiv.org/abs/1509.00519
    """

    def __init__(self) -> None:
        self._sums: dict[str, Tensor] = {}
        self._clouds: dict[str, list[Clouds]] = {}
        self.examples = 0

    def add(self, report: Report, extra: dict[str, Tensor] | None = None) -> None:
        """Add a batch's report and further figures (B,), which come with a standard error."""
        extra = extra or {}
        costs = {name: _exact(c) for name, c in report.costs.items()}
        sums: dict[str, Tensor] = {}
        for name, figure in report.more.items():
            if isinstance(figure, Clouds):
                self._clouds.setdefault(name, []).append(figure.thinned())
            else:
                sums |= _weighted(name, figure)
        cost = {"cost": torch.stack(list(costs.values())).sum(0)} if costs else {}
        for name, figure in {**cost, **costs, **report.scores, **extra}.items():
            x = _exact(figure.cost * figure.weight if isinstance(figure, Weighted) else figure)
            sums |= {**_weighted(name, figure), f"{name}²": (x * x).sum()}
        if report.code.numel():
            code = _exact(report.code.flatten(1))
            sums |= {"code": code.sum(0), "code²": (code * code).sum(0)}
        sums |= {f"{name}#": _exact(counts) for name, counts in report.counts.items()}
        sums |= {f"{name}!": _exact(f.flatten(1)).sum(0) for name, f in report.fired.items()}
        if report.rates is not None:
            sums["rates"] = _exact(report.rates.flatten(1)).sum(0)
        if report.clusters is not None:
            sums["clusters"] = _exact(report.clusters)
        for name, x in sums.items():
            self._sums[name] = self._sums[name] + x if name in self._sums else x
        self.examples += len(report.code)

    def reduce(self, world: World, device: torch.device) -> None:
        """Add the sums of all processes; every process must call this, even with no example."""
        self._compare(world)
        if world.size == 1:
            return
        shapes = world.all({k: tuple(v.shape) for k, v in self._sums.items()})
        for name, shape in next((s for s in shapes if s), {}).items():
            own = self._sums.get(name, torch.zeros(shape, dtype=torch.float64))
            self._sums[name] = world.sum(own.to(device)).cpu()
        self.examples = int(world.sum(torch.tensor(self.examples, device=device)).item())

    def _compare(self, world: World) -> None:
        """Turn what was gathered into sums, those of all processes in the first one.

        Block j is process j's modulo their number, so that one block of each in turn is the order.
        """
        if world.size > 1:
            own = {name: [c.on_cpu() for c in clouds] for name, clouds in self._clouds.items()}
            everyones = world.all(own)
            self._clouds = {name: _in_turn([o.get(name, []) for o in everyones]) for name in own}
        if world.rank == 0:
            for name, clouds in self._clouds.items():
                total, points = gathered_discrepancy(clouds)
                self._sums |= {name: _exact(total), f"{name}/": _exact(points)}
        self._clouds = {}

    def count(self, name: str) -> float:
        """Return of how many examples a figure is: all, or the weights of those it is of."""
        of_some = self._sums.get(f"{name}/")
        return self.examples if of_some is None else of_some.item()

    def mean(self, name: str) -> float:
        """Return the mean of a figure over the examples that it is of."""
        return self._sums[name].item() / self.count(name)

    def standard_error(self, name: str) -> float:
        """Return the standard error of the mean over examples; NaN for a single one."""
        n = self.count(name)
        if n < 2:
            return math.nan
        mean = self.mean(name)
        variance = (self._sums[f"{name}²"] / n).item() - mean**2
        if variance < ROUNDING * mean**2:
            return 0.0
        return math.sqrt(variance / (n - 1))

    @property
    def rates(self) -> Tensor | None:
        """Mean rate of each latent dimension, (D,)."""
        return self._sums["rates"] / self.examples if "rates" in self._sums else None

    @property
    def active(self) -> Tensor:
        """Which dimensions of the code vary with x, (D,) bool."""
        mean = self._sums["code"] / self.examples
        return self._sums["code²"] / self.examples - mean**2 > ACTIVE_VARIANCE

    def figures(self, dimensions: int, bits_offset: float | None) -> dict[str, float]:
        """Return the figures by name.

        Arguments:
            dimensions: number of values of one x.
            bits_offset: see `DataModule.bits_offset`; None leaves bits per dimension out.
        """
        self._compare(World())
        squares = {name for name in self._sums if name.endswith("²")}
        beside = squares | {name for name in self._sums if name.endswith("/")}
        scalars = [n for n, x in self._sums.items() if n not in beside and x.dim() == 0]
        scalars = [name for name in scalars if self.count(name)]
        figures = {name: self.mean(name) for name in scalars}
        for name in scalars:
            if f"{name}²" in squares and name != "cost":
                figures[f"{name}_se"] = self.standard_error(name)
        if "rate" in figures:
            figures["elbo"] = -figures["cost"]
            figures["elbo_se"] = self.standard_error("cost")
            if bits_offset is not None:
                figures |= self._bits("cost", "bits_per_dim", dimensions, bits_offset)
        if "nll" in figures and bits_offset is not None:
            figures |= self._bits("nll", "nll_bits_per_dim", dimensions, bits_offset)
        figures |= {n[:-1]: _perplexity(x) for n, x in self._sums.items() if n.endswith("#")}
        never = {n[:-1]: (x == 0).sum() for n, x in self._sums.items() if n.endswith("!")}
        figures |= {name: float(number) for name, number in never.items()}
        if "clusters" in self._sums:
            figures |= clustering(self._sums["clusters"])
        if "code" in self._sums:
            figures["active_units"] = float(self.active.sum())
        return figures

    def _bits(self, of: str, name: str, dimensions: int, offset: float) -> dict[str, float]:
        nats = dimensions * math.log(2)
        error = self.standard_error(of) / nats
        return {name: self.mean(of) / nats + offset, f"{name}_se": error}


def _in_turn(lists: Sequence[Sequence[Clouds]]) -> list[Clouds]:
    return [c for turn in itertools.zip_longest(*lists) for c in turn if c is not None]


def _weighted(name: str, figure: Tensor | Weighted) -> dict[str, Tensor]:
    """Return the sum of a figure, and that of its weights where it has some."""
    if isinstance(figure, Weighted):
        x, weight = _exact(figure.cost), _exact(figure.weight)
        return {name: (x * weight).sum(), f"{name}/": weight.sum()}
    return {name: _exact(figure).sum()}


def _perplexity(counts: Tensor) -> float:
    shares = counts / counts.sum(-1, keepdim=True)
    return torch.special.entr(shares).sum(-1).exp().mean().item()


def _exact(x: Tensor) -> Tensor:
    """Return x in float64 on the CPU: Apple's GPUs have no float64."""
    return x.detach().cpu().double()
