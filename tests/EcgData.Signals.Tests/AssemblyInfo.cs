// Tests of one assembly run side by side; nothing is shared but read-only fixtures.
[assembly: CollectionBehavior(DisableTestParallelization = false)]
