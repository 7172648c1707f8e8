"""Train the networks of studies/tone_mapping.py: one for each tone curve, from a common trunk.

    python studies/train_tone_models.py

Every curve with a parameter is tried at several values. Each candidate gets its own thresholds and
its own network, from the trunk and by the recipe that learned thresholds get as well, and the one
with the best validation accuracy ships. All candidates are listed in tone-tuning.csv beside the
models. Work in progress lies in ``training/`` (not in git); a stopped run goes on where it was, and
a model file that exists is left alone.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import train_models

from sensorsim.bnn.model_index import write_index
from sensorsim.core.files import atomic_write
from sensorsim.readout import Adc, Readout, Thermometer
from sensorsim.scenes.datasets import load_dataset
from sensorsim.scenes.labelled import Labelled
from sensorsim.scenes.validation import split_validation
from sensorsim.tonemap import (
    Curve,
    Drago,
    Gamma,
    Linear,
    Log,
    NakaRushton,
    Pq,
    Reinhard,
    Srgb,
    histogram_equalization,
    thresholds_of,
)
from sensorsim.training.deliver import deliver
from sensorsim.training.session import Task, Trained, calibration_samples

DATASET = "fashion-mnist"
THRESHOLDS = 4
BITS = 4
FOLDER = "tone-mapping"
"""Below the dataset's models: readouts of this study alone."""
TUNING = "tone-tuning.csv"
CURVES: dict[str, tuple[Curve, ...]] = {
    "linear": (Linear(),),
    "srgb": (Srgb(),),
    "gamma": tuple(Gamma(gamma=g) for g in (3, 4, 5)),
    "log": tuple(Log(mu=m) for m in (255, 1000, 4000, 16_000)),
    "drago": tuple(Drago(max_luminance=m) for m in (300, 1000, 3000)),
    "pq": tuple(Pq(peak_cd_m2=p) for p in (100, 1000, 10_000)),
    "naka-rushton": tuple(
        NakaRushton(exponent=n, semisaturation=s)
        for n, s in ((1, 0.03), (1, 0.01), (0.7, 0.02), (0.5, 0.02))
    ),
    "reinhard": tuple(Reinhard(key=k) for k in (30, 60, 120)),
}
"""What is tried for each curve; histogram equalization, which has no parameter, joins them.

Where the last of three values was the best by more than a tenth of a point, a fourth was added.
"""
POSITIONS: dict[str, int | None] = {"analog": None, "digital8": 8, "digital6": 6}
"""Where an ADC's curve acts: on the ramp, or as a table behind a conversion of so many bits."""
POSITION_CURVE = Log()


@dataclass(frozen=True)
class Candidate:
    """A tone curve, or None to learn one, and the task of training a network behind it."""

    curve: Curve | None
    task: Task


def candidates(dataset: Labelled) -> dict[str, list[Candidate]]:
    """What is trained for each model file of the study, by the file's stem."""
    recipe = train_models.BRANCH[DATASET]
    learned = train_models.make_task(DATASET, "glt", THRESHOLDS, recipe, dataset)
    learned = replace(learned, family="tone-learned")
    training, _ = split_validation(dataset)
    samples = calibration_samples(training, learned.camera).clip(0, 1)
    found = {f"tone-learned-{THRESHOLDS}": [Candidate(None, learned)]}
    for name, curves in (CURVES | {"equalized": (histogram_equalization(samples),)}).items():
        family = f"tone-{name}"
        found[f"{family}-{THRESHOLDS}"] = [
            _fixed(learned, family, curve, _thermometer(curve)) for curve in curves
        ]
    for position, bits in POSITIONS.items():
        family = f"tone-adc-{position}"
        adc = _adc(POSITION_CURVE, bits)
        found[f"{family}-{BITS}"] = [_fixed(learned, family, POSITION_CURVE, adc)]
    return found


def _fixed(learned: Task, family: str, curve: Curve, readout: Readout) -> Candidate:
    """The learned thermometer's task with a readout that stays as it is."""
    return Candidate(curve, replace(learned, family=family, readout=readout, learned=False))


def _thermometer(curve: Curve) -> Thermometer:
    thresholds = tuple(map(float, thresholds_of(curve, THRESHOLDS)))
    return Thermometer(thresholds=thresholds, comparator=train_models.COMPARATOR)


def _adc(curve: Curve, conversion_bits: int | None) -> Adc:
    return Adc(
        bits=BITS,
        tone_curve=curve,
        tone_domain="analog" if conversion_bits is None else "digital",
        conversion_bits=conversion_bits,
        comparator=train_models.COMPARATOR,
    )


def train_tone_models(work: Path, models: Path) -> None:
    """Train every candidate, ship the best of each curve, and list them all."""
    dataset = load_dataset(DATASET, "train", None)
    test = load_dataset(DATASET, "test", None)
    trunk: Path | None = None
    for stem, tried in candidates(dataset).items():
        path = models / f"{stem}.npz"
        if path.exists():
            continue
        trunk = trunk or train_trunk(dataset, work)
        trained = [
            train_models.train_task(c.task, dataset, work / f"{stem}-{number}.pt", trunk)
            for number, c in enumerate(tried)
        ]
        best = max(range(len(tried)), key=lambda i: trained[i].validation_accuracy)
        command = "python studies/train_tone_models.py"
        deliver(tried[best].task, trained[best], dataset, test, command, path)
        record(models / TUNING, stem, tried, trained, best)
        print(f"{path}: {tried[best].curve!r}", flush=True)
    write_index(models)


def train_trunk(dataset: Labelled, work: Path) -> Path:
    """Train what all candidates start from: a learned thermometer of as many steps as any."""
    checkpoint = work / "trunk-tone.pt"
    recipe = train_models.TRUNK[DATASET]["thermometer"]
    task = train_models.make_task(DATASET, "glt", train_models.TRUNK_LEVELS, recipe, dataset)
    train_models.train_task(task, dataset, checkpoint)
    return checkpoint


def record(
    path: Path, stem: str, tried: Sequence[Candidate], trained: Sequence[Trained], best: int
) -> None:
    """Put the candidates of one model into the list, in place of those it has of that model."""
    rows: list[Mapping[str, object]] = []
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            rows += [r for r in csv.DictReader(file) if r["model"] != stem]
    rows += [
        {
            "model": stem,
            "chosen": int(number == best),
            "validation_accuracy": round(result.validation_accuracy, 4),
            "curve": "" if candidate.curve is None else candidate.curve.model_dump_json(),
        }
        for number, (candidate, result) in enumerate(zip(tried, trained, strict=True))
    ]
    with atomic_write(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(sorted(rows, key=lambda r: str(r["model"])))


if __name__ == "__main__":
    train_models.train_below(DATASET, FOLDER, train_tone_models, __doc__)
