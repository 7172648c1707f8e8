"""The simulated chain from light to class scores: scene, photodiode, readout, network."""

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
    """Compute class scores from light, as a description states it.

    Attributes
    ----------
    description : PipelineDescription
        What the pipeline states.
    network : ModelFile
        The network's file.
    model : Model
        The network, with the readout that it was trained behind.
    camera : Camera
        The pixels in front of the readout.
    readout : Readout
        The readout; a learned one has the levels of the model.

    Parameters
    ----------
    description : PipelineDescription
        What the pipeline states.
    folder : Path, optional
        Folder to look for the model file in.
    parent : Chain, optional
        The chain that this one was changed from; its network is reused if it is the same file.

    Raises
    ------
    InputError
        If the model cannot be read, does not fit readout, layout or faults, or the pixel does not
        respond to the scene's light.
    """

    def __init__(
        self,
        description: PipelineDescription,
        folder: Path | None = None,
        parent: "Chain | None" = None,
    ) -> None:
        self.description = description
        path = find_model(description.network.model, folder)
        # Reuse a network that is already read and compiled.
        kept = parent.network if parent and parent.network.path == path else None
        self.network: ModelFile = kept or read_model(path)
        self.model: Model = self.network.model
        self.readout: Readout = description.readout.resolved(self.model.readout)
        self.readout.check_layout(description.scene.layout)
        _check_fit(self.readout, self.model)
        _check_layout(description.scene.layout, self.model)
        description.network.faults.check(self.model)
        self.camera: Camera = description.camera()
        self.camera.lux_per_electron()  # raises if the pixel does not respond to the light

    def key(self, seed: int, frames: npt.ArrayLike) -> streams.Key:
        """Make the noise addresses of frames on this chain's die.

        Parameters
        ----------
        seed : int, 0 to 2**32 - 1
            Seed of all noise.
        frames : int [N]
            Frame numbers.

        Returns
        -------
        Key
            Noise addresses of the N frames.
        """
        return streams.Key.of(seed, frames, self.description.die)

    def volts(self, light: npt.ArrayLike, key: streams.Key) -> npt.NDArray[np.float32]:
        """Compute the pixels' volts.

        Parameters
        ----------
        light : float [N, H, W, C]
            Relative linear light.
        key : Key
            Noise addresses of the N frames.

        Returns
        -------
        float32 [N, H, W, samples per pixel]
            Pixel signals, V.
        """
        return self.camera.volts(light, key)

    def scores(self, volts: npt.NDArray[np.float32], key: streams.Key) -> npt.NDArray[np.int64]:
        """Compute class scores from volts.

        Parameters
        ----------
        volts : float32 [N, H, W, C], V
            Pixel signals.
        key : Key
            Noise addresses of the N frames.

        Returns
        -------
        int64 [N, classes]
            Class scores.
        """
        return self.decided(self.codes(volts, key), key)

    def codes(self, volts: npt.NDArray[np.float32], key: streams.Key) -> npt.NDArray[Any]:
        """Convert volts to codes of the readout.

        Parameters
        ----------
        volts : float32 [N, H, W, C], V
            Pixel signals.
        key : Key
            Noise addresses of the N frames.

        Returns
        -------
        unsigned integer [N, H, W, C]
            Codes, as `Readout.convert` gives them.
        """
        return self.readout.convert(volts, self.camera.photodiode.full_scale_v, key)

    def packed(self, codes: npt.NDArray[Any]) -> WordArray:
        """Pack codes into the bit planes that the network reads.

        Parameters
        ----------
        codes : unsigned integer [N, H, W, C]
            Codes of the readout.

        Returns
        -------
        uint64 [N, planes, H, W, words]
            Packed bits; under a Bayer filter H and W are half the codes'.
        """
        return self.readout.pack(network_planes(codes, self.camera.layout))

    def decided(self, codes: npt.NDArray[Any], key: streams.Key) -> npt.NDArray[np.int64]:
        """Compute class scores from codes, with the network's faults.

        Parameters
        ----------
        codes : unsigned integer [N, H, W, C]
            Codes of the readout.
        key : Key
            Noise addresses of the N frames.

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
        """Size of the pixel array that the network reads.

        Returns
        -------
        tuple of int
            Rows, columns and samples per pixel.
        """
        i = self.model.input
        if i.mosaic is None:
            return i.height, i.width, i.colors
        return 2 * i.height, 2 * i.width, 1

    def check_dataset(self, dataset: Labelled) -> None:
        """Raise unless images and classes are those that the model reads.

        Parameters
        ----------
        dataset : Labelled
            Images, labels and class names.

        Raises
        ------
        InputError
            If the image size in this layout, or the class names, differ from the model's.
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
                "give class folders those names (case and punctuation do not matter), leave the "
                "others out, or train a model"
            )


def _check_fit(readout: Readout, model: Model) -> None:
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
