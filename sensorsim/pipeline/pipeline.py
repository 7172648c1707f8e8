"""A pipeline: a chain with its test images, its cost and its results."""

from collections.abc import Mapping
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from sensorsim.core import streams
from sensorsim.core.arguments import whole_number
from sensorsim.core.errors import InputError
from sensorsim.core.files import beside
from sensorsim.pipeline import trace
from sensorsim.pipeline.chain import Chain
from sensorsim.pipeline.configuration import PipelineDescription, change, load_description
from sensorsim.pipeline.cost import Cost
from sensorsim.pipeline.evaluation import decide_all
from sensorsim.pipeline.results import run_dataset
from sensorsim.scenes.datasets import load_dataset
from sensorsim.scenes.labelled import Labelled
from sensorsim.scenes.srgb import to_linear


class Pipeline(Chain):
    """A chain with test images, energy and time.

    Attributes
    ----------
    cost : Cost
        Energy and time of a frame.

    Parameters
    ----------
    description : PipelineDescription
        What the pipeline states.
    folder : Path, optional
        Folder to look for model and technology files in.
    parent : Pipeline, optional
        The pipeline that this one was changed from; its network is reused if it is the same file.
    dataset : Labelled, optional
        Test images of the scene; loaded on first use if left out.

    Raises
    ------
    InputError
        If the model or the technology cannot be read, or the model does not fit the description.
    """

    def __init__(
        self,
        description: PipelineDescription,
        folder: Path | None = None,
        parent: "Pipeline | None" = None,
        dataset: Labelled | None = None,
    ) -> None:
        super().__init__(description, folder, parent)
        self._folder = folder
        self._dataset = dataset
        self.cost = Cost(self, lambda: self.dataset, folder)

    def __repr__(self) -> str:
        stated = self.description
        return (
            f"<Pipeline {stated.name}: {stated.scene.dataset}, "
            f"{self.readout.words(stated.readout.is_learned)}, "
            f"network {stated.network.model} of {self.model.weight_bits:,} weight bits>"
        )

    def replace(self, settings: Mapping[str, Any]) -> "Pipeline":
        """Copy the pipeline with some fields changed.

        Parameters
        ----------
        settings : mapping of str to value
            Dotted fields to change, like ``{"readout.bits": 6}``; None or "none" removes a field.

        Returns
        -------
        Pipeline
            The copy; it shares network and test images where they are the same.

        Raises
        ------
        InputError
            If a field does not exist, its value is out of bounds, or a file that it names cannot
            be used.
        """
        changed = Pipeline(change(self.description, settings, self._folder), self._folder, self)
        mine, other = self.description.scene, changed.description.scene
        if all(getattr(mine, f) == getattr(other, f) for f in ("dataset", "data_dir", "size_px")):
            changed._dataset = self._dataset
        return changed

    @property
    def dataset(self) -> Labelled:
        """Test images of the scene, loaded on first use; classes are matched to the model by name.

        Returns
        -------
        Labelled
            Images, labels and class names.
        """
        if self._dataset is None:
            self._dataset = self._load("test")
        self._dataset = self._dataset.numbered_like(self.model.class_names)
        return self._dataset

    @cached_property
    def validation(self) -> Labelled:
        """Images to choose on: training images that no network learned from, loaded on first use.

        Returns
        -------
        Labelled
            Images, labels and class names.
        """
        return self._load("validation").numbered_like(self.model.class_names)

    def _load(self, split: str) -> Labelled:
        scene = self.description.scene
        place = (
            None if scene.data_dir is None else beside(scene.data_dir, self._folder, or_folder=True)
        )
        return load_dataset(scene.dataset, split, place, scene.size_px)

    def run(self, images: int | None = None, seed: int = 0) -> xr.Dataset:
        """Classify test images.

        Parameters
        ----------
        images : int, optional
            Number of images, from the first; all if left out.
        seed : int, 0 to 2**32 - 1
            Seed of all noise.

        Returns
        -------
        Dataset
            Accuracy and its 95 % Wilson interval, bits, energy rows and sums, energy per decision
            and per correct decision (typical, with the interval of the accuracy), power, typical
            times; the decision for every image; images by true and decided class (``confusion``)
            and the ``recall`` of each class. Each variable has its unit in ``attrs["units"]``.

        Raises
        ------
        InputError
            If the images cannot be loaded or do not fit the model.
        """
        seed = whole_number("seed", seed, 0, streams.MAX_SEED)
        dataset = self.dataset.first(images)
        self.check_dataset(dataset)
        key = self.key(seed, np.arange(len(dataset)))
        return self.result(dataset, decide_all([self], dataset.images, key)[0], seed)

    def result(self, dataset: Labelled, decisions: npt.NDArray[np.int64], seed: int) -> xr.Dataset:
        """Collect decisions, intervals, bits, energy, times and provenance.

        Parameters
        ----------
        dataset : Labelled
            The images that were classified.
        decisions : int64 [N]
            Class number of each image.
        seed : int, 0 to 2**32 - 1
            Seed of the run.

        Returns
        -------
        Dataset
            The result, as `run` describes it.
        """
        data = run_dataset(
            decisions, dataset.labels, self.cost.ledger(), self.cost.time_budget(),
            {
                "bits_per_sample": self.readout.bits_per_sample,
                "link_bits_per_sample": self.readout.link_bits_per_sample,
                "weight_bits": self.model.weight_bits,
                "white_illuminance_lux": self.camera.white_illuminance_lux(),
                "integration_time_ms": self.description.photodiode.integration_time_ms,
                "frame_time_ms": 1e3 / self.description.energy.frame_rate_hz,
            },
            self.model.class_names,
        )  # fmt: skip
        data.attrs = self.provenance(dataset, seed)
        return data

    def provenance(self, dataset: Labelled, seed: int) -> dict[str, str | int]:
        """Record what a result depends on.

        Parameters
        ----------
        dataset : Labelled
            The images that were classified.
        seed : int
            Seed of the run.

        Returns
        -------
        dict of str to str or int
            Program version, pipeline as JSON, digests of model and dataset, and seed.
        """
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
        """Trace one image through every stage.

        Parameters
        ----------
        image : uint8 or float, [H, W] or [H, W, C]
            Image encoded in sRGB (uint8) or relative linear light (float).
        seed : int, 0 to 2**32 - 1
            Seed of all noise.
        frame : int
            Frame number, which addresses the temporal noise.
        decide : bool
            Whether to run the network, which needs an image of the size that the model reads.

        Returns
        -------
        DataTree
            Groups ``scene``, ``array``, ``photodiode``, ``readout`` and, if it decides,
            ``network``; with units. From the array on, a scene under a Bayer filter is a mosaic of
            one color.

        Raises
        ------
        InputError
            If the image is of another type, its light is negative, infinite or NaN, or the network
            cannot read an image of this size.
        """
        seed = whole_number("seed", seed, 0, streams.MAX_SEED)
        frame = whole_number("frame", frame, 0, streams.MAX_FRAME)
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
        """Compute scores and decision from the codes of one image, [1, H, W, C]."""
        if codes.shape[1:] != self.array_shape:
            raise InputError(
                f"image: {codes.shape[1:]} samples, but the model {self.network.path} reads "
                f"{self.array_shape} (rows, columns, samples per pixel); fit it to that size"
            )
        return trace.of_network(self.model, self.decided(codes, key)[0])


def load_pipeline(source: str | Path, settings: Mapping[str, Any] | None = None) -> Pipeline:
    """Read a pipeline from a TOML file.

    Parameters
    ----------
    source : str or Path
        Path of a TOML file, or name of a shipped pipeline, like "glt4".
    settings : mapping, optional
        Dotted fields to change, like ``{"readout.bits": 6}``; None or "none" removes a field.

    Returns
    -------
    Pipeline
        The pipeline, ready to run.

    Raises
    ------
    InputError
        If the file is missing or not TOML, a field is unknown or out of bounds, or a model or
        technology that it names cannot be used.

    Examples
    --------
    >>> from sensorsim.pipeline.pipeline import load_pipeline
    >>> pipeline = load_pipeline("glt4")
    >>> pipeline.readout.bits_per_sample
    4
    """
    return Pipeline(*load_description(source, settings))
