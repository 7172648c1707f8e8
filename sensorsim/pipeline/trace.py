"""Trace of one image: named arrays with units after every stage."""

from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from sensorsim.bnn import simulator
from sensorsim.bnn.layers import Scores, Votes
from sensorsim.bnn.model import Model
from sensorsim.core import streams
from sensorsim.readout import Readout
from sensorsim.sensor.camera import Camera

_SPACE = ("row", "column", "color")


def of_array(
    light: npt.NDArray[np.float32],
    key: streams.Key,
    camera: Camera,
    volts: npt.NDArray[np.float32],
    codes: npt.NDArray[Any],
    readout: Readout,
) -> xr.DataTree:
    """Collect the groups ``scene``, ``array``, ``photodiode`` and ``readout`` of one image.

    Parameters
    ----------
    light : float32 [H, W, C]
        Relative linear light.
    key : Key
        Noise address of this one image.
    camera : Camera
        The camera that made the volts.
    volts : float32 [H, W, samples per pixel], V
        Pixel signals.
    codes : unsigned integer [H, W, samples per pixel]
        Codes of the readout.
    readout : Readout
        The readout that made the codes.

    Returns
    -------
    DataTree
        Arrays with units; ``digital_number`` and ``transition`` only if a code depends on one
        sample alone; ``bit`` names the bits of ``code``.
    """
    stops = camera.exposure.stops(key)[0]
    scene = {
        "light": (_SPACE, light, {"units": "1", "long_name": "relative linear light"}),
        "exposure": ((), stops, {"units": "stop"}),
        "white_illuminance": ((), camera.white_illuminance_lux() * 2.0**stops, {"units": "lux"}),
    }
    on_array = camera.on_array(light[np.newaxis])
    array = {
        "light": (
            _SPACE,
            on_array[0],
            {"units": "1", "long_name": "relative light behind lens and color filters"},
        ),
        "electrons": (
            _SPACE,
            camera.mean_electrons(on_array, key)[0],
            {"units": "e-", "long_name": "made on average by light and dark current"},
        ),
        "full_well": ((), camera.photodiode.full_well_e, {"units": "e-"}),
    }
    full_scale_v = camera.photodiode.full_scale_v
    photodiode = {
        "signal": (_SPACE, volts, {"units": "V"}),
        "full_scale": ((), full_scale_v, {"units": "V"}),
    }
    seen: dict[str, Any] = {
        "code": (_SPACE, codes, {"units": "1", "long_name": readout.code_words}),
        "shown": (
            _SPACE,
            readout.shown(codes).astype(np.float32),
            {"units": "1", "long_name": "codes as gray values, 1 is white"},
        ),
        "bit": ("bit", list(readout.bit_words(full_scale_v))),
    }
    numbers, levels = readout.digital_numbers(codes), readout.transitions()
    if numbers is not None:
        words = {"units": "DN", "long_name": readout.number_words}
        seen["digital_number"] = (_SPACE, numbers.astype(np.uint16), words)
    if levels is not None:
        electrons = camera.photodiode.response.electrons(
            levels * full_scale_v, camera.photodiode.volts_per_e
        )
        seen["transition"] = ("level", levels * full_scale_v, {"units": "V"})
        seen["transition_electrons"] = ("level", electrons, {"units": "e-"})
    if (made := readout.reference_codes()) is not None:
        words = {"units": "1", "long_name": f"code of the reference DAC of {made[1]} steps"}
        seen["reference_code"] = ("level", made[0], words)
    return xr.DataTree.from_dict(
        {
            "scene": xr.Dataset(scene),
            "array": xr.Dataset(array),
            "photodiode": xr.Dataset(photodiode),
            "readout": xr.Dataset(seen),
        }
    )


def of_network(model: Model, scores: npt.NDArray[np.int64]) -> xr.Dataset:
    """Collect scores and decision of one image.

    Parameters
    ----------
    model : Model
        The network.
    scores : int64 [classes]
        Class scores as the network computes them, in fixed point.

    Returns
    -------
    Dataset
        ``score`` of each class as a real number, and ``decision``, the class number.
    """
    end = model.layers[-1]
    assert isinstance(end, Scores | Votes)
    return xr.Dataset(
        {
            "score": ("class_name", scores * 2.0**-end.fraction_bits, {"units": "1"}),
            "decision": ((), int(simulator.decide(scores[np.newaxis])[0]), {"units": "class"}),
        },
        {"class_name": list(model.class_names)},
    )
