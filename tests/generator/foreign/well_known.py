"""Templates of cookiecutter's as the well-known ones are made: their structure, hooks and features of Jinja.

The real ones cannot be had without a network; each of these has what makes one of them hard. All texts are ours.
"""

# ruff: noqa: E501  # a template's lines are as long as they are
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

Files = Mapping[str, str | bytes]

PYPACKAGE: Files = {
    # as cookiecutter-pypackage: names that follow from names, a check before, files taken away after
    "cookiecutter.json": """{
  "full_name": "Ada Nobody",
  "email": "ada@example.org",
  "github_username": "ada",
  "pypi_package_name": "python-boilerplate",
  "project_name": "Python Boilerplate",
  "project_slug": "{{ cookiecutter.pypi_package_name.replace('-', '_') }}",
  "project_short_description": "A package with all that a package has.",
  "first_version": "0.1.0",
  "command_line_interface": ["Typer", "Argparse", "No command-line interface"],
  "create_author_file": ["y", "n"],
  "open_source_license": ["MIT license", "BSD license", "Not open source"],
  "__gh_slug": "{{ cookiecutter.github_username }}/{{ cookiecutter.pypi_package_name }}"
}""",
    "hooks/pre_gen_project.py": """import re
import sys

if not re.match(r"^[_a-zA-Z][_a-zA-Z0-9]+$", "{{ cookiecutter.project_slug }}"):
    print("ERROR: {{ cookiecutter.project_slug }} is no name of a module")
    sys.exit(1)
""",
    "hooks/post_gen_project.py": """import pathlib

if "{{ cookiecutter.create_author_file }}" != "y":
    pathlib.Path("AUTHORS.md").unlink()
if "No command-line" in "{{ cookiecutter.command_line_interface }}":
    pathlib.Path("src", "{{ cookiecutter.project_slug }}", "cli.py").unlink()
if "Not open source" == "{{ cookiecutter.open_source_license }}":
    pathlib.Path("LICENSE").unlink()
""",
    "{{cookiecutter.pypi_package_name}}/README.md": """# {{ cookiecutter.project_name }}

{% set is_open_source = cookiecutter.open_source_license != "Not open source" -%}
{% if is_open_source %}
![version](https://img.example.org/{{ cookiecutter.__gh_slug }}.svg)
* License: {{ cookiecutter.open_source_license }}
{% endif %}
{{ cookiecutter.project_name | length * "=" }}
""",
    "{{cookiecutter.pypi_package_name}}/AUTHORS.md": "* {{ cookiecutter.full_name }} <{{ cookiecutter.email }}>\n",
    "{{cookiecutter.pypi_package_name}}/LICENSE": (
        "{% if cookiecutter.open_source_license == 'MIT license' %}MIT, {% now 'utc', '%Y' %}"
        "{% elif cookiecutter.open_source_license == 'BSD license' %}BSD{% endif %}\n"
    ),
    "{{cookiecutter.pypi_package_name}}/src/{{cookiecutter.project_slug}}/__init__.py": (
        '"""{{ cookiecutter.project_short_description }}"""\n\n__version__ = "{{ cookiecutter.first_version }}"\n'
    ),
    "{{cookiecutter.pypi_package_name}}/src/{{cookiecutter.project_slug}}/cli.py": (
        "{%- if cookiecutter.command_line_interface == 'Typer' %}import typer\n"
        "{%- elif cookiecutter.command_line_interface == 'Argparse' %}import argparse\n{%- endif %}\n"
    ),
    "{{cookiecutter.pypi_package_name}}/.github/workflows/test.yml": (
        "on: push\nname: {{ cookiecutter.project_slug }}\nenv: {% raw %}${{ secrets.TOKEN }}{% endraw %}\n"
    ),
    "{{cookiecutter.pypi_package_name}}/Makefile": "test:\n\tpytest\n",
}

DATA_SCIENCE: Files = {
    # as cookiecutter-data-science: a tree of data, tables as choices, a folder that is named by an answer
    "cookiecutter.json": """{
  "project_name": "project_name",
  "repo_name": "{{ cookiecutter.project_name.lower().replace(' ', '_') }}",
  "module_name": "{{ cookiecutter.project_name.lower().replace(' ', '_').replace('-', '_') }}",
  "author_name": "Your name (or your organization/company/team)",
  "python_version_number": "3.13",
  "dataset_storage": [
    {"none": "none"},
    {"azure": {"container": "container-name"}},
    {"s3": {"bucket": "bucket-name", "aws_profile": "default"}}
  ],
  "dependency_file": ["requirements.txt", "environment.yml"],
  "include_code_scaffold": ["Yes", "No"]
}""",
    "hooks/post_gen_project.py": """import shutil
from pathlib import Path

wanted = "{{ cookiecutter.dependency_file }}"
for name in ("requirements.txt", "environment.yml"):
    if name != wanted:
        Path(name).unlink()
if "{{ cookiecutter.include_code_scaffold }}" == "No":
    for path in Path("{{ cookiecutter.module_name }}").iterdir():
        if path.name != "__init__.py":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
""",
    **{f"{{{{ cookiecutter.repo_name }}}}/data/{each}/.gitkeep": "" for each in ("external", "interim", "raw")},
    "{{ cookiecutter.repo_name }}/Makefile": """PROFILE = {% if 's3' in cookiecutter.dataset_storage -%}
{{ cookiecutter.dataset_storage.s3.aws_profile }}{% else %}none{% endif %}

## Sync data
sync:
\t{% if 's3' in cookiecutter.dataset_storage %}aws s3 sync data/ s3://{{ cookiecutter.dataset_storage.s3.bucket }}/data/
\t{%- else %}true{% endif %}
""",
    "{{ cookiecutter.repo_name }}/requirements.txt": "python=={{ cookiecutter.python_version_number }}.*\n",
    "{{ cookiecutter.repo_name }}/environment.yml": "name: {{ cookiecutter.repo_name }}\n",
    "{{ cookiecutter.repo_name }}/{{ cookiecutter.module_name }}/__init__.py": "",
    "{{ cookiecutter.repo_name }}/{{ cookiecutter.module_name }}/dataset.py": "DATA = 'data'\n",
    "{{ cookiecutter.repo_name }}/{{ cookiecutter.module_name }}/modeling/train.py": "print('{{ cookiecutter.author_name }}')\n",
    "{{ cookiecutter.repo_name }}/references/logo.png": b"\x89PNG\r\n\x1a\n\x00\x00{{ cookiecutter.not_rendered }}",
}

DJANGO: Files = {
    # as cookiecutter-django: many switches, most of the work in a hook, files that are copied as they are
    "cookiecutter.json": """{
  "project_name": "My Awesome Project",
  "project_slug": "{{ cookiecutter.project_name.lower()|replace(' ', '_')|replace('-', '_')|replace('.', '_')|trim() }}",
  "author_name": "Daniel Nobody",
  "domain_name": "example.com",
  "email": "{{ cookiecutter.author_name.lower()|replace(' ', '-') }}@{{ cookiecutter.domain_name }}",
  "version": "0.1.0",
  "timezone": "UTC",
  "use_docker": "n",
  "postgresql_version": ["17", "16", "15"],
  "cloud_provider": ["AWS", "GCP", "None"],
  "use_celery": "n",
  "ci_tool": ["None", "Github"],
  "keep_local_envs_in_vcs": "y",
  "debug": "n",
  "_copy_without_render": ["*.html", "*/static/*"]
}""",
    "hooks/pre_gen_project.py": """import sys

project_slug = "{{ cookiecutter.project_slug }}"
if hasattr(project_slug, "isidentifier"):
    assert project_slug.isidentifier(), "'{}' project slug is not a valid Python identifier.".format(project_slug)
assert "\\\\" not in "{{ cookiecutter.author_name }}", "Don't include backslashes in author name."
if "{{ cookiecutter.use_docker }}".lower() == "n" and "{{ cookiecutter.cloud_provider }}" == "GCP":
    sys.exit(1)
""",
    "hooks/post_gen_project.py": """import os
import random
import shutil
import string


def remove_docker_files():
    shutil.rmtree("compose")
    for name in ("docker-compose.yml", ".dockerignore"):
        os.remove(name)


def append_to_gitignore(line):
    with open(".gitignore", "a") as file:
        file.write(line + os.linesep)


def set_flag(path, flag, length):
    value = "".join(random.Random(0).choice(string.ascii_letters) for _ in range(length))
    with open(path, "r+") as file:
        contents = file.read().replace(flag, value)
        file.seek(0)
        file.write(contents)
        file.truncate()


set_flag(os.path.join(".envs", ".local", ".django"), "!!!SET DJANGO_SECRET_KEY!!!", 64)
if "{{ cookiecutter.use_docker }}".lower() == "n":
    remove_docker_files()
if "{{ cookiecutter.use_celery }}".lower() == "n":
    os.remove(os.path.join("config", "celery_app.py"))
if "{{ cookiecutter.ci_tool }}" != "Github":
    shutil.rmtree(".github")
if "{{ cookiecutter.keep_local_envs_in_vcs }}".lower() == "y":
    append_to_gitignore("!.envs/.local/")
os.chmod("manage.py", 0o755)
print("[SUCCESS]: Project initialized, keep up the good work!")
""",
    "{{cookiecutter.project_slug}}/manage.py": "#!/usr/bin/env python\nprint('{{ cookiecutter.project_slug }}')\n",
    "{{cookiecutter.project_slug}}/.gitignore": "*.pyc\n.envs/*\n",
    "{{cookiecutter.project_slug}}/.dockerignore": ".git\n",
    "{{cookiecutter.project_slug}}/.envs/.local/.django": "DJANGO_SECRET_KEY=!!!SET DJANGO_SECRET_KEY!!!\n",
    "{{cookiecutter.project_slug}}/docker-compose.yml": (
        "services:\n  django:\n    image: {{ cookiecutter.project_slug }}\n"
        "{%- if cookiecutter.use_celery == 'y' %}\n  celery: {}\n{%- endif %}\n"
    ),
    "{{cookiecutter.project_slug}}/compose/local/django/start": "#!/bin/bash\nset -o errexit\n",
    "{{cookiecutter.project_slug}}/config/celery_app.py": "app = '{{ cookiecutter.project_slug }}'\n",
    "{{cookiecutter.project_slug}}/config/settings/base.py": (
        '"""Settings of {{ cookiecutter.project_name }}."""\n'
        'TIME_ZONE = "{{ cookiecutter.timezone }}"\n'
        "{% if cookiecutter.use_celery == 'y' -%}\nCELERY = True\n{%- endif %}\n"
        'ADMINS = [("""{{ cookiecutter.author_name }}""", "{{ cookiecutter.email }}")]\n'
    ),
    "{{cookiecutter.project_slug}}/{{cookiecutter.project_slug}}/templates/base.html": "{% block title %}{{ page.title }}{% endblock %}\n",
    "{{cookiecutter.project_slug}}/{{cookiecutter.project_slug}}/static/css/project.css": ".a { color: {{ blue }}; }\r\n",
    "{{cookiecutter.project_slug}}/.github/workflows/ci.yml": "on: push\n",
}

HYPERMODERN: Files = {
    # as cookiecutter-hypermodern-python: extensions (one of its own), its answers kept in the project, long choices
    "cookiecutter.json": """{
  "project_name": "hypermodern-python",
  "package_name": "{{ cookiecutter.project_name.replace('-', '_') }}",
  "friendly_name": "{{ cookiecutter.project_name.replace('-', ' ').title() }}",
  "author": "Claudio Nobody",
  "email": "claudio@example.org",
  "github_user": "{{ cookiecutter.author | slugify }}",
  "version": "0.0.0",
  "license": ["MIT", "Apache-2.0", "GPL-3.0"],
  "development_status": [
    "Development Status :: 1 - Planning",
    "Development Status :: 2 - Pre-Alpha"
  ],
  "initials": "{{ cookiecutter.author | initials }}",
  "copyright_year": "{% now 'utc', '%Y' %}",
  "_extensions": ["local_extensions.initials"],
  "_jinja2_env_vars": {"lstrip_blocks": true, "trim_blocks": true}
}""",
    "local_extensions.py": '''"""Extensions of this template's own."""

from cookiecutter.utils import simple_filter


@simple_filter
def initials(text):
    """The first letters of words."""
    return "".join(word[0] for word in text.split())
''',
    "hooks/post_gen_project.py": """#!/usr/bin/env python
import json
from pathlib import Path

license = "{{ cookiecutter.license }}"
Path("LICENSES", f"{license}.txt").rename("LICENSE")
for path in Path("LICENSES").iterdir():
    path.unlink()
Path("LICENSES").rmdir()
json.loads(Path(".cookiecutter.json").read_text())
""",
    "{{cookiecutter.project_name}}/.cookiecutter.json": "{{ cookiecutter | jsonify }}\n",
    "{{cookiecutter.project_name}}/LICENSES/MIT.txt": "MIT {{ cookiecutter.copyright_year }} {{ cookiecutter.author }}\n",
    "{{cookiecutter.project_name}}/LICENSES/Apache-2.0.txt": "Apache\n",
    "{{cookiecutter.project_name}}/LICENSES/GPL-3.0.txt": "GPL\n",
    "{{cookiecutter.project_name}}/pyproject.toml": (
        '[project]\nname = "{{ cookiecutter.project_name }}"\nclassifiers = [\n'
        '{% for each in [cookiecutter.development_status] %}\n  "{{ each }}",\n{% endfor %}\n]\n'
    ),
    "{{cookiecutter.project_name}}/src/{{cookiecutter.package_name}}/__main__.py": (
        '"""{{ cookiecutter.friendly_name }} by {{ cookiecutter.initials }}."""\n'
    ),
    "{{cookiecutter.project_name}}/{% if cookiecutter.license == 'MIT' %}FUNDING.yml{% endif %}": "github: ada\n",
    "{{cookiecutter.project_name}}/docs/usage.md": "{% include 'README-part.md' %}\n",
    "templates/README-part.md": "```{eval-rst}\n{{ cookiecutter.package_name }}\n```",
}

NESTED: Files = {
    # as repositories of several templates: a choice first, and then that one's own questions
    "cookiecutter.json": """{
  "templates": {
    "library": {"path": "./packages/library", "title": "A library", "description": "What others import"},
    "service": {"path": "./packages/service", "title": "A service", "description": "What others ask"}
  }
}""",
    "packages/library/cookiecutter.json": """{
  "project_name": "Nested Library",
  "slug": "{{ cookiecutter.project_name | slugify }}",
  "typed": true,
  "tools": {"lint": "ruff", "test": {"runner": "pytest", "of": "{{ cookiecutter.slug }}"}},
  "_private": "{{ not rendered }}",
  "__prompts__": {
    "project_name": "What is it called?",
    "typed": "Has it types?",
    "tools": "Which tools?"
  }
}""",
    "packages/library/{{cookiecutter.slug}}/README.md": """# {{ cookiecutter.project_name }}
{% for name, tool in cookiecutter.tools | dictsort %}
- {{ name }}: {{ tool if tool is string else tool.runner + " of " + tool.of }}
{% endfor %}
{{ cookiecutter._private }}
""",
    "packages/library/{{cookiecutter.slug}}/{% if cookiecutter.typed %}py.typed{% endif %}": "",
    "packages/service/cookiecutter.json": """{
  "name": "nested-service",
  "port": 8080,
  "region": ["north", "{{ cookiecutter.name }}-south"],
  "__prompts__": {"region": {"__prompt__": "Where does it run?", "north": "where it is cold"}}
}""",
    "packages/service/hooks/post_gen_project.sh": "#!/bin/sh\necho {{ cookiecutter.port }} > port.txt\ngit init --quiet .\n",
    "packages/service/{{cookiecutter.name}}/service.cfg": "port={{ cookiecutter.port }}\nregion={{ cookiecutter.region }}\n",
}

TEMPLATES: Mapping[str, Files] = {
    "pypackage": PYPACKAGE,
    "data-science": DATA_SCIENCE,
    "django": DJANGO,
    "hypermodern-python": HYPERMODERN,
    "nested": NESTED,
}


def lay(files: Files, folder: Path) -> Path:
    """Writes files below a folder, which it gives back."""
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder
