"""Run the README's story, command by command, and keep the pictures that it makes.

    python scripts/story.py docs/images

The commands are those of the README's section itself, run here one after another in a temporary
folder. A picture NAME.png of theirs becomes story-NAME.png, and so does the head of a NAME.html
where there is a browser (`apt-get install chromium`, or any Chrome, named with --browser).
"""

import argparse
import contextlib
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PIL import Image

PAGE = Path(__file__).parents[1] / "README.md"
SECTION = "## One run, from training to export"
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
    "--window-size=1000,600",
)
BLOCK = re.compile(r"^```(shell|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def steps(page: str) -> list[tuple[str, str]]:
    """Return what the section of `page` does: ("shell", one command) or ("python", a program)."""
    section = page.split(f"\n{SECTION}\n", 1)[1].split("\n## ", 1)[0]
    found = []
    for language, code in BLOCK.findall(section):
        found += [
            (language, each) for each in (code.splitlines() if language == "shell" else [code])
        ]
    return found


def tell(step: tuple[str, str], more: Sequence[str] = ()) -> None:
    """Carry out one step here, with `more` behind each command that trains.

    Raises:
        RuntimeError: where a command did not end well.
    """
    language, code = step
    print(f"\n$ {code}" if language == "shell" else f"\n{code}", flush=True)
    if language == "python":
        exec(compile(code, "README.md", "exec"), {})
        return
    program, *words = shlex.split(code, comments=True)
    status = PROGRAMS[program]([*words, *more] if program == "aetrain" else words)
    if status:
        raise RuntimeError(f"{code}: exit status {status}")


def photograph(page: Path, picture: Path, browser: str) -> None:
    """Write what the head of a page looks like, in 64 colours."""
    command = [browser, *FLAGS, f"--screenshot={picture}", page.resolve().as_uri()]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    with Image.open(picture) as image:
        small = image.convert("RGB").quantize(64, dither=Image.Dither.NONE)
    small.save(picture, optimize=True)


def _aetrain(words: Sequence[str]) -> int:
    from aetrain.train import main

    return main(words)


def _ae(words: Sequence[str]) -> int:
    from aetrain.cli.program import main

    return main(words)


PROGRAMS: Mapping[str, Callable[[Sequence[str]], int]] = {"aetrain": _aetrain, "ae": _ae}


def main() -> None:
    """Run all of it and copy the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])  # pyright: ignore[reportOptionalMemberAccess]
    parser.add_argument("out", type=Path, help="directory of the pictures")
    parser.add_argument("--keep", type=Path, help="run there, instead of in a temporary folder")
    parser.add_argument("--browser", default="chromium")
    arguments = parser.parse_args()
    out = arguments.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    story = steps(PAGE.read_text(encoding="utf-8"))
    with contextlib.ExitStack() as stack:
        folder = arguments.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        stack.enter_context(contextlib.chdir(folder))
        for step in story:
            tell(step)
        for picture in sorted(Path().glob("*.png")):
            shutil.copyfile(picture, out / f"story-{picture.name}")
        if shutil.which(arguments.browser):
            for page in sorted(Path().glob("*.html")):
                photograph(page, out / f"story-{page.stem}.png", arguments.browser)


if __name__ == "__main__":
    main()
