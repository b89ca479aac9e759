using VmTools.Unit.Virtio.Vsock.Packets;
using VmTools.Virtio.Vsock.HostStreams;
using VmTools.Virtio.Vsock.Packets;

namespace VmTools.Unit.Virtio.Vsock.HostStreams;

/// <summary>
/// A host program and its Unix socket in memory, with the socket's limits and edges: what a loop would report next waits in
/// <see cref="TakeEvents"/>. A use after close throws, as does a second close.
/// </summary>
internal sealed class FakeHost : IHostStream
{
    private readonly ByteQueue _fromProgram = new();
    private readonly ByteQueue _toProgram = new();
    private HostReadiness _events = HostReadiness.Writable;
    private bool _wantsWritable;
    private bool _ended;

    /// <summary>How many bytes each direction of the socket holds.</summary>
    public int SocketSpace { get; set; } = 4096;

    public bool ProgramClosed { get; private set; }

    public bool ProgramReadsNoMore { get; private set; }

    public bool DeviceClosed { get; private set; }

    public bool DeviceSaidAll { get; private set; }

    public bool DeviceReadsNoMore { get; private set; }

    public int Waiting => _toProgram.Count;

    public int Unsent => _fromProgram.Count;

    public bool HasEvents => _events != HostReadiness.None;

    public HostReadiness TakeEvents()
    {
        var events = _events;
        _events = HostReadiness.None;
        return events;
    }

    public int ProgramWrites(ReadOnlySpan<byte> bytes)
    {
        if (DeviceClosed || DeviceReadsNoMore || _ended)
        {
            return 0;
        }

        var count = Math.Min(bytes.Length, SocketSpace - _fromProgram.Count);
        _fromProgram.Write(bytes[..count]);
        _events |= count > 0 ? HostReadiness.Readable : HostReadiness.None;
        return count;
    }

    public ReadOnlySpan<byte> ProgramReads(int count = int.MaxValue)
    {
        var bytes = _toProgram.Read(count);
        if (_wantsWritable && !bytes.IsEmpty)
        {
            _wantsWritable = false;
            _events |= HostReadiness.Writable;
        }

        return bytes;
    }

    public void ProgramEnds()
    {
        _ended = true;
        _events |= HostReadiness.Readable;
    }

    public void ProgramStopsReading()
    {
        ProgramReadsNoMore = true;
        _toProgram.ReadAll();
        _events |= HostReadiness.Writable;
    }

    public void ProgramCloses()
    {
        ProgramClosed = true;
        _ended = true;
        _toProgram.ReadAll();
        _events |= HostReadiness.Readable | HostReadiness.Writable | HostReadiness.HungUp;
    }

    public void Attach(Action<HostReadiness> ready)
    {
        // A test says itself when the loop reports: see Bench.Report.
    }

    public StreamOutcome TryRead(IGuestReceiver into, int packets, int bytes, out int count)
    {
        CheckOpen();
        var receiver = (FakeReceiver)into;
        count = 0;
        if (_fromProgram.Count == 0)
        {
            return _ended ? StreamOutcome.Done : StreamOutcome.Blocked;
        }

        for (var i = 0; i < packets && count < bytes && _fromProgram.Count > 0; i++)
        {
            var part = _fromProgram.Read(Math.Min(receiver.CapacityOf(i), bytes - count));
            receiver.Fill(i, part);
            count += part.Length;
        }

        return StreamOutcome.Done;
    }

    public StreamOutcome TryWrite(IGuestPayload payload, out int count)
    {
        var bytes = new byte[payload.Length];
        payload.TryCopy(0, bytes);
        return TryWrite(bytes, out count);
    }

    public StreamOutcome TryWrite(ReadOnlySpan<byte> bytes, out int count)
    {
        CheckOpen();
        count = 0;
        if (ProgramClosed || ProgramReadsNoMore)
        {
            return StreamOutcome.Broken;
        }

        count = Math.Min(bytes.Length, SocketSpace - _toProgram.Count);
        _toProgram.Write(bytes[..count]);
        _wantsWritable |= count < bytes.Length;
        return count == 0 && bytes.Length > 0 ? StreamOutcome.Blocked : StreamOutcome.Done;
    }

    public StreamOutcome TryPeek(out bool any)
    {
        CheckOpen();
        any = _fromProgram.Count > 0;
        return any || _ended ? StreamOutcome.Done : StreamOutcome.Blocked;
    }

    public void ShutdownSend()
    {
        CheckOpen();
        DeviceSaidAll = true;
    }

    public void ShutdownReceive()
    {
        CheckOpen();
        DeviceReadsNoMore = true;
    }

    public void Close()
    {
        CheckOpen();
        DeviceClosed = true;
        DeviceSaidAll = true;
    }

    private void CheckOpen()
    {
        if (DeviceClosed)
        {
            throw new InvalidOperationException("The stream was used after it was closed.");
        }
    }
}
