"""What a run rests on: light, noise, levels, how the network was trained, what is assumed."""

from typing import Any

from sensorsim.pipeline.caveats import pixel_without_effect, without_effect
from sensorsim.pipeline.level_words import level_words
from sensorsim.pipeline.pipeline import Pipeline
from sensorsim.pipeline.training_conditions import trained_otherwise

_NOISE = {
    "none": "no noise", "shot": "shot noise", "temporal": "all temporal noise",
    "all": "all temporal noise and the fixed patterns of the die",
}  # fmt: skip


def run_basis(chain: Pipeline, seed: int) -> dict[str, Any]:
    """Collect what a result of `Pipeline.run` rests on.

    Parameters
    ----------
    chain : Pipeline
        The pipeline.
    seed : int, 0 to 2**32 - 1
        Seed of the run.

    Returns
    -------
    dict
        ``light``, ``array``, ``noise`` and ``levels`` in words; lists: ``trained_otherwise``,
        ``without_effect`` (settings) and ``assumed`` (figures of the prices without a source).
    """
    settings, technology = chain.description.energy, chain.cost.technology
    return {
        "light": _light(chain),
        "array": _array(chain),
        "noise": f"{_NOISE[chain.description.photodiode.noise]}; seed {seed}, die "
        f"{chain.description.die}",
        "levels": level_words(chain.readout, chain.description.photodiode),
        "trained_otherwise": trained_otherwise(chain),
        "without_effect": [
            *pixel_without_effect(chain.description),
            *without_effect(settings, technology, chain.readout),
        ],
        "assumed": [c.id for c in chain.cost.ledger().constants() if c.basis == "assumed"],
    }


def _light(chain: Pipeline) -> str:
    camera = chain.camera
    exposure, white_e = camera.exposure, camera.white_e()
    part = 100 * white_e / camera.photodiode.full_well_e
    if exposure.law == "fixed":
        law = f"every image at {exposure.high_stops:g} stops"
    else:
        law = f"every image drawn from {exposure.low_stops:g} to {exposure.high_stops:g} stops"
    return (
        f"at 0 stops white makes {white_e:,.4g} e- ({part:.3g} % of full well) at "
        f"{camera.white_illuminance_lux():,.4g} lux; {law}"
    )


def _array(chain: Pipeline) -> str:
    """The array that is priced, and the image that the network reads, if it is another."""
    rows, columns, samples = chain.cost.array_shape
    text = f"{rows} x {columns} pixels, {samples} sample{'s' if samples > 1 else ''} each"
    if (rows, columns) == chain.array_shape[:2]:
        return text
    seen = " x ".join(map(str, chain.array_shape[:2]))
    return f"{text}, in energy and time; accuracy and network are those of {seen} pixels"
