"""Mutated pipelines, sensors, technologies, recipes, models and stored points.

    python tests/fuzz/mutants.py --count 10000

Each mutant is used as its command would. It must give a result that is possible (accuracies from 0
to 1, finite energies of 0 or more), or an `InputError` of plain lines. A traceback, a hang, an
impossible number or a damaged model that is read without a message is a fault of the program.
"""

import argparse
import contextlib
import math
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import sensorsim as ss
from sensorsim.bnn.model_file import load_model
from sensorsim.circuits.technology import load_technology
from sensorsim.core import resources
from sensorsim.core.errors import InputError
from sensorsim.pipeline.pipeline import load_pipeline

LIMIT_S = 20
"""Longest time that a mutant may take."""
NUMBERS = [
    "0", "-1", "1e-9", "1e30", "1e308", "-0.0", "nan", "inf", "-inf", "3", "2.5", "4294967296",
    "9223372036854775807", "true", '"1"', "[]", "[1, 2]", "{}", '"nan"', "1979-05-27",
]  # fmt: skip
INTERNALS = ("function-", "literal[", "pydantic", "tagged-union", "errors.pydantic", "Traceback")
"""Words of a validation library that say nothing to a user."""


@dataclass(frozen=True)
class Kind:
    """A kind of file that a user may write or damage.

    Attributes
    ----------
    name : str
    sources : list of Path
        Files to mutate.
    use : callable
        Uses a mutated file; returns the numbers that it gave.
    sealed : bool
        Whether a changed file must be refused.
    share : float
        Number of mutants, relative to other kinds.
    """

    name: str
    sources: list[Path]
    use: Callable[[Path], dict[str, float]]
    sealed: bool = False
    share: float = 1.0


def use_pipeline(path: Path) -> dict[str, float]:
    """Run two images and price a frame."""
    return _numbers(load_pipeline(path))


def use_sensor(path: Path) -> dict[str, float]:
    """The same behind another sensor."""
    return _numbers(load_pipeline("glt2", {"photodiode.sensor": str(path)}))


def use_technology(path: Path) -> dict[str, float]:
    """The same at other prices."""
    load_technology(path)
    return _numbers(load_pipeline("adc4", {"energy.technology": str(path)}))


def use_model(path: Path) -> dict[str, float]:
    """The same through a network."""
    load_model(path)
    return _numbers(load_pipeline("glt2", {"network.model": str(path)}))


def use_recipe(path: Path) -> dict[str, float]:
    """Read a recipe."""
    from sensorsim.training.recipe import load_recipe

    load_recipe(str(path), {})
    return {}


def use_point(path: Path) -> dict[str, float]:
    """Resume a sweep whose stored point is damaged."""
    data = ss.sweep(load_pipeline("glt2"), {"die": [0]}, path.parent, images=2)
    return {str(k): v.item() for k, v in data.data_vars.items()}


def _numbers(pipe: "ss.Pipeline") -> dict[str, float]:
    result = pipe.run(2)
    return {
        str(k): v.item() for k, v in result.data_vars.items()
        if v.ndim == 0 and ("accuracy" in str(k) or "energy" in str(k) or "power" in str(k))
    }  # fmt: skip


def kinds(room: Path) -> list[Kind]:
    """All kinds of files, with those that ship as sources."""
    store = room / "source"
    ss.sweep(load_pipeline("glt2"), {"die": [0]}, store, images=2)
    sensors = sorted(resources.data("sensors").glob("*.toml"))
    technologies = [
        resources.data("technologies", f"{n}.toml") for n in ("cmos65", "cmos28", "survey")
    ]
    pipelines = [p for p in sorted(resources.pipelines().glob("*.toml")) if "cifar" not in p.name]
    models = [resources.data("models", "fashion-mnist", "glt-2.npz")]
    found = [
        Kind("pipeline", pipelines, use_pipeline),
        Kind("sensor", sensors, use_sensor),
        Kind("technology", technologies, use_technology),
        Kind("model", models, use_model, sealed=True),
        Kind("point", [store / "0.json"], use_point, share=0.05),
    ]
    with contextlib.suppress(ImportError):
        import sensorsim.training.recipe  # noqa: F401

        found.append(Kind("recipe", sorted(resources.recipes().glob("*.toml")), use_recipe))
    return found


def mutated(source: bytes, random: np.random.Generator, text: bool) -> bytes:
    """A file with a few random changes, most often one."""
    for _ in range(1 + random.geometric(0.7) // 2):
        by_line = text and random.random() < 0.95
        source = _text_change(source, random) if by_line else _byte_change(source, random)
    return source


def _byte_change(source: bytes, random: np.random.Generator) -> bytes:
    if not source:
        return b"\0"
    place = int(random.integers(len(source)))
    match random.integers(4):
        case 0:
            return source[:place] + bytes([random.integers(256)]) + source[place + 1 :]
        case 1:
            return source[:place]
        case 2:
            return source[:place] + random.bytes(3) + source[place:]
        case _:
            return source[:place] + source[place + int(random.integers(1, 40)) :]


def _text_change(source: bytes, random: np.random.Generator) -> bytes:
    lines = source.decode("utf-8", "replace").splitlines()
    stated = [
        i for i, line in enumerate(lines) if "=" in line and not line.lstrip().startswith("#")
    ]
    if not stated:
        return _byte_change(source, random)
    i = int(random.choice(stated))
    key, _, value = lines[i].partition("=")
    match random.integers(9):
        case 0 | 7 | 8:
            lines[i] = f"{key}= {random.choice(NUMBERS)}"
        case 1:
            key = key.rstrip()
            j = int(random.integers(max(1, len(key))))
            lines[i] = f"{key[:j]}{key[j + 1 :]} ={value}"  # a misspelt name
        case 2:
            del lines[i]
        case 3:
            lines.insert(i, lines[i])
        case 4:
            other = lines[int(random.choice(stated))].partition("=")[2]
            lines[i] = f"{key}={other}"
        case 5:
            place = int(random.integers(len(lines) + 1))
            lines.insert(place, f"[{random.choice(['readout', 'scene', 'x.y', 'energy.network'])}]")
        case _:
            digits = [j for j, c in enumerate(value) if c.isdigit()]
            if digits:
                j = int(random.choice(digits))
                value = value[:j] + str(random.choice(["9", "0", "-", ".", "e9"])) + value[j + 1 :]
            lines[i] = f"{key}={value}"
    return "\n".join(lines).encode()


class HangError(Exception):
    """A mutant took longer than `LIMIT_S`."""


@contextlib.contextmanager
def limited() -> Iterator[None]:
    """Raise `HangError` after `LIMIT_S`, where the system has such a signal."""

    def stop(*_: object) -> None:
        raise HangError(f"longer than {LIMIT_S} s")

    if not hasattr(signal, "SIGALRM"):
        yield
        return
    signal.signal(signal.SIGALRM, stop)
    signal.alarm(LIMIT_S)
    try:
        yield
    finally:
        signal.alarm(0)


def fault_of(kind: Kind, path: Path, changed: bool) -> tuple[str, str]:
    """Use a mutant: outcome ("refused" or "used") and the program's fault, empty if none."""
    try:
        with limited(), warnings.catch_warnings():
            warnings.simplefilter("error")
            numbers = kind.use(path)
    except InputError as error:
        text = str(error)
        bad = next((word for word in INTERNALS if word in text), None)
        return "refused", f"message with {bad!r}: {text[:300]}" if bad else ""
    except Exception as error:
        return "refused", f"{type(error).__name__}: {str(error)[:300]}"
    if kind.sealed and changed:
        return "used", "a damaged file was used"
    return "used", impossible(numbers)


def impossible(numbers: dict[str, float]) -> str:
    """What no sensor can give; empty if all is possible."""
    for name, value in numbers.items():
        if not isinstance(value, int | float):
            continue
        if "per_correct" in name and not math.isfinite(value):
            continue  # no decision was right
        if not math.isfinite(value) or value < 0:
            return f"{name} = {value}"
        if name.startswith("accuracy") and value > 1:
            return f"{name} = {value}"
    return ""


def same_content(kind: Kind, source: Path, path: Path) -> bool:
    """Whether a changed model file holds the same numbers, as when a date in the zip changes."""
    if not kind.sealed:
        return False
    try:
        one, other = load_model(source), load_model(path)
    except (InputError, OSError):
        return False
    return repr(one.training) == repr(other.training) and all(
        np.array_equal(a, b)
        for x, y in zip(one.layers, other.layers, strict=True)
        for a, b in zip(vars(x).values(), vars(y).values(), strict=True)
        if isinstance(a, np.ndarray)
    )


def attack(kind: Kind, count: int, seed: int, room: Path) -> tuple[Counter[str], list[str]]:
    """Use so many mutants of a kind; returns the outcomes and the faults found."""
    random = np.random.default_rng([seed, *kind.name.encode()])
    outcomes: Counter[str] = Counter()
    faults = []
    for number in range(count):
        source = kind.sources[int(random.integers(len(kind.sources)))]
        folder = room / f"{kind.name}-{number}"
        if kind.name == "point":
            shutil.copytree(source.parent, folder)
        else:
            folder.mkdir()
        path = folder / source.name
        content = mutated(source.read_bytes(), random, source.suffix in (".toml", ".json"))
        path.write_bytes(content)
        changed = content != source.read_bytes()
        outcome, fault = fault_of(kind, path, changed)
        if fault == "a damaged file was used" and same_content(kind, source, path):
            fault = ""
        outcomes[outcome] += 1
        if fault:
            faults.append(f"{kind.name} {number} of {source.name}, seed {seed}: {fault}")
            continue
        shutil.rmtree(folder)
    return outcomes, faults


def main() -> None:
    """Attack with mutants of every kind, and end with status 1 if a fault was found."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--count", type=int, default=600)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--only", help="one kind, like pipeline")
    options.add_argument("--keep", type=Path, help="folder for the mutants that found a fault")
    args = options.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as folder:
        room = args.keep or Path(folder)
        room.mkdir(exist_ok=True)
        chosen = [k for k in kinds(Path(folder)) if args.only in (None, k.name)]
        for kind in chosen:
            begun = time.monotonic()
            count = math.ceil(args.count * kind.share / sum(k.share for k in chosen))
            outcomes, faults = attack(kind, count, args.seed, room)
            print(f"{kind.name}: {dict(outcomes)}, {len(faults)} faults, "
                  f"{time.monotonic() - begun:.0f} s", flush=True)  # fmt: skip
            print("\n".join(faults), flush=True)
            found += faults
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
