"""Rounds of lists and answers: what each answer does for the next list."""

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from recsys.catalogue import Catalogue
from recsys.cli.ids import codes, sorted_ids
from recsys.cli.leaks import stands_in, tell_known, tell_learned
from recsys.cli.preparing import tell
from recsys.cli.side_information import SideFiles, read_catalogue
from recsys.cli.tables import columns, find, plays_of
from recsys.config import Config
from recsys.errors import DataError
from recsys.evaluation import Rounds, feedback_loop
from recsys.evidence import Evidence, Interactions, Kind
from recsys.preprocessing.rows import clean
from recsys.training import fit
from recsys.types import Ints

ROUNDS = 10
SHOWN = 10


@dataclass(frozen=True, eq=False)
class FeedbackTask:
    """Background listeners to fit on; of the members a few seeds are known, the rest is hidden."""

    catalogue: Catalogue
    background: Interactions
    seeds: list[Ints]
    hidden: list[Ints]


@dataclass(frozen=True, eq=False)
class FeedbackFigures:
    """The same members with and without learning from their answers."""

    updated: Rounds
    never: Rounds


def read_feedback(folder: Path, side: SideFiles) -> FeedbackTask:
    """Read ``train`` (background) and ``members`` (user, item, role seed or hidden).

    Says on standard error what the preparation of ``train`` left out.
    """
    train = plays_of(find(folder, "train"))
    members = columns(find(folder, "members"), ("user", "item", "role"), 3).drop_duplicates()
    role = members[2]
    if not set(role) <= {"seed", "hidden"}:
        raise DataError("the third column of members must be seed or hidden")
    is_hidden = (role == "hidden").to_numpy()
    if not is_hidden.any():
        raise DataError("members holds no rows of role hidden: there is nothing to find")
    items = sorted_ids(train["item"], members[1])
    users = sorted_ids(train["user"])
    item = codes(items, members[1])
    who = members.groupby(codes(sorted_ids(members[0]), members[0])).indices
    is_seed = members.duplicated([0, 1], keep=False).to_numpy()  # of a hidden row, the other role
    tell_known("hidden rows are seeds as well", int((is_hidden & is_seed).sum()), is_hidden.sum())
    plays = Interactions.of(
        codes(users, train["user"]),
        Evidence.of(codes(items, train["item"]), value=train["plays"].to_numpy()),
        n_users=len(users),
    )
    background, report = clean(plays, n_items=len(items))
    tell(report, Console(stderr=True))
    trained = codes(users, members[0])
    here = is_hidden & (trained >= 0)
    hidden = Interactions.of(trained[here], Evidence.of(item[here]), n_users=len(users))
    n_leaked = int(stands_in(hidden, background).sum())
    tell_learned("hidden rows", n_leaked, int(is_hidden.sum()))
    return FeedbackTask(
        catalogue=read_catalogue(items, folder, side),
        background=background,
        seeds=[item[at[~is_hidden[at]]] for at in who.values()],
        hidden=[item[at[is_hidden[at]]] for at in who.values()],
    )


def feedback(task: FeedbackTask, *, seed: int = 0, config: Config | None = None) -> FeedbackFigures:
    """Play ten rounds of ten with and without learning from the answers."""
    model = fit(task.background, task.catalogue, config or Config(random_state=seed))
    seeds = [Evidence.of(known, kind=Kind.PLAY) for known in task.seeds]
    updated, never = (
        feedback_loop(model, seeds, task.hidden, rounds=ROUNDS, n=SHOWN, update=update)
        for update in (True, False)
    )
    return FeedbackFigures(updated, never)
