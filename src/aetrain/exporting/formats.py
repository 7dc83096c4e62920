"""Formats that a model can be exported to, and how what was written is checked."""

import importlib
import io
import logging
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, final

import torch
from torch import Tensor, nn
from torch.export import ExportedProgram
from torch.fx.experimental.proxy_tensor import make_fx

from aetrain.errors import UserError
from aetrain.exporting.part import Part

Loaded = Callable[..., Tensor]
"""A part that was read back: what it is given -> what it finds."""


class Format(ABC):
    """Writes programs of parts, and reads them back with what others would read them with."""

    suffix: str
    needs: Sequence[str] = ()

    def require(self) -> None:
        """Raise UserError where a package is missing."""
        for package in self.needs:
            try:
                importlib.import_module(package)
            except ImportError as error:
                raise UserError(
                    f"--format: needs the package {package}, which is not installed: use"
                    " pip install 'aetrain[export]'"
                ) from error

    @abstractmethod
    def write(self, part: Part, path: Path) -> None:
        """Write a part, for any number of examples."""

    @abstractmethod
    def read(self, part: Part, path: Path) -> Loaded:
        """Return the part as it was written."""


@final
class TorchExport(Format):
    """A `torch.export` program, to be run, or compiled ahead of time, without this package.

    References:
        https://pytorch.org/docs/stable/export.html
    """

    suffix = ".pt2"

    def write(self, part: Part, path: Path) -> None:
        """Write the program."""
        torch.export.save(program_of(part), path)

    def read(self, part: Part, path: Path) -> Loaded:
        """Return the program."""
        return torch.export.load(path).module()


@final
class Onnx(Format):
    """An ONNX graph, checked in onnxruntime.

    References:
        https://onnx.ai/onnx/
    """

    suffix = ".onnx"
    needs = ("onnx", "onnxscript", "onnxruntime")

    def write(self, part: Part, path: Path) -> None:
        """Write the graph, its weights within it."""
        program = program_of(part)
        try:
            with _quiet():
                found = torch.onnx.export(
                    program,
                    input_names=list(part.given),
                    output_names=[part.found],
                    dynamo=True,
                    verbose=False,
                )
        except Exception as error:  # an operation that ONNX has not
            raise cannot(part, error.__cause__ or error) from error
        assert found is not None
        found.save(str(path), external_data=False)

    def read(self, part: Part, path: Path) -> Loaded:
        """Return the graph in onnxruntime, on the CPU."""
        import onnxruntime

        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])

        def run(*given: Tensor) -> Tensor:
            named = {name: x.numpy() for name, x in zip(part.given, given, strict=True)}
            (found,) = session.run([part.found], named)
            return torch.from_numpy(found)  # pyright: ignore[reportArgumentType]

        return run


FORMATS: dict[str, type[TorchExport] | type[Onnx]] = {"onnx": Onnx, "torch_export": TorchExport}


def program_of(part: Part) -> Any:
    """Return a part as a program of tensor operations, whose number of examples is free.

    Raises:
        UserError: where it does what cannot be written down so, such as a loop until something
            has converged.
    """
    try:
        with _quiet():
            try:
                return _without_the_rest(_traced(part.module, part.examples))
            except RuntimeError:  # gradients that are a part of the function are operations too
                return _traced(_unrolled(part.module, part.examples), part.examples)
    except Exception as error:
        raise cannot(part, error) from error


def _traced(module: nn.Module, examples: Sequence[Tensor]) -> ExportedProgram:
    batch = torch.export.Dim("batch", min=1)
    free = tuple({0: batch} for _ in examples)
    with torch.no_grad():
        return torch.export.export(module, tuple(examples), dynamic_shapes=free, strict=False)


def _unrolled(module: nn.Module, examples: Sequence[Tensor]) -> nn.Module:
    """Return the operations of a function, those of backward passes within it included."""
    with torch.no_grad():
        return make_fx(module, tracing_mode="symbolic", _allow_non_fake_inputs=True)(*examples)


def _without_the_rest(program: ExportedProgram) -> ExportedProgram:
    """Remove weights that nothing uses, such as those of the other half."""
    unused = {n.name for n in program.graph.nodes if n.op == "placeholder" and not n.users}
    specs = program.graph_signature.input_specs
    for spec in [s for s in specs if s.arg.name in unused and s.target is not None]:
        specs.remove(spec)
        program.state_dict.pop(str(spec.target), None)
    kept = {spec.arg.name for spec in specs}
    for node in list(program.graph.nodes):
        if node.op == "placeholder" and node.name not in kept:
            program.graph.erase_node(node)
    program.graph_module.recompile()
    return program


def cannot(part: Part, error: BaseException) -> UserError:
    """Return one line about a part that a format cannot hold."""
    reason = " ".join(str(error).split())[:160]
    return UserError(
        f"the {part.name} cannot be exported ({type(error).__name__}: {reason}); use"
        " --format safetensors for the weights alone"
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the exporters say of their own insides off the terminal."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
