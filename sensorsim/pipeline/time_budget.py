"""Times of a frame (exposure, rows, conversions, network) and the limits of the frame rate."""

from dataclasses import dataclass

from sensorsim.circuits.constant import Constant, Estimate, Range
from sensorsim.circuits.figures import TimingConstants
from sensorsim.circuits.timing import network_cycles, network_us, row_us


@dataclass(frozen=True)
class TimeBudget:
    """Times of one frame; a `Range` is low, typical and high.

    Attributes
    ----------
    exposure_us : float
        Integration time, us.
    conversion_us, row_us : Range
        Time of one conversion and of one row, us.
    line_budget_us : float
        Longest time per row of a rolling shutter at the stated frame rate, us.
    on_us : float
        Time of a frame for which the chip is on, us.
    readout_us : Range
        Time of all rows, us.
    network_cycles : int or None
        Clock cycles of the network; None if no parallelism is stated.
    network_us : Range or None
        Time of the network, us; None if no parallelism is stated.
    latency_us : Range
        Sum of exposure, readout and network of one frame, us.
    frame_time_us : Range
        Shortest frame time with pipelined stages, us: a rolling shutter reads while it exposes,
        but exposes no longer than a frame less a row.
    ramp_clock_ratio : float or None
        Clock of the single-slope counter relative to the technology's typical counter.
    constants : tuple of Constant
        Figures that the times depend on.
    """

    exposure_us: float
    conversion_us: Range
    row_us: Range
    line_budget_us: float
    on_us: float
    readout_us: Range
    network_cycles: int | None
    network_us: Range | None
    latency_us: Range
    frame_time_us: Range
    ramp_clock_ratio: float | None
    constants: tuple[Constant, ...]

    @property
    def frame_rate_limit_hz(self) -> Range:
        """Highest frame rate; low is that of the slow estimate.

        Returns
        -------
        Range
            Frame rate, Hz.
        """
        t = self.frame_time_us
        return Range(low=1e6 / t.high, typical=1e6 / t.typical, high=1e6 / t.low)

    def violations(self) -> list[str]:
        """List stated rates and times that typical circuits do not reach.

        Returns
        -------
        list of str
            One sentence for each, with what to change.
        """
        found = []
        if self.row_us.typical > self.line_budget_us:
            found.append(
                f"a row takes {_shown(self.row_us.typical)} us, but the frame rate leaves "
                f"{_shown(self.line_budget_us)} us: lower energy.frame_rate_hz or convert faster"
            )
        if self.exposure_us + self.row_us.typical > self.line_budget_us * self._rows:
            found.append(
                f"the exposure of {_shown(self.exposure_us)} us does not fit into a frame: lower "
                "energy.frame_rate_hz or photodiode.integration_time_ms"
            )
        frame_us = self.line_budget_us * self._rows
        if self.network_us is not None and self.network_us.typical > frame_us:
            found.append(
                f"the network takes {_shown(self.network_us.typical)} us of a frame of "
                f"{_shown(frame_us)} us: lower energy.frame_rate_hz or raise "
                "energy.parallel_products"
            )
        if self.on_us < frame_us and self.frame_time_us.typical > self.on_us:
            found.append(
                f"the chip is on for {_shown(self.on_us)} us of a frame, but needs "
                f"{_shown(self.frame_time_us.typical)} us: raise energy.duty_cycle"
            )
        if self.ramp_clock_ratio is not None and self.ramp_clock_ratio > 1:
            found.append(
                f"the ramp's counter runs {self.ramp_clock_ratio:.3g} times faster than a typical "
                "one: take fewer bits or a longer readout.architecture.conversion_time_us"
            )
        return found

    @property
    def _rows(self) -> float:
        return self.readout_us.typical / self.row_us.typical


def _shown(us: float) -> str:
    return f"{us:,.0f}" if us >= 1000 else f"{us:.4g}"


def time_budget(
    timing: TimingConstants,
    conversion: Estimate,
    *,
    rows: int,
    reads: int,
    exposure_us: float,
    frame_rate_hz: float,
    products: list[int],
    parallel_products: int | None,
    duty_cycle: float = 1.0,
    ramp_clock_ratio: float | None = None,
) -> TimeBudget:
    """Compute the times of one frame.

    Parameters
    ----------
    timing : TimingConstants
        Time constants of the technology's circuits.
    conversion : Estimate
        Time from a settled column to the readout's last decision, us.
    rows : int
        Rows of the array.
    reads : int
        Column reads of one pixel: 2 with correlated double sampling, else 1.
    exposure_us : float
        Integration time, us.
    frame_rate_hz : float
        Stated frame rate, Hz.
    products : list of int
        Binary products of each layer of the network.
    parallel_products : int, optional
        Products that the network computes in one clock cycle.
    duty_cycle : float
        Fraction of the frame time for which the chip is on.
    ramp_clock_ratio : float, optional
        Clock of the readout's counter relative to the technology's typical counter.

    Returns
    -------
    TimeBudget
        All times, us.
    """
    row = row_us(timing, conversion, reads)
    network = network_us(timing, products, parallel_products)
    cycles = None if parallel_products is None else network_cycles(products, parallel_products)
    latency = Estimate.over(lambda us, row_us: exposure_us + rows * row_us + us, network, row)
    frame = Estimate.over(
        lambda us, row_us: max(rows * row_us, exposure_us + row_us, us), network, row
    )
    return TimeBudget(
        exposure_us,
        conversion.range,
        row.range,
        1e6 / frame_rate_hz / rows,
        1e6 / frame_rate_hz * duty_cycle,
        row.range.scaled(rows),
        cycles,
        None if cycles is None else network.range,
        latency.range,
        frame.range,
        ramp_clock_ratio,
        (*row.constants, *network.constants),
    )
