"""A configuration becomes a runnable chain: scene, photodiode, readout, network, energy."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from sensorsim.bnn import faulty, simulator
from sensorsim.bnn.model import Model
from sensorsim.bnn.model_file import ModelFile, find_model, read_model
from sensorsim.circuits.converter import measured_enob
from sensorsim.circuits.ledger import Ledger
from sensorsim.circuits.pixel import PixelArray
from sensorsim.circuits.settings import EnergySettings, GateNetwork
from sensorsim.circuits.technology import Process, Survey, load_technology
from sensorsim.circuits.timing import TimeBudget, time_budget
from sensorsim.core import streams
from sensorsim.core.bits import WordArray
from sensorsim.core.errors import InputError
from sensorsim.optics.cfa import Layout, array_shape, bayer, network_planes
from sensorsim.pipeline import trace
from sensorsim.pipeline.configuration import (
    LearnedReadout,
    PipelineDescription,
    change,
    load_description,
)
from sensorsim.pipeline.cost import converter_form, frame_ledger
from sensorsim.pipeline.results import run_dataset
from sensorsim.pipeline.switching_activity import activity_of_layers, activity_of_matches
from sensorsim.pipeline.workload import Workload
from sensorsim.readout import Adc, Thermometer
from sensorsim.scenes.datasets import load_dataset
from sensorsim.scenes.labelled import Labelled
from sensorsim.scenes.srgb import to_linear
from sensorsim.sensor.camera import Camera

_BATCH = 500
_ACTIVITY_IMAGES = 16
"""Enough for fractions: thousands of samples each, and more products."""
_ACTIVITIES = {"layers": activity_of_layers, "matches": activity_of_matches}


class Pipeline:
    """A runnable chain.

    Attributes
    ----------
    description : PipelineDescription
    network : ModelFile
        The network's file as it was read.
    model : Model
    camera : Camera
    readout : Adc or Thermometer
        The readout itself; thresholds of a learned one are those of the model.

    Parameters
    ----------
    description : PipelineDescription
    folder : Path, optional
        Where files that the description names may lie.
    parent : Pipeline, optional
        The chain that this one was changed from; its network is kept if it is the same.
    dataset : Labelled, optional
        The scene's test images, if they are in memory; read when first asked for if left out.
    """

    def __init__(
        self,
        description: PipelineDescription,
        folder: Path | None = None,
        parent: "Pipeline | None" = None,
        dataset: Labelled | None = None,
    ) -> None:
        self.description = description
        self._folder = folder
        path = find_model(description.network.model, folder)
        # A changed chain keeps the network that was read and compiled, unless it names another.
        kept = parent.network if parent and parent.network.path == path else None
        self.network: ModelFile = kept or read_model(path)
        self.model: Model = self.network.model
        self.readout = _resolve(description.readout, self.model)
        self.technology: Survey | Process = load_technology(
            _beside(description.energy.technology, folder)
        )
        _check_fit(self.readout, self.model)
        _check_layout(description.scene.layout, self.model)
        description.network.faults.check(self.model)
        self.camera: Camera = description.camera()
        self.camera.lux_per_electron()  # refuses light that the pixel does not see
        self._dataset = dataset

    def replace(self, settings: Mapping[str, Any]) -> "Pipeline":
        """The same chain with some dotted fields changed, like ``{"readout.bits": 6}``.

        Raises
        ------
        InputError
            If a field does not exist or its value is out of bounds.
        """
        changed = Pipeline(change(self.description, settings), self._folder, self)
        mine, other = self.description.scene, changed.description.scene
        if all(getattr(mine, f) == getattr(other, f) for f in ("dataset", "data_dir", "size_px")):
            changed._dataset = self._dataset
        return changed

    @property
    def dataset(self) -> Labelled:
        """Test images of the scene, read when first asked for."""
        if self._dataset is None:
            scene = self.description.scene
            self._dataset = load_dataset(scene.dataset, "test", scene.data_dir, scene.size_px)
        return self._dataset

    def key(self, seed: int, frames: npt.ArrayLike) -> streams.Key:
        """Address of the noise of some frames on this pipeline's die."""
        return streams.Key.of(seed, frames, self.description.die)

    def volts(self, light: npt.ArrayLike, key: streams.Key) -> npt.NDArray[np.float32]:
        """Scene to volts: light [N, H, W, C] to float32 [N, H, W, samples per pixel]."""
        return self.camera.volts(light, key)

    def scores(self, volts: npt.NDArray[np.float32], key: streams.Key) -> npt.NDArray[np.int64]:
        """Volts to class scores: int64 [N, classes]."""
        return self._decided(self.codes(volts, key), key)

    def codes(self, volts: npt.NDArray[np.float32], key: streams.Key) -> npt.NDArray[Any]:
        """Volts to what the readout makes of them, [N, H, W, C]."""
        return self.readout.convert(volts, self.camera.photodiode.full_scale_v, key)

    def packed(self, codes: npt.NDArray[Any]) -> WordArray:
        """Codes to the packed planes that the network reads."""
        return self.readout.pack(network_planes(codes, self.camera.layout))

    def _decided(self, codes: npt.NDArray[Any], key: streams.Key) -> npt.NDArray[np.int64]:
        faults = self.description.network.faults
        if faults.of_die or faults.of_frame:
            return faulty.scores(self.model, faults, self.packed(codes), key)
        return simulator.scores_of_codes(self.model, network_planes(codes, self.camera.layout))

    @property
    def array_shape(self) -> tuple[int, int, int]:
        """Rows, columns and samples per pixel of the array whose samples the network reads."""
        i = self.model.input
        if i.mosaic is None:
            return i.height, i.width, i.colors
        return 2 * i.height, 2 * i.width, 1

    @cached_property
    def workload(self) -> Workload:
        """What a decision asks of the network; its activity is measured if a price needs it."""
        network, counts = self.description.energy.network, Workload.of(self.model)
        if not (isinstance(network, GateNetwork) and isinstance(network.toggles_per_product, str)):
            return counts
        volts = self._first_volts
        words = self.packed(self.codes(volts, self.key(0, np.arange(len(volts)))))
        activity_of = _ACTIVITIES[network.toggles_per_product]
        return replace(counts, activity=activity_of(self.model, words))

    @cached_property
    def _first_volts(self) -> npt.NDArray[np.float32]:
        """The first test images behind the pixels, from which what moves energy is measured."""
        dataset = self.dataset.first(min(_ACTIVITY_IMAGES, len(self.dataset)))
        self.check_dataset(dataset)
        return self.volts(to_linear(dataset.images), self.key(0, np.arange(len(dataset))))

    @cached_property
    def pixel_array(self) -> PixelArray:
        """What the energy of the readout must know of the pixels, their mean signal among it.

        The signal is measured on the first test images, unless the technology overrides its figure
        or the images are not here.
        """
        photodiode, technology = self.description.photodiode, self.technology
        array = PixelArray.of(photodiode, self.array_shape)
        if isinstance(technology, Survey) or technology.pixel.mean_signal.overrides:
            return array
        try:
            self.dataset  # noqa: B018  only whether it is here
        except InputError:
            return array
        part = np.clip(self._first_volts / photodiode.full_scale_v, 0, 1)
        code = None
        if isinstance(self.readout, Adc):
            code = float(np.mean(self.readout.converter.tone_curve.apply(part)))
        return replace(array, mean_signal=float(part.mean()), mean_code=code)

    @cached_property
    def enob(self) -> float | None:
        """Measured effective bits of the ADC on this die; None for a thermometer."""
        if not isinstance(self.readout, Adc):
            return None
        full_scale_v = self.description.photodiode.full_scale_v
        return measured_enob(self.readout, full_scale_v, self.description.die)

    def ledger(self, settings: EnergySettings | None = None) -> Ledger:
        """What one frame costs, with this pipeline's energy settings or with others."""
        settings = settings or self.description.energy
        surveyed = converter_form(settings, self.technology) != "first-principles"
        return frame_ledger(
            settings, self.technology, self.pixel_array, self.readout, self.workload,
            self.enob if surveyed else None,
        )  # fmt: skip

    def time_budget(self) -> TimeBudget:
        """How long one frame takes, and what limits its rate."""
        photodiode, settings = self.description.photodiode, self.description.energy
        return time_budget(
            self.technology.timing, self.readout, rows=self.array_shape[0],
            reads=2 if photodiode.correlated_double_sampling else 1,
            exposure_us=1e3 * photodiode.integration_time_ms,
            frame_rate_hz=settings.frame_rate_hz, products=self.workload.products,
            parallel_products=settings.parallel_products, duty_cycle=settings.duty_cycle,
        )  # fmt: skip

    def run(self, images: int | None = None, seed: int = 0) -> xr.Dataset:
        """Classify test images.

        Parameters
        ----------
        images : int, optional
            How many, from the first; all of them if left out.
        seed : int, 0 to 2**32 - 1

        Returns
        -------
        Dataset
            Accuracy and its 95 % Wilson interval, bits, energy rows and sums, energy per decision
            and per right one (typical, with the interval of the accuracy), power, typical times;
            the decision for every image.
        """
        dataset = self.dataset.first(images)
        self.check_dataset(dataset)
        decisions = np.empty(len(dataset), np.int64)
        for start in range(0, len(dataset), _BATCH):
            frames = np.arange(start, min(start + _BATCH, len(dataset)))
            key = self.key(seed, frames)
            volts = self.volts(to_linear(dataset.images[frames]), key)
            decisions[frames] = simulator.decide(self.scores(volts, key))
        return self.result(dataset, decisions, seed)

    def check_dataset(self, dataset: Labelled) -> None:
        """Images and classes must be those that the model reads.

        Raises
        ------
        InputError
            If they are not.
        """
        height, width, colors = dataset.images.shape[1:]
        layout = self.camera.layout
        seen = array_shape((height, width, colors), layout)
        if seen != self.array_shape:
            raise InputError(
                f"{dataset.origin}: images of {(height, width, colors)} make {seen} samples in the "
                f"layout {layout!r}, but the model {self.network.path} reads {self.array_shape} "
                "(rows, columns, samples per pixel)"
            )
        if dataset.class_names != self.model.class_names:
            raise InputError(
                f"{dataset.origin}: its classes are {', '.join(dataset.class_names)}, but "
                f"{self.network.path} was trained for {', '.join(self.model.class_names)}; "
                "rename the folders or train a model"
            )

    def result(self, dataset: Labelled, decisions: npt.NDArray[np.int64], seed: int) -> xr.Dataset:
        """Decisions as a dataset with intervals, bits, energy and provenance."""
        data = run_dataset(
            decisions, dataset.labels, self.ledger(), self.time_budget(),
            {
                "bits_per_sample": self.readout.bits_per_sample,
                "link_bits_per_sample": self.readout.link_bits_per_sample,
                "model_bits": self.model.weight_bits,
                "white_illuminance_lux": self.camera.white_illuminance_lux(),
                "integration_time_ms": self.description.photodiode.integration_time_ms,
                "frame_time_ms": 1e3 / self.description.energy.frame_rate_hz,
            },
        )  # fmt: skip
        data.attrs = self.provenance(dataset, seed)
        return data

    def provenance(self, dataset: Labelled, seed: int) -> dict[str, str | int]:
        """What made a result."""
        return {
            "program": f"sensorsim {version('sensorsim')}",
            "pipeline": self.description.model_dump_json(),
            "model_sha256": self.network.sha256,
            "dataset": dataset.name,
            "dataset_sha256": dataset.digest,
            "seed": seed,
        }

    def trace(
        self, image: npt.ArrayLike, seed: int = 0, frame: int = 0, decide: bool = True
    ) -> xr.DataTree:
        """One image after every stage.

        Parameters
        ----------
        image : uint8 (encoded in sRGB) or float (relative linear light), [H, W] or [H, W, C]
        frame : int
            Address of the temporal noise.
        decide : bool
            Whether the network sees it, which needs an image of the size that the model reads.

        Returns
        -------
        DataTree
            Groups ``scene``, ``array``, ``photodiode``, ``readout`` and, if it decides,
            ``network``; with units. From the array on, a scene under a Bayer filter is a mosaic of
            one color.

        Raises
        ------
        InputError
            If the image is of another type, its light is no light, or the network cannot read an
            image of this size.
        """
        array = np.asarray(image)
        if array.dtype != np.uint8 and array.dtype.kind != "f":
            raise InputError(
                f"image: samples of type {array.dtype}; expected uint8 (codes in sRGB) or floating "
                "point (relative linear light): divide other codes by their white and decode them"
            )
        if array.ndim == 2:
            array = array[..., np.newaxis]
        light = to_linear(array) if array.dtype == np.uint8 else array.astype(np.float32)
        key = self.key(seed, [frame])
        volts = self.volts(light[np.newaxis], key)
        codes = self.codes(volts, key)
        tree = trace.of_array(light, key, self.camera, volts[0], codes[0], self.readout)
        if decide:
            tree["network"] = xr.DataTree(self._decision(codes, key))
        tree.attrs = {"pipeline": self.description.model_dump_json(), "seed": seed, "frame": frame}
        return tree

    def _decision(self, codes: npt.NDArray[Any], key: streams.Key) -> xr.Dataset:
        """Scores and decision for the codes of one image, [1, H, W, C]."""
        if codes.shape[1:] != self.array_shape:
            raise InputError(
                f"image: {codes.shape[1:]} samples, but the model {self.network.path} reads "
                f"{self.array_shape} (rows, columns, samples per pixel); fit it to that size"
            )
        return trace.of_network(self.model, self._decided(codes, key)[0])


def load_pipeline(source: str | Path, settings: Mapping[str, Any] | None = None) -> Pipeline:
    """Read a pipeline from a TOML file.

    Parameters
    ----------
    source : path of a file, or name of a pipeline that ships, like "glt4"
    settings : mapping, optional
        Dotted fields to change, like ``{"readout.bits": 6}``.

    Raises
    ------
    InputError
        If the file is missing or not TOML, a field is unknown or out of bounds, or a model or
        technology that it names cannot be used.
    """
    return Pipeline(*load_description(source, settings))


def _beside(technology: str, folder: Path | None) -> str | Path:
    """A technology file beside the pipeline, else the name or path as it stands."""
    beside = folder / technology if folder else None
    return beside if beside is not None and beside.is_file() else technology


def _resolve(readout: Adc | Thermometer | LearnedReadout, model: Model) -> Adc | Thermometer:
    if isinstance(readout, LearnedReadout):
        return readout.applied_to(model.readout)
    return readout


def _check_fit(readout: Adc | Thermometer, model: Model) -> None:
    i = model.input
    if (readout.planes, readout.channels(i.colors)) != (i.planes, i.channels):
        raise InputError(
            f"readout: {readout.kind} with {readout.planes} planes of "
            f"{readout.channels(i.colors)} channels, but network.model was trained for "
            f"{i.planes} planes of {i.channels}; name a model of this readout or train one"
        )


def _check_layout(layout: Layout, model: Model) -> None:
    if bayer(layout) != model.input.mosaic:
        raise InputError(
            f"scene.layout {layout!r}: network.model was trained behind "
            f"{model.input.mosaic or 'pixels without a mosaic'}; state that layout, or name "
            "a model of this one"
        )
