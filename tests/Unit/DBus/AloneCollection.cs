using Xunit;

namespace VmTools.Unit.DBus;

/// <summary>Tests that look at the whole process run after the others, one at a time.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;
