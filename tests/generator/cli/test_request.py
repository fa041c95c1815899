from pathlib import Path

import pytest

from scaffold.cli.request import Flags, Request, read_request
from scaffold.errors import UsageError
from scaffold.template.catalog import load_catalog
from scaffold.template.resolve import resolve


@pytest.fixture
def catalog():
    """The templates of these tests."""
    return load_catalog(Path(__file__).parent / "fixtures" / "templates")


@pytest.fixture
def resolved(monkeypatch):
    """The answers that options were gone through with, one entry for each time."""
    found = []

    def counting(*arguments, **settings):
        found.append(dict(arguments[2]))
        return resolve(*arguments, **settings)

    for module in ("scaffold.cli.request", "scaffold.life.finish"):
        monkeypatch.setattr(f"{module}.resolve", counting)
    monkeypatch.setattr("scaffold.template.resolve.resolve", counting)
    return found


def test_a_command_without_questions_goes_through_the_options_once(catalog, resolved):
    """Flags, a file of answers and defaults are resolved together, and handed on."""
    flags = Flags(Path("trial"), "greeting", texts={"volume": "3", "tone": "loud"}, own={"backend": ["gloo"]})
    request, _ = read_request(catalog, flags, asks=False)
    assert len(resolved) == 1
    assert request.resolution.answers == {
        "backend": "gloo",
        "loggers": [],
        "tone": "loud",
        "volume": 3,
        "bells": False,
    }


def test_only_an_answer_that_may_add_options_goes_through_them_again(catalog, resolved):
    """A person's answers cost one pass for each that another option or a layer hangs on, and none for the others."""
    request, offers = read_request(catalog, Flags(), asks=True)
    assert len(resolved) == len(offers) == 2
    request = request.with_template(offers["greeting"])
    for name, value in (("backend", "gloo"), ("loggers", ["mlflow"]), ("tone", "loud"), ("volume", 3)):
        assert request.resolution.undecided().name == name
        request = request.with_answer(name, value)
    assert resolved[2:] == [
        {"backend": "gloo", "loggers": ["mlflow"]},
        {"backend": "gloo", "loggers": ["mlflow"], "tone": "loud"},
    ]
    assert request.resolution.answers["volume"] == 3
    assert request.resolution.undecided().name == "bells"


def test_a_closed_option_keeps_its_answer_for_later(catalog):
    """An answer that another one closes is passed over, and counts again when its option opens again."""
    request, offers = read_request(catalog, Flags(texts={"tone": "loud", "volume": "3"}), asks=True)
    request = request.with_template(offers["greeting"]).with_answer("tone", "warm")
    assert "volume" not in request.resolution.answers
    assert request.with_answer("tone", "loud").resolution.answers["volume"] == 3


def test_answers_of_another_template_count_where_they_fit(catalog):
    """A change of the template keeps what both ask, and passes over what only the other knows."""
    _, offers = read_request(catalog, Flags(), asks=True)
    request = Request(catalog).with_template(offers["poem"]).with_answer("backend", "gloo").with_answer("lines", 2)
    request = request.with_template(offers["greeting"])
    assert (request.resolution.template, request.resolution.given) == ("greeting", {"backend"})


def test_impossible_answers_leave_the_request_as_it_was(catalog):
    """An answer that cannot go with another one is refused where it is given."""
    _, offers = read_request(catalog, Flags(own={"logger": ["mlflow"]}), asks=True)
    request = Request(catalog).with_template(offers["greeting"])
    with pytest.raises(UsageError, match="'bells=yes' and 'loggers=mlflow' cannot be together"):
        request.with_answer("bells", True)
    assert request.resolution.answers["bells"] is False


def test_a_flag_that_the_template_does_not_have(tmp_path):
    """A flag of the command that no option of the template stands for is refused by its name."""
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain/layer.toml").write_text('help = "P."\ntemplate = true\n')
    with pytest.raises(UsageError) as caught:
        read_request(load_catalog(tmp_path), Flags(template="plain", own={"logger": ["x"]}), asks=False)
    assert (caught.value.message, caught.value.hint) == (
        "The template 'plain' has no `--logger`.",
        "`scaffold show plain` lists its options.",
    )


@pytest.mark.parametrize(("ordered", "backends"), [("true", ["nccl", "gloo"]), ("false", ["gloo", "nccl"])])
def test_a_repeated_flag(tmp_path, ordered, backends):
    """`--backend` may be repeated for a multi-choice, which keeps the order if its template wants it."""
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain/layer.toml").write_text(
        'help = "P."\ntemplate = true\n[options.backends]\ntype = "multi-choice"\ndefault = []\nhelp = "?"\n'
        f'flag = "backend"\nordered = {ordered}\n[options.backends.choices.gloo]\n[options.backends.choices.nccl]\n'
    )
    flags = Flags(template="plain", own={"backend": ["nccl", "gloo"]})
    request, _ = read_request(load_catalog(tmp_path), flags, asks=False)
    assert request.resolution.answers == {"backends": backends}


def test_target(catalog):
    """A project goes to a folder of its name, unless a directory is given."""
    assert Request(catalog, name="trial").target() == Path("trial")
    assert Request(catalog, name="trial", directory=Path("else where")).target() == Path("else where")
