"""Units of quantities, read from the ends of their names."""

_UNITS = {
    "_pj_per_correct_decision": "pJ",
    "_pj_per_4_to_enob": "pJ",
    "_pj_per_decision": "pJ",
    "bits_per_sample": "bit",
    "_fj_per_operation": "fJ",
    "_dn_per_e": "DN/e-",
    "_uv_per_e": "uV/e-",
    "_e_per_s": "e-/s",
    "_ff_per_mm": "fF/mm",
    "_ff_per_row": "fF",
    "_ff_per_um": "fF/um",
    "_fj_per_bit": "fJ",
    "_fj_per_step": "fJ",
    "_pj_per_bit": "pJ",
    "_pw_per_bit": "pW",
    "_aj_at_0_db": "aJ",
    "_percent": "%",
    "_photons": "photon",
    "_columns": "pixel",
    "_rows": "pixel",
    "_stops": "stop",
    "_bits": "bit",
    "_dn2": "DN2",
    "_lux": "lux",
    "_db": "dB",
    "_dn": "DN",
    "_ev": "eV",
    "_ff": "fF",
    "_fj": "fJ",
    "_hz": "Hz",
    "_ms": "ms",
    "_mv": "mV",
    "_nm": "nm",
    "_ns": "ns",
    "_pj": "pJ",
    "_ua": "uA",
    "_um": "um",
    "_us": "us",
    "_uw": "uW",
    "_c": "C",
    "_e": "e-",
    "_v": "V",
}
"""Unit by suffix of a name, longest suffix first."""
_OF_THE_SAME_UNIT = ("_low", "_typical", "_high", "_error")
"""Suffixes of bounds and errors, which have the unit of their quantity."""


def unit_of(name: str) -> str:
    """Unit of a quantity by its name, like "fF" of ``reset_ff``.

    Bounds and errors have the unit of their quantity: "e-" of ``dsnu_e_error``.

    Parameters
    ----------
    name : str
        Name of a field or column.

    Returns
    -------
    str
        Unit; "1" if the name states none.

    Examples
    --------
    >>> unit_of("dsnu_e_error")
    'e-'
    """
    for end in _OF_THE_SAME_UNIT:
        name = name.removesuffix(end)
    return next((unit for end, unit in _UNITS.items() if f"_{name}".endswith(end)), "1")
