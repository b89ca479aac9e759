# The verbs of this project. Each is a short script in eng/ or a line here; nothing else is needed to work on it.

SHELL := /bin/bash
.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help install run test check fmt build image bench soak clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 14

run: install build image ## everything from nothing: build, make the image, start a VM, use it, stop it
	@eng/run

test: install build image ## unit tests and system tests on real VMs
	@eng/install test
	@eng/test unit system

check: install ## formatting, warnings as errors, a minute of fuzzing, unit tests
	@eng/install test
	@eng/check

fmt: ## bring the sources into shape
	dotnet format VmTools.slnx

build: install ## the programs and their links, in out/bin
	@eng/build

image: install build ## the guest image, in out/image
	@eng/image

bench: install build image ## compare with the bare floor, ssh and sockets; writes docs/promises.md
	@eng/install bench
	@eng/bench

soak: install build image ## random use of real VMs, 100 rounds, about an hour
	@eng/install test
	@eng/soak

clean: ## remove what was built, the cache included
	rm -rf out
	find src tests bench -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} +

install: ## install the Debian packages that are missing
	@eng/install
