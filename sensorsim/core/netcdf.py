"""Write results as NetCDF 4."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xarray as xr

from sensorsim.core.errors import InputError
from sensorsim.core.files import atomic_write

SUFFIXES = (".nc", ".nc4", ".netcdf", ".h5", ".hdf5")
"""Suffixes that fit the format."""


def write_netcdf(
    data: xr.Dataset | xr.DataTree, path: Path, encoding: Mapping[str, Any] | None = None
) -> None:
    """Write a Dataset or DataTree atomically, as NetCDF 4, which has 64-bit and unsigned integers.

    Parameters
    ----------
    data : Dataset or DataTree
        What to write.
    path : Path
        File to write.
    encoding : mapping, optional
        Compression and the like, as xarray's ``to_netcdf`` takes it.

    Raises
    ------
    InputError
        If the file cannot be written, as on a full disk; an existing file stays unchanged.
    """
    with atomic_write(path) as part:
        try:
            data.to_netcdf(part, engine="h5netcdf", encoding=dict(encoding or {}))
        except RuntimeError as error:  # h5py's, when a disk is full as the file is closed
            raise InputError(f"{path}: cannot be written ({error})") from None
