# What a developer, CI and the README type. Every verb installs what it lacks (Debian packages, as root or through sudo).
export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1
MAKEFLAGS += --no-print-directory
JOBS ?= 2
# cuda: libtorch for NVIDIA GPUs, some gigabytes. Behind a build with the other one, make clean first.
TORCH ?= cpu
# What bin/ecgdata is compiled for: the processor of this machine. x86-64-v3 (AVX2) runs on every one that is supported.
CPU ?= $(shell grep -qw avx512vl /proc/cpuinfo && echo x86-64-v4 || echo x86-64-v3)
DOTNET_FLAGS := -c Release -m:$(JOBS) -nodeReuse:false -v:minimal -p:Torch=$(TORCH)
SOURCES := $(shell find pipelines src manifests schemas -type f -not -name '*.sh' 2>/dev/null) $(wildcard Directory.* global.json)

.PHONY: build demo test test-slurm bench prove format clean
.DELETE_ON_ERROR:

# bin/ecgdata, native code, and bin/managed/ecgdata, which it hands over to (pipelines/native); nothing is done where no source is newer.
build: bin/ecgdata

bin/ecgdata: $(SOURCES) artifacts/cpu.$(CPU)
	@tests/debian.sh gcc:gcc gcc:libc6-dev
	@rm -rf bin
	dotnet publish pipelines/EcgData.Pipelines.csproj $(DOTNET_FLAGS) -o bin/managed
	@# Published by hard link, and an ordinary build writes into what they are linked to: it would make a program of them that has no framework.
	@for file in bin/managed/ecgdata bin/managed/ecgdata.*.json; do cp "$$file" "$$file.own" && mv "$$file.own" "$$file"; done
	dotnet publish pipelines/native/EcgData.Native.csproj $(DOTNET_FLAGS) -p:Cpu=$(CPU)
	@cp artifacts/publish/EcgData.Native/release_linux-x64/EcgData.Native $@.new && mv $@.new $@

artifacts/cpu.$(CPU):
	@mkdir -p artifacts && rm -f artifacts/cpu.* && touch $@

# A corpus from synthetic trees of four sources, verified, listed, drawn, and a few gradient steps on it: all of it into demo/.
demo: build
	bash pipelines/demo.sh

# All test projects, end-to-end tests on bin/ecgdata; ends with "N passed, N failed, N skipped". FILTER='FullyQualifiedName~Resampler' runs a part.
test: build
	@tests/debian.sh chromium:chromium /usr/lib/python3/dist-packages/numpy:python3-numpy /usr/lib/python3/dist-packages/torch:python3-torch
	@tests/npm.sh tests/EcgData.Storage.Tests/azurite tests/EcgData.Pipelines.Tests/arrow
	rm -rf TestResults
	dotnet build EcgData.sln $(DOTNET_FLAGS)
	-ECGDATA_PROGRAM=$(CURDIR)/bin/ecgdata dotnet test EcgData.sln --no-build $(DOTNET_FLAGS) --logger trx --results-directory TestResults $(if $(FILTER),--filter "$(FILTER)")
	tests/count.sh TestResults

# A build as array jobs on a real Slurm of two emulated nodes, one of which is lost. Installs and starts Slurm; needs root.
test-slurm: build
	tests/slurm/run.sh

# Ingest and loader against the study's way in Python, order and subsets, what nights cost, Azure and Slurm against one machine (Slurm
# needs root), a training step of every pair against a matrix product, runs with their data, then the micro-benchmarks of the hot paths.
bench: build
	@tests/npm.sh tests/EcgData.Storage.Tests/azurite
	@tests/debian.sh /usr/lib/python3/dist-packages/numpy:python3-numpy /usr/lib/python3/dist-packages/scipy:python3-scipy /usr/lib/python3/dist-packages/torch:python3-torch
	dotnet run --project tests/EcgData.Benchmarks -c Release -- ingest
	dotnet run --project tests/EcgData.Benchmarks -c Release -- loader --limit-mib 400
	dotnet run --project tests/EcgData.Benchmarks -c Release -- order
	dotnet run --project tests/EcgData.Benchmarks -c Release -- subset
	dotnet run --project tests/EcgData.Benchmarks -c Release -- nightly 100000 1000000 11000000
	dotnet run --project tests/EcgData.Benchmarks -c Release -- delta 10000 30000 100000
	dotnet run --project tests/EcgData.Benchmarks -c Release -- delta mimic-iv-ecg 100000
	dotnet run --project tests/EcgData.Benchmarks -c Release -- azure
	tests/slurm/bench.sh
	dotnet run --project tests/EcgData.Benchmarks -c Release -- step all 16 64 turns=1
	dotnet run --project tests/EcgData.Benchmarks -c Release -- pretrain
	dotnet run --project tests/EcgData.Benchmarks -c Release -- learning
	dotnet run --project tests/EcgData.Benchmarks -c Release -- --artifacts TestResults/benchmarks --filter '*'

# The claims that take long: the same bytes with one worker, with two and in two steps, CPC at the study's settings below chance, and what tests
# try a few times is tried many times.
prove: build
	bash pipelines/prove.sh
	bash pipelines/prove-cpc.sh
	ECGDATA_PROGRAM=$(CURDIR)/bin/ecgdata ECGDATA_KILL_POINTS=200 dotnet test tests/EcgData.Pipelines.Tests $(DOTNET_FLAGS) --filter FullyQualifiedName~KillTests
	ECGDATA_RESUME_POINTS=1000 dotnet test tests/EcgData.Shards.Tests $(DOTNET_FLAGS) --filter FullyQualifiedName~ResumeTests
	ECGDATA_SOAK_STEPS=10000 dotnet test tests/EcgData.Training.Tests $(DOTNET_FLAGS) --filter FullyQualifiedName~SoakTests
	ECGDATA_LEARNING_SEEDS=3 dotnet test tests/EcgData.Evaluation.Tests $(DOTNET_FLAGS) --filter FullyQualifiedName~LearningTests

format:
	dotnet format EcgData.sln

clean:
	rm -rf artifacts bin demo TestResults BenchmarkDotNet.Artifacts
