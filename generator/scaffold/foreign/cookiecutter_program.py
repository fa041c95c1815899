"""Runs cookiecutter on one template: a program of its own, since what it runs is somebody else's code.

It answers requests, a line of JSON each: which questions there are after some answers, and what becomes of them.
`python -P cookiecutter_program.py FOLDER DEFAULTS CONFIG` is started by `cookiecutter_session`, in a home of its own.
What hooks print goes to standard error, and what they ask has no answer.
"""

# pyright: reportMissingTypeStubs=false
from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO, cast

from cookiecutter.config import get_user_config
from cookiecutter.exceptions import CookiecutterException
from cookiecutter.find import find_template
from cookiecutter.generate import apply_overwrites_to_context, generate_context, generate_files, is_copy_only_path
from cookiecutter.hooks import run_pre_prompt_hook
from cookiecutter.prompt import render_variable
from cookiecutter.utils import create_env_with_context

Answers = Mapping[str, Any]
Question = dict[str, Any]
Variables = dict[str, Any]
NESTED = "template"
"""The question which of the templates that lie in one."""


class Refusal(Exception):
    """A template that cannot be rendered, in a sentence."""


@dataclass(frozen=True)
class Opened:
    """A template with its answers.

    Attributes:
        folder: where its `cookiecutter.json` is.
        context: what it is rendered with.
        questions: all of them, with what they are answered by.
    """

    folder: Path
    context: Variables
    questions: list[Question]


class Template:
    """One template from elsewhere, and those that lie in it.

    Args:
        root: the folder that was brought.
        defaults: values for variables of some names, if a template has them.
        config: the user's own `.cookiecutterrc`, or nothing.
    """

    def __init__(self, root: Path, defaults: Answers, config: str) -> None:
        self._root = root.resolve()
        own: Variables = get_user_config(config_file=config)["default_context"] if config else {}
        self._defaults: Variables = {**defaults, **own}
        self._prepared: dict[Path, Path] = {}

    def open(self, answers: Answers) -> Opened:
        """The questions of the template that the answers lead to, and its variables."""
        folder, chosen = self._root, list[Question]()
        while nested := _nested(raw := self._read(folder)):
            chosen.append(_which_nested(nested, raw, f"{NESTED}_{len(chosen) + 1}" if chosen else NESTED, answers))
            above, folder = folder, (folder / nested[chosen[-1]["value"]][0]).resolve()
            if above.is_relative_to(folder) and folder.is_relative_to(self._root):
                raise Refusal("it lies in itself")
            if not folder.is_relative_to(self._root) or not (folder / "cookiecutter.json").is_file():
                raise Refusal(f"there is no template at '{nested[chosen[-1]['value']][0]}'")
        variables, questions = _answered({"cookiecutter": raw}, answers)
        context = {
            "cookiecutter": variables,
            "_cookiecutter": {key: raw[key] for key in raw if not key.startswith("_")},
        }
        return Opened(self._prepare(folder), context, [*chosen, *questions])

    def render(self, opened: Opened, into: Path) -> Path:
        """Renders into a folder; the project's own in it."""
        variables = opened.context["cookiecutter"]
        told = {
            "_template": str(self._root),
            "_output_dir": str(into),
            "_repo_dir": str(opened.folder),
            "_checkout": None,
        }
        opened.context["cookiecutter"] = {**variables, **told}
        for name in _names(opened):
            if Path(name).is_absolute() or ".." in Path(name).parts or "\0" in name:
                raise Refusal(f"it writes '{name}', which is not inside of the project")
        return Path(generate_files(opened.folder, opened.context, str(into), accept_hooks=True))

    def _read(self, folder: Path) -> Variables:
        """A template's `cookiecutter.json`, with defaults of the user's own where they fit."""
        context: Variables = generate_context(str(self._prepare(folder) / "cookiecutter.json"))
        if not isinstance(context["cookiecutter"], dict):
            raise Refusal("its `cookiecutter.json` is no table")
        raw = cast("Variables", context["cookiecutter"])
        for name, value in self._defaults.items():
            try:
                fitting = str(value) if isinstance(raw.get(name), str) else value  # YAML reads 1.0 as a number
                apply_overwrites_to_context(raw, {name: fitting})
            except ValueError:  # a choice that this template does not have
                continue
        return raw

    def _prepare(self, folder: Path) -> Path:
        """The folder, or the copy in which its hook has changed it; extensions of the template are imported from it."""
        if folder not in self._prepared:
            self._prepared[folder] = Path(run_pre_prompt_hook(str(folder))).resolve()
            sys.path.append(str(self._prepared[folder]))
        return self._prepared[folder]


def _nested(raw: Variables) -> dict[str, tuple[str, str]]:
    """The templates that lie in one, by what they are called: their place, and what they are."""
    if isinstance(raw.get("templates"), dict):
        entries = cast("dict[str, dict[str, str]]", raw["templates"])
        return {
            name: (entry["path"], entry.get("description") or entry.get("title") or name)
            for name, entry in entries.items()
        }
    if isinstance(raw.get("template"), list):
        found = {text: re.search(r"\((.+)\)", text) for text in cast("list[str]", raw["template"])}
        return {text: (place[1], "") for text, place in found.items() if place}
    return {}


def _which_nested(nested: Mapping[str, tuple[str, str]], raw: Variables, name: str, answers: Answers) -> Question:
    value = answers.get(name)
    choices = [(each, meaning) for each, (_, meaning) in nested.items()]
    default = choices[0][0]
    return _question(name, "choice", default, value if value in nested else default, "Which template?", choices)


def _answered(context: dict[str, Variables], answers: Answers) -> tuple[Variables, list[Question]]:
    """All variables, private and rendered ones too, and the questions among them, in cookiecutter's own order."""
    raw = context["cookiecutter"]
    prompts = cast("Variables", raw.pop("__prompts__", None) or {})
    environment = create_env_with_context(context)
    variables: Variables = {}
    questions: list[Question] = []
    dictionaries = [key for key, value in raw.items() if isinstance(value, dict) and not _is_raw(key)]
    for key in [*(key for key in raw if key not in dictionaries), *dictionaries]:
        if _is_raw(key):
            variables[key] = raw[key]
            continue
        default = render_variable(environment, raw[key], variables)
        if key.startswith("_"):
            variables[key] = default
            continue
        question, value = _variable(key, default, prompts.get(key), answers.get(key))
        questions.append(question)
        variables[key] = value
    return {key: variables[key] for key in raw}, questions


def _is_raw(key: str) -> bool:
    """Whether a variable is neither asked for nor rendered."""
    return key.startswith("_") and not key.startswith("__")


def _variable(key: str, default: Any, prompt: Any, answer: Any) -> tuple[Question, Any]:
    """A variable as a question, and what the template gets for its answer."""
    labels = cast("Variables", prompt) if isinstance(prompt, dict) else {"__prompt__": prompt or ""}
    text = str(labels.get("__prompt__", ""))
    if isinstance(default, list):
        values = {_spelt(value): value for value in cast("list[Any]", default)}
        if not values:
            raise Refusal(f"its variable '{key}' has no choices")
        name = answer if answer in values else next(iter(values))
        choices = [(each, str(labels.get(each, ""))) for each in values]
        return _question(key, "choice", next(iter(values)), name, text, choices), values[name]
    kind, default = _kind(default), "" if default is None else default
    if kind == "dict" and isinstance(answer, str):
        answer = json.loads(answer)
    value = answer if isinstance(answer, type(default)) else default
    return _question(key, kind, default, value, text), value


def _kind(value: Any) -> str:
    return "bool" if isinstance(value, bool) else "dict" if isinstance(value, dict) else "str"


def _spelt(value: Any) -> str:
    """A choice as users name it: a table with one entry, as some templates have them, by that entry's name."""
    if isinstance(value, dict):
        keys = list(cast("Variables", value))
        return keys[0] if len(keys) == 1 else json.dumps(value)
    return str(value)


def _question(
    name: str, kind: str, default: Any, value: Any, prompt: str, choices: list[tuple[str, str]] | None = None
) -> Question:
    return {
        "name": name, "kind": kind, "default": default, "value": value, "prompt": prompt, "choices": choices or []
    }  # fmt: skip


def _names(opened: Opened) -> Iterator[str]:
    """What the project's folder is called, and then the path of each of its files and folders, before they are made."""
    environment = create_env_with_context(opened.context)
    template = Path(find_template(str(opened.folder), environment))
    name = environment.from_string(template.name).render(**opened.context)
    if name in ("", ".") or len(Path(name).parts) != 1:
        raise Refusal(f"it calls the project's folder '{name}'")
    yield name
    for root, folders, files in os.walk(template):
        for each in [*folders, *files]:
            yield environment.from_string(os.path.relpath(os.path.join(root, each), template)).render(**opened.context)
        folders[:] = [
            each
            for each in folders
            if not is_copy_only_path(os.path.relpath(os.path.join(root, each), template), opened.context)
        ]


def serve(template: Template, requests: TextIO, replies: TextIO) -> None:
    """Answers requests until there are no more."""
    for line in requests:
        request = json.loads(line)
        reply: Variables
        try:
            opened = template.open(request["answers"])
            if "into" in request:
                reply = {"folder": str(template.render(opened, Path(request["into"])))}
            else:
                reply = {"questions": opened.questions, "name": next(_names(opened))}
        except Refusal as error:
            reply = {"error": str(error)}
        except CookiecutterException as error:
            reply = {"error": str(error) or type(error).__name__}
        except Exception as error:  # of the template's own code
            reply = {"error": f"{type(error).__name__}: {error}"}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


def main() -> None:
    """Keeps the two ends of the conversation from the code that is about to run."""
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    logging.disable()  # cookiecutter reports by it what it raises anyway
    folder, defaults, config = sys.argv[1:]
    serve(Template(Path(folder), json.loads(defaults), config), requests, replies)


if __name__ == "__main__":
    main()
