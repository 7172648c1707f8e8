"""Fit one scene to a chain, and trace it with its origin."""

import numpy as np
import xarray as xr

from sensorsim.core.errors import InputError
from sensorsim.optics.cfa import Bayer, array_shape, bayer
from sensorsim.pipeline.pipeline import Pipeline
from sensorsim.scenes.crop import fitted, rephased
from sensorsim.scenes.frame import Frame


def fixed_exposure(stops: float, illuminance_lux: float | None) -> dict[str, object]:
    """Settings of a pipeline that give every frame the same exposure.

    Parameters
    ----------
    stops : float
        Exposure in stops, relative to the light at which white makes the pipeline's fraction of
        full well, or to ``illuminance_lux``.
    illuminance_lux : float, optional
        Illuminance on the scene in a 0-stop image, lux; replaces that fraction.

    Returns
    -------
    dict of str to value
        Dotted fields, as `sensorsim.pipeline.pipeline.load_pipeline` takes them.

    Examples
    --------
    >>> fixed_exposure(-2, None)
    {'scene.exposure.law': 'fixed', 'scene.exposure.high_stops': -2}
    """
    if illuminance_lux is None:
        return {"scene.exposure.law": "fixed", "scene.exposure.high_stops": stops}
    law = {"law": "fixed", "high_stops": stops, "white_illuminance_lux": illuminance_lux}
    return {"scene.exposure": law}


def prepared(chain: Pipeline, frame: Frame, fit: bool) -> Frame:
    """Prepare a frame for a chain: shift a mosaic to the array's phase, fit its size.

    Parameters
    ----------
    chain : Pipeline
        The chain that will read the frame.
    frame : Frame
        The frame.
    fit : bool
        Whether to fit the frame to the rows and columns that the model reads.

    Returns
    -------
    Frame
        The prepared frame.

    Raises
    ------
    InputError
        If the frame is a mosaic and the layout is mono or rgb, the lens has a blur (it would mix
        colors) or a chief ray angle (the mosaic already has shading); or if the frame cannot be
        fitted.
    """
    scene = chain.description.scene
    if frame.mosaic:
        if scene.layout in ("mono", "rgb"):
            raise InputError(
                f"{frame.origin}: a {frame.layout} mosaic, which an array of the layout "
                f"{scene.layout!r} cannot read without demosaicing; choose a Bayer layout, like "
                f"--set scene.layout={frame.layout}, and its model"
            )
        if scene.lens.psf is not None:
            raise InputError(
                f"{frame.origin}: scene.lens.psf would mix the colors of its mosaic, which "
                "already contains the blur of a lens; leave the blur out"
            )
        if scene.lens.chief_ray_angle_deg > 0:
            raise InputError(
                f"{frame.origin}: scene.lens.chief_ray_angle_deg "
                f"{scene.lens.chief_ray_angle_deg:g} would darken the corners of its mosaic, which "
                "already contains the shading of a lens; set it to 0"
            )
        frame = rephased(frame, bayer(scene.layout) or frame.mosaic)
    return fitted(frame, *chain.array_shape[:2]) if fit else frame


def seen_mosaic(chain: Pipeline, frame: Frame) -> Bayer | None:
    """Bayer mosaic of the samples that the array gives.

    Parameters
    ----------
    chain : Pipeline
        The chain that reads the frame.
    frame : Frame
        The frame, as `prepared` gives it.

    Returns
    -------
    Bayer or None
        Mosaic of the array, else that of the frame; None without a mosaic.
    """
    return bayer(chain.description.scene.layout) or frame.mosaic


def undecided(chain: Pipeline, frame: Frame) -> str | None:
    """Explain why the network cannot classify a frame.

    Parameters
    ----------
    chain : Pipeline
        The chain that reads the frame.
    frame : Frame
        The frame, as `prepared` gives it.

    Returns
    -------
    str or None
        The reason; None if the network can classify it.
    """
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
    """Trace a frame through every stage, and record its origin.

    Parameters
    ----------
    chain : Pipeline
        The chain.
    frame : Frame
        The frame, as `prepared` gives it.
    seed : int, 0 to 2**32 - 1
        Seed of all noise.

    Returns
    -------
    DataTree
        The trace of `Pipeline.trace`, with origin and layout as attributes. If the network cannot
        read the frame, the group ``network`` is missing and the attribute ``undecided`` of the root
        says why.

    Raises
    ------
    InputError
        If the frame's light is negative, infinite or NaN.
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
    tree["readout"].attrs["largest_dn"] = chain.readout.levels
    if reason is not None:
        tree.attrs["undecided"] = reason
    return tree


def array_layout(samples: int) -> str:
    """Name of a layout without a mosaic.

    Parameters
    ----------
    samples : int
        Samples per pixel.

    Returns
    -------
    str
        "mono" for one sample per pixel, else "rgb".
    """
    return "mono" if samples == 1 else "rgb"


def planes_dn(tree: xr.DataTree) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.uint16]]]:
    """Split the digital numbers of a trace into planes.

    Parameters
    ----------
    tree : DataTree
        A trace.

    Returns
    -------
    dict of str to uint16 [H, W]
        Digital numbers, DN: one plane ``frame`` of a mosaic or gray array; ``frame-red``,
        ``frame-green`` and ``frame-blue`` of an array with three samples per pixel. Empty if a
        code depends on several samples, so that it has no digital number.
    """
    if "digital_number" not in tree["readout"]:
        return {}
    numbers = tree["readout"]["digital_number"].to_numpy()
    if numbers.shape[-1] == 1:
        return {"frame": numbers[..., 0]}
    names = ("red", "green", "blue")
    return {f"frame-{name}": np.ascontiguousarray(numbers[..., c]) for c, name in enumerate(names)}
