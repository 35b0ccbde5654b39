"""What every command says about bad files and options."""

import pytest

from recsys.cli.main import EXIT_BAD_INPUT, main
from tests.recsys.cli.folders import texts
from tests.recsys.generated import FOLDER

SETTINGS = [
    ("latent n_iterations", "2.5"),
    ("latent n_iterations", "0"),
    ("closed_form n_neighbours", "true"),
    ("closed_form most_items", "1e3"),
    ("latent regularisation", "0"),
    ("closed_form regularisation", "0.0"),
    ("latent unobserved", "NaN"),
    ("latent dislike", "Infinity"),
]


@pytest.fixture
def bad(tmp_path):
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "train.csv").write_text("user,item,plays\nu1,a,x\n")
    (tmp_path / "comma").mkdir()
    (tmp_path / "comma" / "train.csv").write_text("user;item;plays\nu1;a;2,5\n")
    (tmp_path / "latin.csv").write_bytes("user,item,at\nu1,Björk,3\n".encode("latin-1"))
    (tmp_path / "broken.csv.gz").write_bytes(b"no gzip at all")
    for name, tables in {
        "twice": ("train.csv", "train.csv.gz"),
        "thin": ("train.csv", "test.csv"),
    }.items():
        (tmp_path / name).mkdir()
        for table in tables:
            (tmp_path / name / table).write_text("user\nu1\n")
    (tmp_path / "two.csv").write_text("user,item\nu1,a\n")
    (tmp_path / "when.csv").write_text("user,item,at\nu1,a,yesterday\n")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "hole.csv").write_text("user,item,at\nu1,,3\n")
    (tmp_path / "no.json").write_text("{")
    (tmp_path / "odd.json").write_text('{"latent": {"speed": 3}}')
    (tmp_path / "neg.json").write_text('{"latent": {"unobserved": -3}}')
    for k, (name, value) in enumerate(SETTINGS):
        (tmp_path / f"s{k}.json").write_text(
            f'{{"{name.split()[0]}": {{"{name.split()[1]}": {value}}}}}'
        )
    (tmp_path / "when.json").write_text('{"tuned_on": "then"}')
    (tmp_path / "other.json").write_text('{"magic": {}}')
    (tmp_path / "flat.json").write_text('{"latent": 3}')
    (tmp_path / "votes.json").write_text('{"votes": {"like": -1}}')
    (tmp_path / "skips.json").write_text('{"votes": {"skip": -1}}')
    (tmp_path / "scale.json").write_text('{"scale": "cube"}')
    (tmp_path / "history.csv").write_text("item,plays\na,none\n")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("prepare {t}/none.csv {t}/out", "there is no file"),
        ("prepare {t}/bad {t}/out", "is a folder; name a file"),
        ("prepare {t}/latin.csv {t}/out", "latin.csv is not in UTF-8; save it as that"),
        ("tune {t}/comma", "line 2 holds 2,5 (write 2.5)"),
        ("prepare {t}/broken.csv.gz {t}/out", "not a readable CSV"),
        ("prepare {t}/empty.csv {t}/out", "empty.csv is empty; its first line must name"),
        ("prepare {t}/two.csv {t}/out", "needs 3 columns (user, item, time), not 2"),
        ("prepare {t}/hole.csv {t}/out", "time is empty"),
        ("prepare {t}/when.csv {t}/out", "seconds since 1970"),
        ("prepare {t}/when.csv {t}/out --columns who,what,when", "has the columns"),
        ("pretrain {t}/empty.csv --out {t}/p --source s --licence l", "empty.csv is empty"),
        ("prepare {t}/when.csv {t}/bad", "is not empty"),
        ("prepare {t}/when.csv {t}/out --gap 0", "--gap must be > 0"),
        ("tune {t}/bad", "must hold plays > 0"),
        ("tune {t}", "holds no train.csv"),
        ("tune {t} --feedback", "holds no train.csv"),
        ("tune {data} --feedback --out {t}", "cannot be written: it is a folder; name a file"),
        ("tune {data} --feedback --seeds 0", "must be at least 1"),
        ("tune {data} --feedback --members 0", "must be at least 1"),
        ("tune {data} --feedback --item-groups {t}/two.csv", "; leave out --item-groups"),
        ("tune {data} --seeds 3", "--seeds and --members go with --feedback"),
        ("tune {data} --members 60", "--seeds and --members go with --feedback"),
        ("tune {data} --out {t}", "cannot be written: it is a folder; name a file"),
        ("fit {t}/two.csv {t}/m", "two.csv is a file; name a folder, as `prepare` makes one"),
        ("fit {t}/twice {t}/m", "holds both train.csv.gz and train.csv, and they differ"),
        ("evaluate {t}/thin", "train.csv needs 2 columns (user, item), not 1"),
        ("fit {t}/bad {t}/m", "must hold plays > 0"),
        ("fit {data} {t}/m --settings {t}/none.json", "there is no file"),
        ("fit {data} {t}/m --settings {t}/no.json", "is not JSON"),
        ("fit {data} {t}/m --settings {t}/odd.json", "has no setting speed"),
        ("fit {data} {t}/m --settings {t}/neg.json", "must be a number >= 0"),
        *(
            (f"fit {{data}} {{t}}/m --settings {{t}}/s{k}.json", f"s{k}.json: {name} must be a ")
            for k, (name, _) in enumerate(SETTINGS)
        ),
        ("fit {data} {t}/m --settings {t}/when.json", "tuned_on must be a whole number"),
        ("fit {data} {t}/m --settings {t}/other.json", "does not hold settings"),
        ("fit {data} {t}/m --settings {t}/flat.json", "must be an object"),
        ("fit {data} {t}/m --settings {t}/scale.json", "scale must be one of"),
        ("fit {data} {t}/m --settings {t}/votes.json", "votes like must be a number from 0 to 10"),
        ("fit {data} {t}/m --settings {t}/skips.json", "votes must be an object with like and"),
        ("fit {data} {t}/m --item-tags {t}/none.csv", "there is no file"),
        ("inspect {t}/bad", "holds no model"),
        ("inspect {t}/two.csv", "holds no model: it is a file; name a folder that `fit` wrote"),
        ("explain {t}/bad {t}/history.csv", "holds no model"),
        ("fit {data} {t}/m --background {t}/none", "No such file"),
        (
            "fit {data} {t}/m --background {t}/bad",
            "a prior is the file that `pretrain --out` wrote",
        ),
        ("fit {data} {t}/m --background {t}/no.json", "is no background prior"),
        ("evaluate {t}/bad", "must hold plays > 0"),
        ("evaluate {data} --seeds 0", "at least 1"),
        ("evaluate {data} --protocol plays --scale log", "not with plays"),
        (
            "evaluate {data} --protocol strong",
            "holds no heldout.csv[.gz]; it holds item_tags.csv, test.csv, train.csv, valid.csv",
        ),
        (
            "evaluate {data} --protocol cold",
            "holds no cold_artists.csv[.gz] or cold_items.csv[.gz]",
        ),
        ("evaluate {data} --protocol feedback", "holds no members.csv"),
        ("evaluate {data} --protocol small", "holds no communities.csv"),
        ("bench {t} --only refit", "holds no train.csv"),
        ("bench --only refit", "needs a split folder"),
        ("bench --most 1", "between 1e3 and 1e7"),
        ("report {t} --out {t}/p.html", "holds no train.csv"),
        (
            "report {t}/bad --out {t}/p.html",
            "holds no test.csv[.gz] or heldout.csv[.gz] or members.csv[.gz]; it holds train.csv",
        ),
        ("report {data} --out {t}/no/p.html", "there is no folder"),
        ("report {data} --out {t}/p.html --bench {t}/none.json", "there is no file"),
        ("report {data} --out {t}/p.html --bench {t}/no.json", "is not JSON"),
        ("report {data} --out {t}/p.html --bench {t}/odd.json", "is not what"),
        ("report {data} --out {t}/p.html --models magic", "there is no model magic"),
        ("report {data} --out {t}/p.html --models hybrid", "always there"),
        ("report {data} --out {t}/p.html --draws 0", "at least 1"),
    ],
)
def test_every_command_answers_a_mistake_with_one_sentence(bad, capsys, arguments, said):
    words = [word.format(t=bad, data=FOLDER) for word in arguments.split()]
    assert main(words) == EXIT_BAD_INPUT
    told = capsys.readouterr()
    assert said in told.err
    assert told.out == ""
    assert "Traceback" not in told.err
    assert not (bad / "m").exists()
    assert not (bad / "p.html").exists()


@pytest.mark.parametrize(
    "command",
    ["evaluate {t} --rankings", "tune {t} --out", "tune {t} --feedback --out", "report {t} --out"],
)
def test_no_command_writes_over_the_tables_it_reads(tmp_path, capsys, command):
    place = tmp_path / "split"
    place.mkdir()
    for name, text in texts().items():
        (place / f"{name}.csv").write_text(text)
    tags = tmp_path / "what.csv"
    tags.write_text("item,tag\n3,rock\n")
    (tmp_path / "link.csv").symlink_to(place / "train.csv")
    asked = [word.format(t=place) for word in command.split()]
    for out in (place / "test.csv", place / "valid.csv.gz", tags, tmp_path / "link.csv"):
        before = out.read_bytes() if out.exists() else None
        assert main([*asked, str(out), "--item-tags", str(tags)]) == EXIT_BAD_INPUT
        assert "cannot be written: commands read data from a table" in capsys.readouterr().err
        assert (out.read_bytes() if out.exists() else None) == before
