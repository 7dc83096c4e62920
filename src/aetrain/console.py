"""What a run prints: first what it is about to do, at the end what came out."""

import logging
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from aetrain import hardware
from aetrain.bits import why_none
from aetrain.errors import Interrupted, UserError
from aetrain.trimmed import print_trimmed
from aetrain.typed import typed

if TYPE_CHECKING:
    from aetrain.job import Job, Parts

WIDTH = 110
"""Columns where the output is no terminal."""

console = Console(highlight=False, soft_wrap=True)
if not console.is_terminal:
    console.width = WIDTH

FIGURES = (
    ("test/elbo", "ELBO", "nats"),
    ("test/apparent_elbo", "apparent ELBO, which may be no bound", "nats"),
    ("test/distortion", "distortion", "nats"),
    ("test/rate", "rate", "nats"),
    ("test/squared_error", "squared error", ""),
    ("test/denoising_distortion", "distortion, from corrupted x", "nats"),
    ("test/denoising_squared_error", "squared error, from corrupted x", ""),
    ("test/nll", "NLL, importance-sampled", "nats"),
    ("test/bits_per_dim", "bits per dimension, of the ELBO", "bits"),
    ("test/nll_bits_per_dim", "bits per dimension, of the NLL", "bits"),
    ("test/perplexity", "perplexity of codes", ""),
    ("test/error", "error", "of 1"),
    ("test/cross_entropy", "cross entropy", "nats"),
    ("test/active_units", "active units", ""),
    ("test/code_mmd", "MMD² of codes and prior", ""),
    ("test/in_own_part", "codes in their class's part", "of 1"),
    ("test/data_mmd", "MMD² of draws and examples", ""),
    ("test/probe_accuracy", "linear probe, accuracy", ""),
    ("test/knn_accuracy", "nearest neighbours, accuracy", ""),
    ("test/svm_accuracy", "support vector machine, accuracy", ""),
    ("test/spreading_accuracy", "labels spread over codes, accuracy", ""),
    ("test/cluster_accuracy", "clusters as classes, accuracy", "of 1"),
    ("test/nmi", "mutual information with classes", "of 1"),
)

FINE = (
    *("test/bits_per_dim", "test/nll_bits_per_dim", "test/error", "test/cross_entropy"),
    *("test/code_mmd", "test/data_mmd", "test/in_own_part"),
    *("test/cluster_accuracy", "test/nmi"),
)
"""Figures of more digits."""


@final
class Story:
    """The beginning and the end of a run's output, also written to its train.log.

    Arguments:
        job: what is done.
        parts: with what.
    """

    def __init__(self, job: "Job", parts: "Parts") -> None:
        self.job, self.parts = job, parts
        self.log = Console(
            file=parts.run.log.open("a"),
            width=WIDTH,
            highlight=False,
            soft_wrap=True,  # commands are copied from it, too
        )

    def close(self) -> None:
        """Close the log file."""
        self.log.file.close()

    def failed(self, error: BaseException) -> None:
        """Note in the log how the run ended; the terminal is told by whoever catches it."""
        if isinstance(error, Interrupted):
            self.say(
                f"stopped and saved at step {self.parts.position.step}; go on with: {self._again()}"
            )
        elif isinstance(error, UserError):
            self.log.print(str(error), markup=False)
        else:
            self.log.print("".join(traceback.format_exception(error)), markup=False)

    def say(self, what: Any) -> None:
        """Print to the terminal and to the log."""
        for place in (console, self.log):
            print_trimmed(place, what)

    def plan(self) -> None:
        """Print what the run is about to do."""
        job, data = self.job, self.parts.data
        choice = job.choices
        parameters = sum(p.numel() for p in self.parts.model.parameters())
        sizes = ", ".join(f"{len(table):,} {name}" for name, table in data.tables.items())
        shape = "x".join(map(str, data.event))
        transform = f", binarize={data.binarize_chosen}" if data.binarize_chosen != "none" else ""
        transform += _corruption(job)
        trainer = job.config["trainer"]
        table = Table.grid(padding=(0, 2))
        rows = {
            "model": f"{choice['model']} with likelihood={choice['likelihood']},"
            f" posterior={choice['posterior']}, prior={choice['prior']},"
            f" network={choice['network']},"
            f" latent={self.parts.model.latent.numel()}{_sampler(choice)}:"
            f" {parameters:,} parameters",
            "data": f"{choice['dataset']}: {sizes}; {shape}, {data.values_seen()}{transform};"
            f" {'in memory on the device' if data.in_memory else 'read by workers'}",
            "device": f"{hardware.name(job.device)}; {trainer['precision']},"
            f" float32 products: {job.float32}"
            + (f"; {job.processes} processes" if job.processes > 1 else ""),
            "run": str(self.parts.run.path)
            + (f", going on from step {self.parts.position.step}" if job.resume else ""),
        }
        for name, value in rows.items():
            table.add_row(Text(name, "bold"), Text(value))
        self.say(table)

    def sampler(self, figures: Mapping[str, float]) -> None:
        """Print what was fitted to the codes, and how well it knows those of the validation."""
        name, codes = self.job.choices["sampler"], figures["sampler/codes"]
        line = f"sampler  {name}, fitted to {codes:,.0f} codes in {figures['sampler/fit_s']:.1f} s"
        own, prior = (figures.get(f"sampler/{name}") for name in ("log_prob", "prior_log_prob"))
        if own is not None:
            line += f"; log density of a validation code {own:.2f} nats"
            line += "" if prior is None else f", the model's own {prior:.2f}"
        self.say(line)

    def results(self, results: dict[str, Any], longer: Sequence[str] | None) -> None:
        """Print the figures, and what to do next.

        Arguments:
            results: of the run.
            longer: the options with which it goes on, see `going_on.longer`.
        """
        table = Table(title="test", title_justify="left", box=None, pad_edge=False)
        table.add_column("")
        table.add_column("", justify="right")
        table.add_column("")
        for key, name, unit in FIGURES:
            if key in results:
                table.add_row(name, _number(key, results), f"{unit}{_note(key, results)}")
        table.add_row("epochs", str(results["epochs"]), f"{results['steps']:,} batches")
        if results["time/fit_s"] is not None:  # a run that an older version began knows neither
            table.add_row("time", f"{results['time/fit_s']:.1f}", "s")
            table.add_row("speed", f"{results['speed/examples_per_s']:,.0f}", "examples/s")
        self.say(table)
        if "test/bits_per_dim" not in results and "test/elbo" in results:
            self.say(why_none(self.job.config, self.parts.data.values_seen()))
        if collapsed(results):
            self.say(
                f"posterior collapse: {results['test/active_units']:.0f} of {results['latent']}"
                " units tell examples apart; try annealing=linear, objective=free_bits or a"
                " smaller objective.beta"
            )
        if not self.job.config["trainer"]["fast_dev_run"]:
            if "test/apparent_elbo" in results:
                self.say(self._beside_apparent(results))
            self.say(self._next(longer))

    def _beside_apparent(self, results: dict[str, Any]) -> str:
        """Return what to hold against a bound that a discriminator has a part in."""
        said = "apparent ELBO: no bound on log p(x) while the discriminator lags"
        if "test/nll" not in results:  # a prior without a density, for one
            return said
        command = typed(["evaluate", str(self.parts.run.path), "-m", "ais"], "ae")
        return f"{said}; beside it: {command}"

    def _next(self, longer: Sequence[str] | None) -> str:
        """Return the commands to go on with."""
        path, allow = self.parts.run.path, self.job.config["allow"]
        lines = [
            f"\nfigures      {path / 'figures'}",
            f"TensorBoard  {typed(['--logdir', str(_top(path))], 'tensorboard')}",
            *([] if longer is None else [f"go on        {self._again(longer)}"]),
            f"from Python  aetrain.load({str(path)!r}{f', allow={allow}' if allow else ''})",
        ]
        return "\n".join(lines)

    def _again(self, options: Sequence[str] = ()) -> str:
        """Return the command that goes on with the run."""
        allow = self.job.config["allow"]
        allowed = [f"allow=[{','.join(allow)}]"] if allow else []
        return typed([f"resume={self.parts.run.path}", *options, *allowed])


def collapsed(results: Mapping[str, Any]) -> bool:
    """Return whether a model that pays for its code uses less than a tenth of it.

    Of the hundreds of units that deep hierarchies have, few are ever used.
    """
    active, units = results.get("test/active_units"), results["latent"]
    return "test/rate" in results and active is not None and active < 0.1 * min(units, 256)


def _corruption(job: "Job") -> str:
    node = job.config["corruption"]
    level = f" of level {node['level']:g}" if "level" in node else ""
    return f", corruption={job.choices['corruption']}{level}" if node else ""


def _sampler(choice: Mapping[str, str]) -> str:
    return "" if choice["sampler"] == "prior" else f", sampler={choice['sampler']}"


def _number(key: str, results: dict[str, Any]) -> str:
    value = results[key]
    if value is None:  # infinite or not a number
        return "not finite"
    if key == "test/active_units":
        return f"{value:.0f}"
    digits = 4 if key in FINE else 2
    if f"{key}_low" in results:
        return f"{value:.4f} [{results[f'{key}_low']:.4f}, {results[f'{key}_high']:.4f}]"
    error = results.get(f"{key}_se")
    return f"{value:.{digits}f}" + ("" if error is None else f" ± {error:.{digits}f}")


def _note(key: str, results: dict[str, Any]) -> str:
    if key == "test/nll":
        return f", {results['test/nll_samples']} samples"
    if key == "test/active_units":
        return f"of {results['latent']}"
    if key == "test/probe_accuracy":
        return f"95 % interval; of {results['test/probe_codes']} training codes"
    return ""


def _top(path: Path) -> Path:
    """Return the directory whose runs TensorBoard should show together."""
    parts = path.parts
    return Path(*parts[: parts.index("outputs") + 1]) if "outputs" in parts else path


def quiet() -> None:
    """Silence what Lightning says of itself at the level of information."""
    for name in ("pytorch_lightning", "lightning.pytorch", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
