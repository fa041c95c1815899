"""The generator from Python: a project is planned, rendered and written; a project that is there is changed.

    plan     answers -> a resolution: the options that apply, their values, the layers that follow
    render   a resolution and a name -> a project in memory, the same bytes from the same answers
    write    a project -> files in a folder, all or nothing
    changes  a project's folder, and new answers -> what becomes of each file, with every edit of its owner
    apply    that -> files in the folder, all or nothing

The commands go through these five: `new` by the first three, `update`, `set`, `add`, `remove`, `status` and `diff` by
the last two. Whatever cannot be had is a `ScaffoldError` with a `message` and a `hint`; nothing is asked and nothing is
printed. `docs/python-api.ipynb` is a tour.

Example:
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> made = render(plan("vision-classification", {"dataset": "cifar10"}), "tiny-images")
    >>> with TemporaryDirectory() as place:
    ...     folder = Path(place) / "tiny-images"
    ...     _ = write(made, folder)
    ...     waiting = apply(changes(folder, {"loggers": ["tensorboard"]}))
    ...     (folder / "src/tiny_images/tensorboard.py").is_file(), waiting
    (True, None)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .build.project import Project
    from .foreign.opening import Agree
    from .life.revision import InProject, Revision
    from .life.theirs import Settled
    from .life.undo import Unfinished
    from .template.catalog import Catalog
    from .template.resolution import Resolution

__all__ = ["apply", "changes", "plan", "render", "write"]


def plan(
    template: str, answers: Mapping[str, Any] | None = None, *, templates: Path | Catalog | None = None
) -> Resolution:
    """What follows from a template and answers; nothing is rendered yet.

    Args:
        template: its name, as `scaffold list` shows it.
        answers: values of options by their names, as `scaffold show` lists them; the rest take their defaults.
        templates: where the template is, if not among those that come with this package.

    Returns:
        The options that apply with their `values`, and the `layers` that the project is made of.

    Raises:
        UsageError: there is no such template or option, or an answer is none of its values.
        TemplateError: the template's author has something to mend.

    Example:
        >>> planned = plan("vision-classification", {"dataset": "cifar10"})
        >>> planned.values["dataset"], planned.values["loggers"]
        ('cifar10', [])
        >>> plan("vision-clasification")
        Traceback (most recent call last):
        scaffold.errors.UsageError: There is no template 'vision-clasification'.
    """
    from .template.catalog import Catalog, load_catalog
    from .template.resolve import resolve

    catalog = templates if isinstance(templates, Catalog) else load_catalog(templates)
    return resolve(catalog, catalog.template(template).id, answers or {})


def render(planned: Resolution, name: str) -> Project:
    """The whole project in memory: files of the layers, the runtime's modules that they use, laid out by ruff.

    Args:
        planned: of `plan`.
        name: the project's, with hyphens or underscores.

    Returns:
        Its `files` by path, and its `origin`, which is recorded in `.scaffold/`. The same answers give the same bytes.

    Raises:
        UsageError: no project can be called so, or answers do not go together.
        TemplateError: the template's author has something to mend.

    Example:
        >>> made = render(plan("tabular"), "my-table")
        >>> [str(path) for path in made.files if path.name == "train.py"]
        ['src/my_table/train.py']
    """
    from .life.finish import make_project

    return make_project(planned, name)


def write(project: Project, directory: Path | str, *, prepare: Callable[[Path], None] | None = None) -> Settled:
    """Writes a project: it appears whole, or not at all.

    Args:
        project: of `render`.
        directory: where; it is made, or it holds no more than `.git`, README, LICENSE and `.gitignore`.
        prepare: called with a folder in which the project is whole, before it appears; what it adds comes along.

    Returns:
        What was `written`, and what of the owner's was `kept` or `joined`.

    Raises:
        UsageError: the directory holds something else, or another process is at work in it.
        WriteError: the disk refused; nothing is there.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     _ = (Path(folder) / "README.md").write_text("mine")
        ...     write(render(plan("tabular"), "my-table"), folder).kept
        (PurePosixPath('README.md'),)
    """
    from .life.apply import write_project

    return write_project(project, Path(directory), prepare=prepare)


def changes(
    project: Path | str | InProject,
    answers: Mapping[str, Any] | None = None,
    *,
    added: Sequence[str] | None = None,
    templates: Path | Catalog | None = None,
    trust: bool | Agree = False,
) -> Revision:
    """What becomes of each file of a project that is made anew, by this version and with new answers.

    Nothing is changed: the owner's edits are merged in memory.

    Args:
        project: its folder; or what is in it, if somebody has looked already.
        answers: those that are new; the others are remembered by the project.
        added: modules of the runtime that it is to have beside those that its files import; those from before if not
            given.
        templates: where its template is now, if not where it was.
        trust: whether a template of cookiecutter's may run its code.

    Returns:
        The project as it would be (`project`), the `outcome` with the fate of each file, and imports that would lead
        nowhere (`lost_imports`).

    Raises:
        UsageError: the folder holds no project, its template cannot be had, or an answer cannot.
        WriteError: a file cannot be read.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     _ = write(render(plan("tabular"), "my-table"), folder)
        ...     revision = changes(folder, {"loggers": ["tensorboard"]})
        >>> path = next(path for path in revision.outcome.files if path.name == "tensorboard.py")
        >>> revision.outcome.files[path].fate
        <Fate.ADDED: 'added'>
    """
    from .life.record import recall
    from .life.resolved_again import resolved_again
    from .life.revision import InProject, look_at, revise, unchanged_since
    from .template.catalog import Catalog, load_catalog

    before = project if isinstance(project, InProject) else look_at(Path(project), recall(Path(project)))
    if not answers and added is None and before.record.origin.source is None:
        templates = templates if isinstance(templates, Catalog) else load_catalog(templates)
        unchanged = unchanged_since(before, templates.folders())
        if unchanged is not None:
            return unchanged

    def agree(what: str) -> bool:
        return trust(what) if callable(trust) else trust

    with resolved_again(before.record, before.folder, templates, agree, answers or {}) as resolution:
        return revise(before, resolution, added=added)


def apply(revision: Revision, *, command: str = "update", is_held: bool = False) -> Unfinished | None:
    """Makes a change of a project: all of it or nothing, also when the process is killed.

    Args:
        revision: of `changes`.
        command: what the change is called if it waits for its owner.
        is_held: whether the caller holds the project already, by `scaffold.life.held`.

    Returns:
        None if it is done. Else what waits for the owner: files in which lines of both sides clash (`conflicts`), and
        new ones whose place was taken (`beside`); `scaffold update --continue` and `--abort` end that.

    Raises:
        UsageError: another process changes the project, or a change before this one waits.
        WriteError: the disk refused, or a file was edited since it was looked at; nothing is changed.
    """
    from contextlib import nullcontext

    from .life.held import held
    from .life.undo import apply_with_undo, unfinished

    folder = revision.before.folder
    with nullcontext() if is_held else held(folder):
        if not revision.outcome.is_empty:
            apply_with_undo(revision.outcome, folder, command)
        return unfinished(folder)
