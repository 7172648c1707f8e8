"""The conventional readout: one b-bit conversion per pixel."""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from sensorsim import streams
from sensorsim.bits import WordArray, code_planes
from sensorsim.description import Description
from sensorsim.kernels.comparators import quantize
from sensorsim.readout.comparator import Comparator, column_offsets_v
from sensorsim.tonemap import Linear, ToneCurve, transition_levels


class Adc(Description):
    """A column-parallel ADC, linear or companded by a nonlinear ramp.

    The BNN reads its code as ``bits`` planes weighted ``2**k`` under shared binary weights, which
    equals a first layer over the integers ``2 * code - (2**bits - 1)``.
    """

    kind: Literal["adc"] = "adc"
    bits: int = Field(8, ge=1, le=14, description="Resolution, bits.")
    tone_curve: ToneCurve = Field(
        Linear(), description="Curve in front of the quantizer, acting on the analog ramp."
    )
    comparator: Comparator = Field(Comparator(), description="Errors at the converter's input.")

    @property
    def levels(self) -> int:
        """Number of transitions between codes."""
        return 2**self.bits - 1

    @property
    def bits_per_sample(self) -> int:
        """Bits that one color sample makes."""
        return self.bits

    @property
    def link_bits_per_sample(self) -> int:
        """Bits that cross the link for one color sample."""
        return self.bits

    @property
    def planes(self) -> int:
        """Weighted bit planes that the first layer reads."""
        return self.bits

    def channels(self, colors: int) -> int:
        """Channels of each plane."""
        return colors

    def transitions(self) -> npt.NDArray[np.float64]:
        """Transition levels as parts of full scale, ascending."""
        return transition_levels(self.tone_curve, self.levels)

    def convert(
        self, volts: npt.NDArray[np.float32], full_scale_v: float, key: streams.Key
    ) -> npt.NDArray[np.uint16]:
        """Codes of a batch of images.

        Parameters
        ----------
        volts : float32 [N, H, W, C]
        full_scale_v : float
            Volts at which an ideal converter's code range ends.

        Returns
        -------
        uint16 [N, H, W, C]
        """
        n, h, w, c = volts.shape
        seen, rows = key.distinct_dies()
        offsets = column_offsets_v(self.comparator, w * c, 1, seen, key.seed)[:, :, 0]
        out = np.empty((n, h * w * c), np.uint16)
        quantize(
            np.ascontiguousarray(volts).reshape(n, -1), self.transitions() * full_scale_v,
            np.ascontiguousarray(offsets), rows, key.frames, w * c,
            self.comparator.noise_mv * 1e-3, key.seed, streams.READOUT_NOISE, out,
        )  # fmt: skip
        return out.reshape(volts.shape)

    def pack(self, codes: npt.NDArray[Any]) -> WordArray:
        """Packed planes that the BNN reads: uint64 [N, planes, H, W, words]."""
        return code_planes(codes, self.bits)
