// One test after the other: they count the tensors of the whole process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
