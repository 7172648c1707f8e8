"""Styles of readout families."""

import pytest

from sensorsim.plotting import styles
from sensorsim.readout.families import families


def test_no_two_registered_families_look_alike() -> None:
    looks = {name: styles.style(name)[:2] for name in families()}
    assert len(set(looks.values())) == len(looks)


def test_new_families_get_a_style_and_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    known = families()
    made = {**known, "pulse-width": known["glt"], "time-to-first": known["glt"]}
    monkeypatch.setattr(styles, "families", lambda: made)
    looks = {styles.style(name)[:2] for name in made}
    assert len(looks) == len(made)
    assert styles.family_name("pulse-width") == "pulse-width"
    assert styles.style("no longer registered")
