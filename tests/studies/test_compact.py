"""The ablation of compact networks: what each row changes, and what the figure draws."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("torch")

import compact

from sensorsim.training.architecture import block_products, extents
from sensorsim.training.recipe import NetworkRecipe, load_recipe


def recipe(size: str, variant: str) -> NetworkRecipe:
    changes = compact.changes(compact.Row(size, variant, 2, 30.0), None)
    found, _ = load_recipe(f"cifar10_compact_{compact.SIZES[size]}", changes)
    assert isinstance(found, NetworkRecipe)
    return found


def weights(found: NetworkRecipe) -> int:
    blocks = found.network.blocks
    sizes = extents(found.network, 24, 32, 32)
    products = block_products(found.network, 24, 32, 32)
    places = [
        -(-s.height // b.stride) * -(-s.width // b.stride)
        for s, b in zip(sizes, blocks, strict=False)
    ]
    inner = sum(p.light // n for p, n in zip(products, places, strict=True))
    return inner + 10 * int(np.prod(sizes[-1]))


@pytest.mark.parametrize("size", compact.SIZES)
def test_variants_differ_by_what_their_name_tells(size: str) -> None:
    everything = recipe(size, "all")
    assert everything.schedule.seed == 2
    assert everything.pruning is not None
    assert everything.teacher is not None
    for variant, parts in compact.VARIANTS.items():
        found = recipe(size, variant)
        assert (found.pruning is not None, found.teacher is not None) == parts[1:3]
        assert any(b.groups > 1 for b in found.network.blocks) == parts.grouped
        same = found.schedule == everything.schedule
        assert same != parts.longer


@pytest.mark.parametrize("size", compact.SIZES)
def test_plain_network_takes_about_the_bits_and_products_of_the_grouped_one(size: str) -> None:
    plain, grouped = recipe(size, "plain"), recipe(size, "all")
    assert 0.8 < weights(plain) / weights(grouped) < 1.05
    ratio = [sum(p.light for p in block_products(r.network, 24, 32, 32)) for r in (plain, grouped)]
    assert 0.85 < ratio[0] / ratio[1] < 1.15
    assert weights(grouped) < grouped.limit_bits


@pytest.mark.parametrize("size", compact.SIZES)
def test_longer_training_takes_the_products_of_block_pruning(size: str) -> None:
    row = compact.Row(size, "grouped, longer", 1, 30.0)
    factor = compact.relative_products(row)
    assert recipe(size, row.variant).schedule.epochs == pytest.approx(30 * factor)
    assert 1.2 < factor < 4


def test_figure_joins_the_means_of_each_variant_by_size() -> None:
    table = pd.DataFrame(
        [
            {"size": s, "variant": v, "seed": seed, "stored_bits": bits, "accuracy": a,
             "binary_operations": 100 * bits}
            for v in ("plain", "all")
            for s, bits, accuracies in (
                ("1 Mb", 900_000, (0.8, 0.9)), ("0.25 Mb", 240_000, (0.6, 0.7)),
            )
            for seed, a in enumerate(accuracies)
        ]
    )  # fmt: skip
    figure = compact.draw(table)
    left, right = figure.axes
    for axes, unit in ((left, 1), (right, 100)):
        lines = [line for line in axes.get_lines() if line.get_linestyle() == "-"]
        assert len(lines) == 2
        for line in lines:
            x, y = line.get_data()
            np.testing.assert_allclose(x, np.array([0.24, 0.9]) * unit)
            np.testing.assert_allclose(y, [65, 85])
    points = [line for line in left.get_lines() if line.get_linestyle() == "None"]
    assert sorted(np.concatenate([p.get_ydata() for p in points])) == pytest.approx(
        sorted([80, 90, 60, 70] * 2)
    )
    (legend,) = figure.legends
    assert [t.get_text() for t in legend.get_texts()] == ["plain", "all"]
    assert left.get_xlabel() == "stored bits (Mb)"
    assert right.get_xlabel() == "XNOR and count operations per image (millions)"
    assert left.get_ylabel() == "test accuracy (%)"


def test_no_models_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no model of 30 epochs"):
        compact.measured(tmp_path, 30.0)
