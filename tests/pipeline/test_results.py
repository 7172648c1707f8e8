"""Results by class."""

import numpy as np

import sensorsim as ss


def test_confusion_and_recall_count_the_decisions() -> None:
    data = ss.load_pipeline("glt4").run(images=60)
    decisions, labels = data["decision"].to_numpy(), data["label"].to_numpy()
    names = data["class_name"].to_numpy()
    assert names.tolist()[:2] == ["T-shirt/top", "trouser"]
    confusion = data["confusion"]
    assert confusion.dims == ("class_name", "decided_class")
    shirt, pullover = names[6], names[2]
    expected = int(((labels == 6) & (decisions == 2)).sum())
    assert int(confusion.sel(class_name=shirt, decided_class=pullover)) == expected
    assert confusion.sum() == 60
    np.testing.assert_allclose(data["recall"][6], (decisions[labels == 6] == 6).mean())
    assert data["recall"].attrs["units"] == "1"


def test_recall_of_a_class_without_images_is_not_a_number() -> None:
    data = ss.load_pipeline("glt4").run(images=1)
    assert np.isfinite(data["recall"]).sum() == 1
