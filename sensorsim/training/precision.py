"""Where torch computes, and in which floating-point format."""

from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch

from sensorsim.core.errors import InputError

DeviceName = Literal["auto", "cpu", "cuda"]


def device_of(name: DeviceName) -> torch.device:
    """The device that a name stands for.

    Parameters
    ----------
    name : "auto", "cpu" or "cuda"
        "auto" is the first CUDA device if there is one.

    Returns
    -------
    torch.device

    Raises
    ------
    InputError
        If there is no CUDA device and one is asked for.
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

    Returns
    -------
    torch.dtype
    """
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    able = torch.cpu.get_capabilities()
    fast = able.get("avx512_bf16") or able.get("amx_bf16")
    return torch.bfloat16 if fast else torch.float32


def autocast(device: torch.device, dtype: torch.dtype) -> AbstractContextManager[object]:
    """A context in which convolutions and products run in a format.

    Parameters
    ----------
    device : torch.device
    dtype : torch.dtype
        float32 or bfloat16.

    Returns
    -------
    context manager
    """
    if dtype == torch.float32:
        return nullcontext()
    return torch.autocast(device.type, dtype)
