# Names for what ./test and the scripts do. `./test` is the command that counts.

.PHONY: test setup lint race peer oracle bench torture fuzz golden

PEER = $(CURDIR)/.tools/peer/bin/python
ORACLE = OUTCORE_ORACLE_NODE=$(CURDIR)/.tools/oracle/node OUTCORE_ORACLE_PYTHON=$(wildcard $(CURDIR)/.tools/oracle/python/bin/python)

test: ## everything, as CI runs it
	./test

setup: ## tools into .tools
	./test setup

lint: ## format, vet, golangci-lint
	./test lint

race: ## the race detector on what is concurrent
	./test race

peer: ## numpy, scikit-learn, pandas, pyarrow and scipy into .tools/peer
	.ci/tools.sh peer
	@echo "export OUTCORE_PEER_PYTHON=$(PEER)"

oracle: ## the official Icechunk engines into .tools/oracle
	.ci/tools.sh oracle
	@for v in $(ORACLE); do echo "export $$v"; done

bench: peer ## every measurement, the peer beside us
	$(PEER) bench/run.py

bench-%: peer ## one measurement: make bench-scaler
	$(PEER) bench/run.py $*

torture: setup ## hundreds of kills and random calls where CI tries a few; an hour
	OUTCORE_TORTURE=1 OUTCORE_PEER_PYTHON=$(PEER) $(ORACLE) go test -count=1 -timeout 3h ./...

TIME = 1m
fuzz: ## every fuzz target for TIME each
	.ci/fuzz $(TIME)

golden: peer oracle ## remake what the tests compare with; read the diff before committing
	OUTCORE_PEER_PYTHON=$(PEER) $(ORACLE) .ci/golden
