"""Parts that the tests of energy share."""

import pytest

from sensorsim.circuits.pixel import PixelArray
from sensorsim.circuits.technology import Process, Survey, load_technology
from sensorsim.pipeline.workload import Workload


@pytest.fixture(scope="session")
def survey() -> Survey:
    technology = load_technology("survey")
    assert isinstance(technology, Survey)
    return technology


@pytest.fixture(scope="session")
def process() -> Process:
    technology = load_technology("cmos65")
    assert isinstance(technology, Process)
    return technology


@pytest.fixture(scope="session")
def array() -> PixelArray:
    """Ten rows of eight columns, 5 um, one volt."""
    return PixelArray(10, 8, 1, 5.0, 1.0, 2, 300.0)


@pytest.fixture(scope="session")
def workload() -> Workload:
    return Workload([1000, 250], weight_bits=4096, activation_bits=512, largest_fan_in=90)
