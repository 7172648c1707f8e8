"""Accuracy over dies, which differ in offsets, reference mismatch and fixed patterns.

All dies read the same images with the same temporal noise, so only the dies' own errors differ.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy.stats import chi2

from sensorsim.core import streams
from sensorsim.core.arguments import whole_number
from sensorsim.core.errors import InputError
from sensorsim.core.statistics import wilson_interval, yield_at
from sensorsim.experiments.same_pixels import check_same_pixels
from sensorsim.pipeline.evaluation import decide_all
from sensorsim.pipeline.pipeline import Pipeline

FloatArray = npt.NDArray[np.float64]


class Spread(NamedTuple):
    """Components of the spread of measured accuracies.

    Attributes
    ----------
    observed : float
        Standard deviation of the measured accuracies over dies.
    sampling : float
        Standard deviation that equal dies would show, since each errs on other images.
    dies : float
        Standard deviation of the dies themselves: ``sqrt(observed**2 - sampling**2)``, at least 0.
    images : float
        Standard error of the mean accuracy due to the finite number of images.
    p_alike : float
        Probability of at least this spread if all dies were equal: Cochran's Q test, Biometrika 37
        (1950) 256.
    """

    observed: float
    sampling: float
    dies: float
    images: float
    p_alike: float


def spread_over_dies(right: npt.NDArray[np.bool_]) -> Spread:
    """Split the spread of accuracies over dies by a two-way analysis of variance.

    Parameters
    ----------
    right : bool [D, N]
        Whether each die classified each image correctly.

    Returns
    -------
    Spread
        Standard deviations, as fractions of 1, and the probability of equal dies.

    Raises
    ------
    ValueError
        If there are fewer than two dies or two images.

    Examples
    --------
    >>> import numpy as np
    >>> round(spread_over_dies(np.array([[True, True], [True, False]])).observed, 3)
    0.354
    """
    dies, images = right.shape
    if dies < 2 or images < 2:
        raise ValueError(f"{dies} dies and {images} images: expected at least 2 of both")
    x = right.astype(np.float64)
    of_die, of_image = x.mean(1), x.mean(0)
    rest = x - of_die[:, np.newaxis] - of_image + x.mean()
    residual = float((rest**2).sum() / ((dies - 1) * (images - 1)))
    counts = right.sum(1)  # integers: the variance of equal counts is exactly 0
    observed = float(counts.var(ddof=1)) / images**2
    sampling = residual / images
    disputed = float((of_image * (1 - of_image)).sum()) * dies
    # Q = D (D - 1) sum over dies (right_d - mean right)**2 / sum over images of R (D - R)
    q = (dies - 1) * float(counts.var()) * dies / disputed if disputed else 0.0
    return Spread(
        observed**0.5,
        sampling**0.5,
        max(0.0, observed - sampling) ** 0.5,
        float(of_image.std(ddof=1)) / images**0.5,
        float(chi2.sf(q, dies - 1)),
    )


def without_sampling_error(accuracies: FloatArray, spread: Spread) -> FloatArray:
    """Shrink accuracies towards their mean until their spread is that of the dies alone.

    Sampling widens measured accuracies, so a yield counted from them is too far from 0 and 1.

    Parameters
    ----------
    accuracies : float64 [D]
        Measured accuracy of each die.
    spread : Spread
        Their spread, from `spread_over_dies`.

    Returns
    -------
    float64 [D]
        Accuracies with the same mean and the standard deviation ``spread.dies``.
    """
    mean = accuracies.mean()
    shrink = spread.dies / spread.observed if spread.observed else 0.0
    return mean + shrink * (accuracies - mean)


def accuracies_over_dies(
    chains: Sequence[Pipeline],
    dies: Sequence[int],
    images: int | None = None,
    seed: int = 0,
    report: Callable[[int], None] | None = None,
) -> list[xr.Dataset]:
    """Measure the accuracy of several readouts over dies.

    The volts of each die are simulated once for all readouts. The decisions of die ``d`` are those
    of `Pipeline.run` with ``die = d``.

    Parameters
    ----------
    chains : sequence of Pipeline
        Pipelines with the same scene and photodiode.
    dies : sequence of int
        Die numbers; the pipelines' own die is not used.
    images : int, optional
        Number of images, from the first; all if left out.
    seed : int, 0 to 2**32 - 1
        Seed of all noise.
    report : callable, optional
        Called with the number of images that one chain has just classified.

    Returns
    -------
    list of Dataset
        One for each chain: ``accuracy`` with its 95 % Wilson interval and
        ``accuracy_without_sampling_error`` over the dimension ``die``, and the fields of `Spread`.

    Raises
    ------
    InputError
        If there are fewer than two dies, one occurs twice, a number is out of range, a chain
        cannot read the images, or the chains do not share scene and photodiode.
    """
    numbers = _checked(dies)
    seed = whole_number("seed", seed, 0, streams.MAX_SEED)
    check_same_pixels(chains, ("scene", "photodiode"))
    first = chains[0]
    dataset = first.dataset.first(images)
    for chain in chains:
        chain.check_dataset(dataset)
    right = np.empty((len(chains), len(numbers), len(dataset)), np.bool_)
    for row, die in enumerate(numbers):
        key = streams.Key.of(seed, np.arange(len(dataset)), die)
        right[:, row] = decide_all(chains, dataset.images, key, report) == dataset.labels
    results = [_dataset(r, numbers) for r in right]
    for chain, result in zip(chains, results, strict=True):
        result.attrs = chain.provenance(dataset, seed)
    return results


def accuracy_over_dies(
    pipeline: Pipeline, dies: Sequence[int], images: int | None = None, seed: int = 0
) -> xr.Dataset:
    """Measure the accuracy of one pipeline over dies.

    Parameters
    ----------
    pipeline : Pipeline
        The pipeline.
    dies : sequence of int
        Die numbers; the pipeline's own die is not used.
    images : int, optional
        Number of images, from the first; all if left out.
    seed : int, 0 to 2**32 - 1
        Seed of all noise.

    Returns
    -------
    Dataset
        The result that `accuracies_over_dies` describes.

    Raises
    ------
    InputError
        If there are fewer than two dies, one occurs twice, a number is out of range, or the images
        do not fit.
    """
    return accuracies_over_dies([pipeline], dies, images, seed)[0]


def yields(data: xr.Dataset, required: npt.ArrayLike, name: str) -> xr.Dataset:
    """Part of the dies that are good enough, with its Wilson interval, for several points.

    Parameters
    ----------
    data : Dataset
        ``accuracy_without_sampling_error`` over ``point`` and ``die``.
    required : float [point]
        Accuracy of a good die at each point.
    name : str
        What to call the result.

    Returns
    -------
    Dataset
        ``name``, ``name_low`` and ``name_high`` over ``point``, 0 to 1.
    """
    accuracies = data["accuracy_without_sampling_error"].transpose("point", "die").values
    found = np.array(
        [yield_at(a, level) for a, level in zip(accuracies, np.asarray(required), strict=True)]
    )
    return xr.Dataset(
        {name + end: ("point", v) for end, v in zip(("", "_low", "_high"), found.T, strict=True)}
    )


def _checked(dies: Sequence[int]) -> list[int]:
    numbers = [whole_number("die", d, 0, streams.MAX_DIE) for d in dies]
    if len(numbers) < 2 or len(set(numbers)) < len(numbers):
        raise InputError(f"dies {numbers}: expected at least two different numbers")
    return numbers


def _dataset(right: npt.NDArray[np.bool_], dies: list[int]) -> xr.Dataset:
    accuracy = right.mean(1)
    low, high = np.array([wilson_interval(int(r.sum()), r.size) for r in right]).T
    spread = spread_over_dies(right)
    return xr.Dataset(
        {
            "accuracy": ("die", accuracy),
            "accuracy_low": ("die", low),
            "accuracy_high": ("die", high),
            "accuracy_without_sampling_error": ("die", without_sampling_error(accuracy, spread)),
            "images": right.shape[1],
            "spread_observed": spread.observed,
            "spread_sampling": spread.sampling,
            "spread_dies": spread.dies,
            "mean_error_images": spread.images,
            "p_alike": spread.p_alike,
        },
        {"die": dies},
    )
