"""The readout that a model file was trained with, with the errors that a pipeline states."""

from typing import Any, Literal

from pydantic import Field

from sensorsim.circuits.comparator import Comparator
from sensorsim.readout.protocol import Readout
from sensorsim.readout.thermometer.circuit import ThermometerCircuit


class LearnedReadout(ThermometerCircuit):
    """The readout of ``network.model``, with the errors and circuit stated here.

    The model file gives the levels of a thermometer or log-gradient, or resolution and curve of an
    ADC; this description gives everything else. The circuit fields apply to a thermometer only.
    """

    kind: Literal["learned"] = "learned"
    comparator: Comparator = Field(Comparator(), description="Errors of each comparator.")

    @property
    def is_learned(self) -> bool:
        """Whether its levels are those of the model file: always true here.

        Returns
        -------
        bool
            True.
        """
        return True

    def linear_adc(self) -> None:
        """Return None, since the ADC is stated in the model file: see `Readout.linear_adc`."""
        return None

    def stated(self) -> dict[str, Any]:
        """Fields of the circuit that differ from their defaults.

        Returns
        -------
        dict of str to value
            Fields and values.
        """
        fields = ThermometerCircuit.model_fields.items()
        return {n: v for n, f in fields if (v := getattr(self, n)) != f.default}

    def resolved(self, trained: Readout | None) -> Readout:
        """Apply the errors and circuit stated here to the readout of a model file.

        Parameters
        ----------
        trained : Readout or None
            Readout of the model file.

        Returns
        -------
        Readout
            The readout with its levels from the file.

        Raises
        ------
        ValueError
            If ``trained`` is None.
        InputError
            If a thermometer's circuit is stated for another readout, or two thresholds fall on one
            code of the reference DAC.
        """
        if trained is None:
            raise ValueError("a learned readout needs the readout of its model; none was given")
        return trained.under(self.comparator, self.stated())
