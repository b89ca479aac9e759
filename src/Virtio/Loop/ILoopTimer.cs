namespace VmTools.Virtio.Loop;

/// <summary>A one-shot timer of a loop; setting it again replaces the earlier time.</summary>
public interface ILoopTimer
{
    bool IsSet { get; }

    void Set(TimeSpan due);

    void Clear();
}
