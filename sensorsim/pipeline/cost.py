"""Energy and time of one frame of a chain, and the measurements that prices need."""

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sensorsim.circuits.figures import Process, Survey
from sensorsim.circuits.ledger import Ledger
from sensorsim.circuits.pixel import PixelArray
from sensorsim.circuits.settings import EnergySettings, GateNetwork
from sensorsim.circuits.technology import load_technology
from sensorsim.core.errors import InputError
from sensorsim.core.files import beside
from sensorsim.pipeline.chain import Chain
from sensorsim.pipeline.frame_ledger import frame_ledger
from sensorsim.pipeline.switching_activity import activity_of_layers, activity_of_matches
from sensorsim.pipeline.time_budget import TimeBudget, time_budget
from sensorsim.pipeline.workload import Workload
from sensorsim.scenes.labelled import Labelled
from sensorsim.scenes.srgb import to_linear
from sensorsim.sensor import Photodiode

_IMAGES = 16
"""Enough for fractions: thousands of samples each, and more products."""
_ACTIVITIES = {"layers": activity_of_layers, "matches": activity_of_matches}


class Cost:
    """Energy and time of one frame.

    Attributes
    ----------
    technology : Survey or Process
        Prices of published circuits, or figures of a process.

    Parameters
    ----------
    chain : Chain
        The chain to price.
    images : callable
        Returns the test images, called only if something must be measured; raises `InputError` if
        there are none.
    folder : Path, optional
        Folder to look for the technology file in.

    Raises
    ------
    InputError
        If the technology cannot be read.
    """

    def __init__(
        self, chain: Chain, images: Callable[[], Labelled], folder: Path | None = None
    ) -> None:
        self._chain = chain
        self._images = images
        self._folder = folder
        self.technology: Survey | Process = load_technology(
            beside(chain.description.energy.technology, folder)
        )

    @cached_property
    def workload(self) -> Workload:
        """Counts of the network for one decision; its activity is measured if a price needs it.

        Returns
        -------
        Workload
            Operations, bits and, if a price needs it, activity.
        """
        chain = self._chain
        network, counts = chain.description.energy.network, Workload.of(chain.model)
        if not (isinstance(network, GateNetwork) and isinstance(network.toggles_per_product, str)):
            return counts
        volts = self._first_volts
        words = chain.packed(chain.codes(volts, chain.key(0, np.arange(len(volts)))))
        activity_of = _ACTIVITIES[network.toggles_per_product]
        return replace(counts, activity=activity_of(chain.model, words))

    @cached_property
    def _first_volts(self) -> npt.NDArray[np.float32]:
        """Pixel signals of the first test images, V, for signal and activity measurements."""
        images = self._images()
        dataset = images.first(min(_IMAGES, len(images)))
        self._chain.check_dataset(dataset)
        key = self._chain.key(0, np.arange(len(dataset)))
        return self._chain.volts(to_linear(dataset.images), key)

    @property
    def array_shape(self) -> tuple[int, int, int]:
        """Size of the array that is priced and timed.

        Returns
        -------
        tuple of int
            Rows, columns and samples per pixel; those that the network reads, unless the settings
            state rows and columns.
        """
        stated = self._chain.description.energy.array
        rows, columns, samples = self._chain.array_shape
        return (rows, columns, samples) if stated is None else (*stated, samples)

    @cached_property
    def pixel_array(self) -> PixelArray:
        """The pixel array as energy formulas need it, with signals.

        Signals are measured on the first test images, unless the technology is a survey or
        overrides its mean signal, or the images cannot be loaded.

        Returns
        -------
        PixelArray
            The array.
        """
        chain, technology = self._chain, self.technology
        photodiode = chain.description.photodiode
        array = replace(
            pixel_array(photodiode, self.array_shape),
            circuit_pitch_um=chain.description.energy.column_pitch_um,
        )
        if isinstance(technology, Survey) or technology.pixel.mean_signal.overrides:
            return array
        try:
            self._images()
        except InputError:
            return array
        signals = np.clip(self._first_volts / photodiode.full_scale_v, 0, 1)
        return replace(array, signals=signals)

    @cached_property
    def enob(self) -> float | None:
        """Effective number of bits of the readout, measured on this die.

        Returns
        -------
        float or None
            Bits; None for a readout that is not a converter.
        """
        description = self._chain.description
        return self._chain.readout.enob(description.photodiode.full_scale_v, description.die)

    def ledger(self, settings: EnergySettings | None = None) -> Ledger:
        """Price one frame.

        Parameters
        ----------
        settings : EnergySettings, optional
            Price settings, with their own technology and activity; the pipeline's if left out.

        Returns
        -------
        Ledger
            Energy rows of one frame, pJ.

        Raises
        ------
        InputError
            If the settings ask for a price that the technology does not have.
        """
        if settings is not None and settings != self._chain.description.energy:
            return self._with(settings).ledger()
        settings = self._chain.description.energy
        readout = self._chain.readout
        needed = readout.priced_by_enob(settings, self.technology)
        return frame_ledger(
            settings, self.technology, self.pixel_array, readout, self.workload,
            self.enob if needed else None,
        )  # fmt: skip

    def _with(self, settings: EnergySettings) -> "Cost":
        """The cost of the same chain under other settings."""
        chain = copy(self._chain)
        chain.description = chain.description.model_copy(update={"energy": settings})
        return Cost(chain, self._images, self._folder)

    def time_budget(self) -> TimeBudget:
        """Compute how long one frame takes, and the limits of its rate.

        Returns
        -------
        TimeBudget
            All times, us.
        """
        description, readout = self._chain.description, self._chain.readout
        photodiode, settings = description.photodiode, description.energy
        timing = self.technology.timing
        return time_budget(
            timing, readout.conversion_us(timing), rows=self.array_shape[0],
            reads=2 if photodiode.correlated_double_sampling else 1,
            exposure_us=1e3 * photodiode.integration_time_ms,
            frame_rate_hz=settings.frame_rate_hz, products=self.workload.products,
            parallel_products=settings.parallel_products, duty_cycle=settings.duty_cycle,
            ramp_clock_ratio=readout.ramp_clock_ratio(timing),
        )  # fmt: skip


def pixel_array(photodiode: Photodiode, shape: tuple[int, int, int]) -> PixelArray:
    """Describe the pixel array for energy formulas, without measured signals.

    Parameters
    ----------
    photodiode : Photodiode
        The pixel.
    shape : tuple of int
        Rows, columns and colors.

    Returns
    -------
    PixelArray
        The array.
    """
    return PixelArray(
        *shape,
        photodiode.pixel_pitch_um,
        photodiode.full_scale_v,
        2 if photodiode.correlated_double_sampling else 1,
        photodiode.temperature_k,
    )
