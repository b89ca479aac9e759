namespace VmTools.Unit.Host.Concierge.Fakes;

/// <summary>What happened, in its order, from all sides of the bench.</summary>
internal sealed class Journal
{
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lock)
            {
                return [.. _lines];
            }
        }
    }

    public System.Collections.Concurrent.ConcurrentQueue<string> StopSteps { get; } = [];

    /// <summary>What the last VM that ended had met.</summary>
    public string? LastProblem { get; set; }

    public void Write(string line)
    {
        lock (_lock)
        {
            _lines.Add(line);
        }
    }
}
