using Xunit.Sdk;
using Xunit.v3;

// Two processors carry one machine at a time; machines beside each other would only measure each other.
[assembly: Parallelization(Mode = ParallelMode.None)]
