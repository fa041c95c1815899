# `make help` lists the commands. Environments live in ignored folders and are made once.

# One release of torch for all figures and bits; where pip finds a CPU build of it, no GPU libraries come along.
TORCH ?= torch==2.13.0
PYTHON ?= python3
DEMO ?= demo/digits
VENV := .venv/bin
XLA := .envs/xla/bin
TRACKERS := .envs/trackers/bin

.PHONY: help demo test check bench matrix matrix-all snapshots notebook gallery trackers storm fuzz envs format clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /|/' | column -t -s '|'

demo: .envs/demo/ready ## Write a vision-classification project, train it, show what it left
	rm -rf "$(DEMO)"
	.envs/demo/bin/pip install --quiet --force-reinstall --no-deps .
	.envs/demo/bin/scaffold new "$(DEMO)" --template vision-classification --yes
	.envs/demo/bin/pip install --quiet --editable "$(DEMO)"
	cd "$(DEMO)" && "$(CURDIR)/.envs/demo/bin/python" -m digits.train

test: ## Set up everything that the tests need, and run all of them
	$(MAKE) --no-print-directory --jobs 2 check envs
	$(VENV)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

check: .venv/ready ## Format, lint, types, import contracts
	$(VENV)/ruff format --check .
	$(VENV)/ruff check .
	$(VENV)/basedpyright
	$(VENV)/lint-imports

bench: .venv/bench ## The benchmarks, side by side with the peers
	@for script in tests/benchmarks/bench_*.py; do echo; $(VENV)/python $$script || exit 1; done

matrix: envs ## Render every combination of options, try a few of a cover of them, print the table
	$(VENV)/python -m tests.matrix

matrix-all: envs ## The same, and try the whole cover: types, tests, training, resume; hours
	$(VENV)/python -m tests.matrix --all

snapshots: .venv/ready ## Write each template's default project as text, for reviews
	$(VENV)/python -m tests.matrix.snapshots

notebook: .venv/ready ## Run docs/python-api.ipynb, and keep what it prints
	$(VENV)/python -m tests.docs.notebook

gallery: envs ## Train each template's default project, and keep its pictures for the README
	SCAFFOLD_GALLERY=docs/gallery $(VENV)/pytest -q -n0 tests/smoke/test_figures.py

trackers: .venv/ready .envs/trackers/ready ## Try the trackers - killed, resumed, servers lost - and write docs/trackers.md
	$(VENV)/python -m tests.trackers

storm: .venv/ready ## Kill a project's runs at random instants, and see that they end as untouched ones
	$(VENV)/python -m tests.storm

fuzz: .venv/ready ## A thousand projects that were edited, updated: nothing of their owners' is lost
	SCAFFOLD_FUZZ_CASES=1000 $(VENV)/pytest -q -n0 --timeout 3000 --hypothesis-show-statistics tests/generator/life/test_fuzz.py

format: .venv/ready ## Format the tree and sort its imports
	$(VENV)/ruff check --select I --fix .
	$(VENV)/ruff format .

envs: .venv/ready .envs/xla/ready .envs/horovod/ready .envs/trackers/ready .envs/demo/ready ## The environments that the tests need

clean: ## Remove the environments and what was built
	rm -rf .venv .envs demo dist build

.venv/ready: pyproject.toml
	$(PYTHON) -m venv .venv
	$(VENV)/pip install --quiet --upgrade pip
	$(VENV)/pip install --quiet --editable . --group test --group check
	touch $@

.venv/bench: .venv/ready
	$(VENV)/pip install --quiet --group bench
	touch $@

# torch_xla's last release and the torch it was built for; torchvision imports only beside that torch.
.envs/xla/ready: pyproject.toml
	$(PYTHON) -m venv .envs/xla
	$(XLA)/pip install --quiet --upgrade pip
	$(XLA)/pip install --quiet --editable . --group xla
	touch $@

# Horovod is compiled, once for a machine; pip keeps the wheel.
.envs/horovod/ready: tests/environments/horovod.sh
	env --unset=MAKEFLAGS TORCH="$(TORCH)" bash $< .envs/horovod  # its build has a make of its own
	touch $@

# Clients of trackers. Visdom's own build asks for an older setuptools than pip would give it.
.envs/trackers/ready: pyproject.toml
	$(PYTHON) -m venv .envs/trackers
	$(TRACKERS)/pip install --quiet --upgrade pip
	$(TRACKERS)/pip install --quiet --group trackers
	$(TRACKERS)/pip install --quiet "setuptools<81" wheel
	$(TRACKERS)/pip install --quiet --no-build-isolation visdom==0.2.4
	touch $@

.envs/demo/ready: pyproject.toml
	$(PYTHON) -m venv .envs/demo
	.envs/demo/bin/pip install --quiet --upgrade pip
	.envs/demo/bin/pip install --quiet $(TORCH) .
	touch $@
