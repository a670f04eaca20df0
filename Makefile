.DEFAULT_GOAL := help
.PHONY: help demo test bench faults lint lock up

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 10

demo: ## a small province for a day, on real servers
	@script/demo

test: ## all tests
	@script/test

bench: ## what is fast, and against whom
	@script/bench

faults: ## kill, stop and starve processes
	@script/faults

lint: ## style, types, arrows between the rooms
	@script/lint

lock: ## pin the dependencies of pyproject.toml anew
	@script/lock

up: ## start the local platform, or find it running
	@script/up
