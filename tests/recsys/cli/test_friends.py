"""`--friends`: who knows whom counts where a command says so, and is refused elsewhere."""

import json

import numpy as np
import pandas as pd
import pytest

from recsys.cli import communities
from recsys.cli.main import EXIT_BAD_INPUT, main
from recsys.cli.measuring import fitted
from recsys.cli.side_information import SideFiles
from recsys.cli.tasks import holdout
from tests.recsys.cli.test_evaluate import evaluated
from tests.recsys.generated import FOLDER, draw


def test_friends_with_the_same_taste_help(capsys, tmp_path):
    plays = pd.concat(pd.read_csv(FOLDER / f"{name}.csv") for name in ("train", "valid", "test"))
    has = pd.crosstab(plays["user"], plays["item"]).clip(upper=1)
    alike = (has @ has.T) * (1 - np.eye(len(has), dtype=int))
    pairs = [(user, other) for user in alike for other in alike[user].nlargest(5).index]
    friends = tmp_path / "friends.csv"
    pd.DataFrame([*pairs, ("u0", "a stranger")], columns=["a", "b"]).to_csv(friends, index=False)
    alone, beside = (
        evaluated(capsys, FOLDER, *more)["models"][0]["ndcg@10"]
        for more in ((), ("--friends", friends))
    )
    assert beside > alone + 0.01


def test_fit_learns_from_friends_as_evaluate_does(tmp_path, capsys):
    friends = tmp_path / "friends.csv"
    pd.DataFrame([(f"u{k}", f"u{k + 1}") for k in range(149)]).to_csv(friends, index=False)
    model = tmp_path / "model"
    assert main(["fit", str(FOLDER), str(model), "--friends", str(friends)]) == 0
    capsys.readouterr()
    assert main(["inspect", str(model), "--json"]) == 0
    parts = json.loads(capsys.readouterr().out)["parts"]
    assert "nearby" in {part["part"] for part in parts}


DRAWS = {("random", 12): [np.arange(12)]}


def befriended(tmp_path, pairs):
    """Read the checked-in set, whose first twelve listeners are a draw, with friends by code."""
    names = sorted(draw()["train"]["user"].unique())
    friends = tmp_path / "friends.csv"
    pd.DataFrame([(names[a], names[b]) for a, b in pairs]).to_csv(friends, index=False)
    return holdout(FOLDER, SideFiles(friends=friends if pairs else None))


def closed(tmp_path, pairs):
    return communities.closed(befriended(tmp_path, pairs), DRAWS, "hybrid")[0].ndcg


def test_in_a_small_community_only_friends_within_it_are_known(tmp_path):
    across = [(k, other) for k in range(12) for other in (*range(12, 24), 50 + k)]
    within = [(k, k + 1) for k in range(11)]
    alone, together = closed(tmp_path, []), closed(tmp_path, within)
    assert closed(tmp_path, across) == alone
    assert together != alone
    assert closed(tmp_path, [*across, *within]) == together


def test_with_background_friends_outside_the_draw_are_known_too(tmp_path):
    across = [(k, other) for k in range(12) for other in range(24, 150, 9)]
    found = []
    for pairs in ([], across):
        task = befriended(tmp_path, pairs)
        model = fitted(task, "hybrid", 0)
        found.append(communities.with_background(task, DRAWS, model)[0].ndcg)
    assert found[0] != found[1]


def test_small_takes_friends(capsys, tmp_path):
    for name, frame in draw().items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    members = pd.DataFrame([("random", 5, 0, f"u{k}") for k in range(5)])
    members.to_csv(tmp_path / "communities.csv", index=False)
    (tmp_path / "friends.csv").write_text("a,b\nu0,u1\n")
    asked = (tmp_path, "--protocol", "small", "--models", "popularity")
    found = evaluated(capsys, *asked, "--friends", tmp_path / "friends.csv")
    assert {row["plays of others"] for row in found} == {"closed", "together"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("fit {data} {t}/m --friends {t}/none.csv", "there is no file"),
        ("bench {data} --only refit --friends {t}/none.csv", "there is no file"),
        ("bench --only als --friends {t}/none.csv", "only the refit of a folder reads side files"),
        ("evaluate {data} --protocol feedback --friends {t}/none.csv", "not with feedback"),
    ],
)
def test_friends_are_never_passed_over_in_silence(capsys, tmp_path, arguments, said):
    words = [word.format(t=tmp_path, data=FOLDER) for word in arguments.split()]
    assert main(words) == EXIT_BAD_INPUT
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("command", ["tune {data}", "report {data} --out {t}/page.html"])
def test_friends_are_not_offered_where_they_have_no_use(capsys, tmp_path, command):
    words = [word.format(t=tmp_path, data=FOLDER) for word in command.split()]
    with pytest.raises(SystemExit) as left:
        main([*words, "--friends", str(tmp_path / "none.csv")])
    assert left.value.code == EXIT_BAD_INPUT
    assert "unrecognized arguments: --friends" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([words[0], "--help"])
    assert "--friends" not in capsys.readouterr().out


def test_a_file_that_befriends_everybody_with_themselves_says_nothing(capsys, tmp_path):
    friends = tmp_path / "friends.csv"
    friends.write_text("a,b\nu1,u1\nu2,u2\nu3,a stranger\n", encoding="utf-8")
    fit = ["fit", str(FOLDER), str(tmp_path / "model"), "--friends", str(friends)]
    assert main(fit) == EXIT_BAD_INPUT
    assert "names no two listeners of the plays in one row; write them" in capsys.readouterr().err
    assert not (tmp_path / "model").exists()


def test_friends_that_can_not_be_used_are_refused_with_a_sentence(capsys, tmp_path):
    friends = tmp_path / "friends.csv"
    friends.write_text("a,b\nnobody,no one\n", encoding="utf-8")
    assert main(["evaluate", str(FOLDER), "--friends", str(friends)]) == EXIT_BAD_INPUT
    assert "names no two listeners" in capsys.readouterr().err
    plays = ["evaluate", str(FOLDER), "--protocol", "plays", "--friends", str(friends)]
    assert main(plays) == EXIT_BAD_INPUT
    assert "not with plays" in capsys.readouterr().err
