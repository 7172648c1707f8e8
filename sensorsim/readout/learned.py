"""The readout that a model file was trained with, under the errors and circuit of a pipeline."""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from sensorsim.circuits.comparator import Comparator
from sensorsim.core.description import Description
from sensorsim.readout.protocol import Readout


class LearnedReadout(Description):
    """The readout of ``network.model``, with the errors and circuit stated here.

    The model file gives what was trained or chosen: the levels of a thermometer or log-gradient,
    resolution and curve of an ADC. The other fields, those in `Readout.circuit` of the model's
    readout, may be stated here; that readout checks them.
    """

    model_config = ConfigDict(extra="allow")

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
            If a field is not one of that readout's circuit, or its value does not fit.
        """
        if trained is None:
            raise ValueError("a learned readout needs the readout of its model; none was given")
        stated: dict[str, Any] = self.model_extra or {}
        return trained.under(self.comparator, stated)
