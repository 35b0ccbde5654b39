"""A model kept by `fit`, for the tests of what is done with one."""

import pytest

from recsys.cli.main import main
from tests.recsys.generated import FOLDER


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Keep one of the checked-in set; made anew for each file, as some tests change its files."""
    place = tmp_path_factory.mktemp("kept") / "model"
    assert main(["fit", str(FOLDER), str(place)]) == 0
    return place
