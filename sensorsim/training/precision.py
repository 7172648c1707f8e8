"""Device and number format of torch."""

from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch

from sensorsim.core.errors import InputError

DeviceName = Literal["auto", "cpu", "cuda"]


def device_of(name: DeviceName) -> torch.device:
    """Select a device by name.

    Parameters
    ----------
    name : "auto", "cpu" or "cuda"
        "auto" is the first CUDA device if there is one, else the CPU.

    Returns
    -------
    torch.device
        The device.

    Raises
    ------
    InputError
        If ``name`` is "cuda" and there is no CUDA device.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("--device cuda: torch finds none; use --device cpu, or auto")
    return torch.device(name)


def fast_format(device: torch.device) -> torch.dtype:
    """bfloat16 where the device multiplies it faster than float32, else float32.

    Parameters
    ----------
    device : torch.device
        The device.

    Returns
    -------
    torch.dtype
        Number format of convolutions.
    """
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    able = torch.cpu.get_capabilities()
    fast = able.get("avx512_bf16") or able.get("amx_bf16")
    return torch.bfloat16 if fast else torch.float32


def autocast(device: torch.device, dtype: torch.dtype) -> AbstractContextManager[object]:
    """Context in which convolutions and matrix products use a number format.

    Parameters
    ----------
    device : torch.device
        The device.
    dtype : torch.dtype
        float32 or bfloat16.

    Returns
    -------
    context manager
        Does nothing for float32.
    """
    if dtype == torch.float32:
        return nullcontext()
    return torch.autocast(device.type, dtype)
