using Google.Protobuf;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Concierge.Logs;
using VmTools.Host.Vms;
using VmTools.Linux.Memory;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Concierge;

namespace VmTools.Host.Concierge.Api;

/// <summary>
/// GetVmLogs. An answer is as large as a log, so it is written once, into the memory from which the bus takes it; one is made at a time,
/// and the memory of a large one goes back to the kernel soon after.
/// </summary>
internal sealed class LogMethods(GetVmLogs logs, TimeProvider clock) : IMethodGroup, IAsyncDisposable
{
    /// <summary>What no collection has to be made for.</summary>
    private const int Small = 64 * 1024;

    private const int MostLengthBytes = 5;

    /// <summary>After the answer has left and the next question, if there is one, has come.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _one = new(1);
    private ITimer? _release;
    private bool _isLargeLeft;

    public IEnumerable<ServedMethod> Methods =>
    [
        new("GetVmLogs", "ay", "ay", async (request, cancel) =>
            BusBody.Of(await AnswerAsync(OwnedObject.Read(GetVmLogsRequest.Parser, request), cancel))),
    ];

    public IEnumerable<ServedMethod> OwnMethods => [];

    /// <summary>A GetVmLogsResponse as bytes. It has no field for a failure, so one becomes a D-Bus error.</summary>
    public async Task<ReadOnlyMemory<byte>> AnswerAsync(GetVmLogsRequest request, CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        try
        {
            if (_isLargeLeft)
            {
                FreedMemory.GiveBack();
            }

            var answer = await Task.Run(
                () => Serialize(logs.Run(VmId.Parse(request.OwnerId, request.Name), 1 + MostLengthBytes)), cancel);
            _isLargeLeft = answer.Length > Small;
            if (_isLargeLeft)
            {
                _release ??= clock.CreateTimer(_ => Release(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                _release.Change(Rest, Timeout.InfiniteTimeSpan);
            }

            return answer;
        }
        catch (VmToolsException refused)
        {
            throw new DBusException(BusErrors.Failed, refused.Message, refused);
        }
        finally
        {
            _one.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await (_release?.DisposeAsync() ?? ValueTask.CompletedTask);
        _one.Dispose();
    }

    /// <summary>The field's tag and length just before its text (protobuf's encoding, "Length-Delimited Records").</summary>
    private static ReadOnlyMemory<byte> Serialize(Memory<byte> reserveAndText)
    {
        var text = (uint)(reserveAndText.Length - 1 - MostLengthBytes);
        if (text == 0)
        {
            return ReadOnlyMemory<byte>.Empty;
        }

        var header = CodedOutputStream.ComputeLengthSize((int)text) + 1;
        var answer = reserveAndText[(1 + MostLengthBytes - header)..];
        var at = answer.Span;
        at[0] = (GetVmLogsResponse.LogFieldNumber << 3) | 2;
        for (var (index, rest) = (1, text); index < header; index++, rest >>= 7)
        {
            at[index] = (byte)((rest & 0x7f) | (index < header - 1 ? 0x80u : 0));
        }

        return answer;
    }

    private void Release()
    {
        if (!_one.Wait(0))
        {
            // An answer is being made, after which the timer runs again.
            return;
        }

        _isLargeLeft = false;
        FreedMemory.GiveBack();
        _one.Release();
    }
}
