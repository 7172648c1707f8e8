"""One scene through a chain: made to fit it, and traced with where it came from."""

import numpy as np
import xarray as xr

from sensorsim.core.errors import InputError
from sensorsim.optics.cfa import Bayer, array_shape, bayer
from sensorsim.pipeline.pipeline import Pipeline
from sensorsim.scenes.crop import fitted, rephased
from sensorsim.scenes.frame import Frame


def fixed_exposure(stops: float, illuminance_lux: float | None) -> dict[str, object]:
    """Settings of a pipeline that expose one scene and not a dataset.

    Parameters
    ----------
    stops : float
        Over the light at which white makes the pipeline's fraction of full well.
    illuminance_lux : float, optional
        Illuminance of the scene, in place of that fraction.

    Returns
    -------
    dict
        Dotted fields, as `sensorsim.pipeline.chain.load_pipeline` takes them.
    """
    if illuminance_lux is None:
        return {"scene.exposure.law": "fixed", "scene.exposure.high_stops": stops}
    law = {"law": "fixed", "high_stops": stops, "white_illuminance_lux": illuminance_lux}
    return {"scene.exposure": law}


def prepared(chain: Pipeline, frame: Frame, fit: bool) -> Frame:
    """The frame as the chain's array can see it: a mosaic in the array's phase, fitted if asked.

    Raises
    ------
    InputError
        If a mosaic meets an array that is none, a blur that would mix its colors, or shading that
        it has already, or if the frame does not fit.
    """
    scene = chain.description.scene
    if frame.mosaic:
        if scene.layout in ("mono", "rgb"):
            raise InputError(
                f"{frame.origin}: a {frame.layout} mosaic, which an array of the layout "
                f"{scene.layout!r} cannot see without demosaicing; choose a Bayer layout, like "
                f"--set scene.layout={frame.layout}, and its model"
            )
        if scene.lens.psf is not None:
            raise InputError(
                f"{frame.origin}: scene.lens.psf would mix the colors of its mosaic, which has "
                "seen a lens already; leave the blur out"
            )
        if scene.lens.chief_ray_angle_deg > 0:
            raise InputError(
                f"{frame.origin}: scene.lens.chief_ray_angle_deg "
                f"{scene.lens.chief_ray_angle_deg:g} would darken the corners of its mosaic, which "
                "a lens has darkened already; set it to 0"
            )
        frame = rephased(frame, bayer(scene.layout) or frame.mosaic)
    return fitted(frame, *chain.array_shape[:2]) if fit else frame


def seen_mosaic(chain: Pipeline, frame: Frame) -> Bayer | None:
    """Color filter of the samples that come out of the array."""
    return bayer(chain.description.scene.layout) or frame.mosaic


def undecided(chain: Pipeline, frame: Frame) -> str | None:
    """Why the network cannot decide about a frame; None if it can."""
    layout, model = chain.description.scene.layout, chain.model.input
    height, width, colors = frame.light.shape
    seen = array_shape((height, width, colors), layout)
    if frame.mosaic and model.mosaic is None:
        return f"the model reads pixels without a mosaic, the frame is {frame.mosaic}"
    if seen[2] != chain.array_shape[2]:
        return (
            f"the model reads {chain.array_shape[2]} samples per pixel, the frame has {seen[2]}; "
            "a gray array is --set scene.layout=mono"
        )
    if seen != chain.array_shape:
        rows, columns, _ = chain.array_shape
        return (
            f"the model reads {rows} x {columns} pixels, the frame has {height} x {width}; "
            "--fit makes it fit"
        )
    return None


def trace_frame(chain: Pipeline, frame: Frame, seed: int = 0) -> xr.DataTree:
    """The frame after every stage, as `Pipeline.trace` gives it, with where it came from.

    The network decides if it reads frames of this size; otherwise the root's attribute
    ``undecided`` says why not.

    Raises
    ------
    InputError
        Like `Pipeline.trace`.
    """
    reason = undecided(chain, frame)
    tree = chain.trace(frame.light, seed, decide=reason is None)
    tree["scene"].attrs = {
        "origin": frame.origin,
        "layout": frame.layout,
        "white": f"light 1 is {frame.white}",
        **frame.metadata,
    }
    mosaic = seen_mosaic(chain, frame)
    for group in ("array", "photodiode", "readout"):
        tree[group].attrs["layout"] = mosaic or array_layout(tree[group].sizes["color"])
    tree["readout"].attrs["kind"] = chain.readout.kind
    tree["readout"].attrs["largest_dn"] = chain.readout.levels
    if reason is not None:
        tree.attrs["undecided"] = reason
    return tree


def array_layout(samples: int) -> str:
    """Word for pixels without a mosaic."""
    return "mono" if samples == 1 else "rgb"


def planes_dn(tree: xr.DataTree) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.uint16]]]:
    """Digital numbers of a trace by plane, uint16 [H, W] each.

    One plane, ``frame``, of a mosaic or gray array; one for each color of a co-sited one.
    """
    numbers = tree["readout"]["digital_number"].to_numpy()
    if numbers.shape[-1] == 1:
        return {"frame": numbers[..., 0]}
    names = ("red", "green", "blue")
    return {f"frame-{name}": np.ascontiguousarray(numbers[..., c]) for c, name in enumerate(names)}
