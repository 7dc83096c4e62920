"""Images that are decoded when they are read."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from typing import final

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from aetrain.data.archive import Store
from aetrain.data.table import Memory
from aetrain.errors import UserError

# PIL would try every format it knows, whatever the suffix; one of them starts ghostscript
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
# smaller images spend their time in Python, where threads only get in each other's way
THREADED_PIXELS = 128 * 128
CHUNK = 16


@final
@dataclass(frozen=True)
class Files:
    """A table of images that are decoded when they are read; pickled, it is a list of names.

    `event` is (C, H, W); `like` names the image that set it and that all others must equal in
    size, None where they are stretched to it.
    """

    store: Store
    names: list[str]
    event: torch.Size
    like: str | None
    y: Tensor | None = None

    def __len__(self) -> int:
        return len(self.names)

    def read(self, indices: Tensor) -> Tensor:
        """Return images (B, C, H, W), uint8. Raises UserError naming a file that is broken."""
        x = torch.empty(len(indices), *self.event, dtype=torch.uint8)
        self._fill(x, [self.names[i] for i in indices.tolist()])
        return x

    def decoded(self) -> Memory:
        """Return all images as one tensor (N, C, H, W); several threads decode large ones."""
        x = torch.empty(len(self), *self.event, dtype=torch.uint8)
        width, height = header(self.store, self.names[0])[0]
        if width * height < THREADED_PIXELS:
            self._fill(x, self.names)
            return Memory(x, self.y)
        chunks = [self.names[i : i + CHUNK] for i in range(0, len(self), CHUNK)]
        with ThreadPoolExecutor() as pool:
            # a list, so that the first error is raised and cancels what has not begun
            list(pool.map(self._fill, x.split(CHUNK), chunks))
        return Memory(x, self.y)

    def _fill(self, x: Tensor, names: list[str]) -> None:
        """Write the images of these names into x (B, C, H, W)."""
        for row, name in zip(x.numpy(), names):
            row[:] = self._pixels(name).transpose(2, 0, 1)

    def _pixels(self, name: str) -> np.ndarray:
        """Return one image, uint8 (H, W, C)."""
        channels, height, width = self.event
        try:
            with self.store.open(name) as stream:
                opened = Image.open(BytesIO(stream.read()), formats=FORMATS)
            image = _bytewise(opened, "L" if channels == 1 else "RGB")
        except Exception as error:  # a broken file makes PIL raise nearly anything
            raise _broken(self.store, name, error) from error
        if image.size != (width, height):
            if self.like:
                here = (image.height, image.width)
                raise _unequal(self.store, (name, here), (self.like, (height, width)))
            image = image.resize((width, height), Image.Resampling.BILINEAR)
        # tobytes takes a quarter of the time of np.asarray(image)
        return np.frombuffer(image.tobytes(), np.uint8).reshape(height, width, channels)


def _bytewise(image: Image.Image, mode: str) -> Image.Image:
    """Return the decoded image with one byte a channel, in the mode L or RGB."""
    if image.mode == mode:
        image.load()
        return image
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PNG"):
        # PIL would clip at 255
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert(mode)
    if image.mode in ("I", "F"):
        raise ValueError("its pixels have 32 bits; save it with 8, or as .npy for dataset=array")
    if image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")  # straight to RGB, PIL warns
    return image.convert(mode)


def header(store: Store, name: str) -> tuple[tuple[int, int], str]:
    """Return ((height, width), mode) of an image without decoding it."""
    try:
        with store.open(name) as stream, Image.open(stream, formats=FORMATS) as image:
            return (image.height, image.width), image.mode
    except Exception as error:  # a broken file makes PIL raise nearly anything
        raise _broken(store, name, error) from error


def check_sizes(store: Store, names: list[str]) -> None:
    """Raise UserError naming the first image whose size is not that of all before it."""
    first = header(store, names[0])[0]
    for name in names:
        size = header(store, name)[0]
        if size != first:
            raise _unequal(store, (name, size), (names[0], first))


def _unequal(store: Store, *images: tuple[str, tuple[int, int]]) -> UserError:
    sizes = [f"{store.path}/{name} is {height}x{width}" for name, (height, width) in images]
    return UserError(f"{' but '.join(sizes)} (height x width): give one, as in dataset.size=64")


def _broken(store: Store, name: str, error: Exception) -> UserError:
    """Return what is wrong with an image that could not be read, and the remedy."""
    reason = f"cannot be read ({' '.join(str(error).split())})"
    if isinstance(error, UnidentifiedImageError):
        with store.open(name) as stream:
            empty = not stream.read(1)
        reason = "is empty" if empty else f"is no image of a known format ({', '.join(FORMATS)})"
    return UserError(f"{store.path}/{name}: {reason}; mend or remove it")
