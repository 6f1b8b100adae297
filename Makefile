# The front door. Python 3.11 and make are enough; whatever a target needs is made in folders of
# this checkout: .venv*, build. Twice is as good as once.
.DEFAULT_GOAL := help
.PHONY: help venv demo demo-gitops devcluster test lint unit integration sanity docs-lint devcluster-tests \
        mutation molecule eda controller extra hosts hosts-down bench chaos format build clean changelog release-check docs report-test

help:               ## this list
	@sed -n 's/^\([a-z-]*\):[a-z ]*## */  make \1\t/p' Makefile | expand -t 26

venv:
	@python=$$(sh scripts/find_python.sh 3.11) && \
	    "$$python" scripts/make_venv.py .venv tests/requirements.txt

demo: venv          ## a cluster on this machine: a node added, one removed, one replaced, all restarted
	@.venv/bin/python scripts/demo.py

demo-gitops: venv   ## a cluster that follows Git: a merge adds a node, an event has a dead one replaced (Java 17)
	@.venv/bin/python scripts/make_venv.py .venv-eda tests/requirements-eda.txt
	@.venv/bin/python -m scripts.demo_gitops

devcluster: venv    ## a cluster of three on this machine to play with; Ctrl-C ends it
	@.venv/bin/python -m tests.devcluster

test: venv          ## everything that must pass, quick things first
	@.venv/bin/python -m scripts.stages

lint: venv          ## the linters
unit: venv          ## unit tests, on both supported ansible-core and the oldest Python
integration: venv   ## playbooks and modules against the development cluster
sanity: venv        ## ansible-test sanity
docs-lint: venv     ## the documentation of modules, plugins and roles
devcluster-tests: venv ## the development cluster's own tests
lint unit integration sanity docs-lint devcluster-tests:
	@.venv/bin/python -m scripts.stages $@

mutation: venv      ## small changes to the deciding code, each of which a test must notice (minutes)
	@.venv/bin/python -m tests.mutation $(FILES)

molecule: venv      ## real hosts: systemd and SSH in containers (root; SCENARIO="default secure")
	@.venv/bin/python scripts/make_venv.py .venv-molecule tests/requirements-molecule.txt
	@.venv-molecule/bin/python -m scripts.molecule $(MOLECULE_OPTIONS) $(SCENARIO)

eda: venv           ## events: the rulebooks with the real ansible-rulebook (Java 17; EDA_OPTIONS=--install)
	@.venv/bin/python scripts/make_venv.py .venv-eda tests/requirements-eda.txt
	@.venv-eda/bin/python -m scripts.eda $(EDA_OPTIONS)

report-test: venv   ## reports in a headless Chromium; pictures in build/report (REPORT_OPTIONS=--install)
	@.venv/bin/python -m scripts.report $(REPORT_OPTIONS)

controller: venv    ## the example for AWX: images, a configuration on a fake API, two jobs at once
	@.venv/bin/python scripts/make_venv.py .venv-controller tests/requirements-controller.txt
	@.venv/bin/python -m scripts.controller

extra: venv         ## what needs more of a machine than test, side by side (EXTRA_OPTIONS=--install)
	@.venv/bin/python -m scripts.extra $(EXTRA_OPTIONS)

hosts: venv         ## four hosts with systemd and SSH to play with (root; needs what molecule needs)
	@.venv/bin/python tests/devcluster/build.py
	@.venv/bin/python -m scripts.hosts up $(foreach n,1 2 3 4,db-0$(n)=198.51.100.1$(n))

hosts-down: venv    ## remove them
	@.venv/bin/python -m scripts.hosts down

bench: venv         ## figures beside their peers, about half an hour (FIGURES="list health" for some)
	@.venv/bin/python -m tests.bench $(BENCH_OPTIONS) $(FIGURES)

chaos: venv         ## reconcile, killed at each of its changing steps, has to converge (KINDS="add replace remove", CHAOS_OPTIONS="--skip 9")
	@.venv/bin/python -m scripts.guarded --minutes 120 -- .venv/bin/python -m tests.chaos $(CHAOS_OPTIONS) $(KINDS)

format: venv        ## put Python files into shape
	@.venv/bin/ruff check --fix-only --quiet . && .venv/bin/ruff format .

docs: venv          ## the documentation site, in build/docs/html; a warning is an error
	@.venv/bin/python scripts/make_venv.py .venv-docs tests/requirements-docs.txt
	@.venv-docs/bin/python -m scripts.docs

build: venv         ## the tarball, in build/
	@.venv/bin/python -m scripts.tarball

release-check: venv ## what a tarball has to pass before it is published (gpg; RELEASE_OPTIONS=--install)
	@.venv/bin/python scripts/make_venv.py .venv-release tests/requirements-release.txt
	@.venv/bin/python -m scripts.release $(RELEASE_OPTIONS)

changelog: venv     ## the release notes of the version in galaxy.yml, from changelogs/fragments
	@.venv/bin/python -m scripts.changelog

clean:              ## remove all that these targets made
	rm -rf .venv .venv-* build .demo .devcluster .mypy_cache .ruff_cache .pytest_cache .hypothesis .ansible
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
