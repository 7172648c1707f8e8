"""The simulated chain: scene, photodiode, readout, network; from light to class scores."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sensorsim.bnn import faulty, simulator
from sensorsim.bnn.model import Model
from sensorsim.bnn.model_file import ModelFile, find_model, read_model
from sensorsim.core import streams
from sensorsim.core.bits import WordArray
from sensorsim.core.errors import InputError
from sensorsim.optics.cfa import Layout, array_shape, bayer, network_planes
from sensorsim.pipeline.configuration import PipelineDescription
from sensorsim.readout import Readout
from sensorsim.scenes.labelled import Labelled
from sensorsim.sensor.camera import Camera


class Chain:
    """Light to class scores, by what a description states.

    Attributes
    ----------
    description : PipelineDescription
    network : ModelFile
        The network's file as it was read.
    model : Model
    camera : Camera
    readout : Readout
        The readout itself; levels of a learned one are those of the model.

    Parameters
    ----------
    description : PipelineDescription
    folder : Path, optional
        Where files that the description names may lie.
    parent : Chain, optional
        The chain that this one was changed from; its network is kept if it is the same.

    Raises
    ------
    InputError
        If the model cannot be read, or does not fit readout, layout or faults.
    """

    def __init__(
        self,
        description: PipelineDescription,
        folder: Path | None = None,
        parent: "Chain | None" = None,
    ) -> None:
        self.description = description
        path = find_model(description.network.model, folder)
        # A changed chain keeps the network that was read and compiled, unless it names another.
        kept = parent.network if parent and parent.network.path == path else None
        self.network: ModelFile = kept or read_model(path)
        self.model: Model = self.network.model
        self.readout: Readout = description.readout.resolved(self.model.readout)
        _check_fit(self.readout, self.model)
        _check_layout(description.scene.layout, self.readout, self.model)
        description.network.faults.check(self.model)
        self.camera: Camera = description.camera()
        self.camera.lux_per_electron()  # raises for light that the pixel does not see

    def key(self, seed: int, frames: npt.ArrayLike) -> streams.Key:
        """Address of the noise of some frames on this chain's die.

        Parameters
        ----------
        seed : int, 0 to 2**32 - 1
        frames : int [N]

        Returns
        -------
        Key
        """
        return streams.Key.of(seed, frames, self.description.die)

    def volts(self, light: npt.ArrayLike, key: streams.Key) -> npt.NDArray[np.float32]:
        """Scene to volts.

        Parameters
        ----------
        light : float [N, H, W, C]
            Relative linear light.
        key : Key
            Of N frames.

        Returns
        -------
        float32 [N, H, W, samples per pixel]
            Volts, V.
        """
        return self.camera.volts(light, key)

    def scores(self, volts: npt.NDArray[np.float32], key: streams.Key) -> npt.NDArray[np.int64]:
        """Volts to class scores.

        Parameters
        ----------
        volts : float32 [N, H, W, C], V
        key : Key
            Of N frames.

        Returns
        -------
        int64 [N, classes]
            Class scores.
        """
        return self.decided(self.codes(volts, key), key)

    def codes(self, volts: npt.NDArray[np.float32], key: streams.Key) -> npt.NDArray[Any]:
        """Volts to what the readout makes of them.

        Parameters
        ----------
        volts : float32 [N, H, W, C], V
        key : Key
            Of N frames.

        Returns
        -------
        unsigned integer [N, H, W, C]
            Codes.
        """
        return self.readout.convert(volts, self.camera.photodiode.full_scale_v, key)

    def packed(self, codes: npt.NDArray[Any]) -> WordArray:
        """Codes to the packed planes that the network reads.

        Parameters
        ----------
        codes : unsigned integer [N, H, W, C]

        Returns
        -------
        uint64 [N, planes, H, W, words]
            Packed bits.
        """
        return self.readout.pack(network_planes(codes, self.camera.layout))

    def decided(self, codes: npt.NDArray[Any], key: streams.Key) -> npt.NDArray[np.int64]:
        """Codes to class scores, with the network's faults.

        Parameters
        ----------
        codes : unsigned integer [N, H, W, C]
        key : Key
            Of N frames.

        Returns
        -------
        int64 [N, classes]
            Class scores.
        """
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

    def check_dataset(self, dataset: Labelled) -> None:
        """Raise unless images and classes are those that the model reads.

        Parameters
        ----------
        dataset : Labelled

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


def _check_fit(readout: Readout, model: Model) -> None:
    i = model.input
    if (readout.planes, readout.channels(i.colors)) != (i.planes, i.channels):
        raise InputError(
            f"readout: {readout.kind} with {readout.planes} planes of "
            f"{readout.channels(i.colors)} channels, but network.model was trained for "
            f"{i.planes} planes of {i.channels}; name a model of this readout or train one"
        )


def _check_layout(layout: Layout, readout: Readout, model: Model) -> None:
    if bayer(layout) != model.input.mosaic:
        raise InputError(
            f"scene.layout {layout!r}: network.model was trained behind "
            f"{model.input.mosaic or 'pixels without a mosaic'}; state that layout, or name "
            "a model of this one"
        )
    readout.check_layout(layout)
