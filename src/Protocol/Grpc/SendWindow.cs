using System.Buffers.Binary;

namespace VmTools.Protocol.Grpc;

/// <summary>
/// How much may be sent on the one stream of a connection: the less of the stream's and the connection's window (RFC 9113,
/// sections 5.2 and 6.9).
/// </summary>
internal sealed class SendWindow
{
    private const int Initial = 65535;
    private const int SettingBytes = 6;
    private const ushort InitialWindowSize = 4;

    private long _connection = Initial;
    private long _stream = Initial;
    private long _streamInitial = Initial;

    /// <summary>Never negative, although the windows may be, when a setting takes back what was granted.</summary>
    public int Available => (int)Math.Max(0, Math.Min(_connection, _stream));

    public void Take(int count)
    {
        _connection -= count;
        _stream -= count;
    }

    /// <summary>A change of the initial size moves the window of a stream that is open by the difference.</summary>
    public bool TryTakeSettings(ReadOnlySpan<byte> payload)
    {
        if (payload.Length % SettingBytes != 0)
        {
            return false;
        }

        for (; !payload.IsEmpty; payload = payload[SettingBytes..])
        {
            var value = BinaryPrimitives.ReadUInt32BigEndian(payload[2..]);
            if (BinaryPrimitives.ReadUInt16BigEndian(payload) == InitialWindowSize)
            {
                _stream += value - _streamInitial;
                _streamInitial = value;
                if (value > int.MaxValue || _stream > int.MaxValue)
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>An increment of zero and a window beyond 2³¹−1 are errors.</summary>
    public bool TryTakeUpdate(ReadOnlySpan<byte> payload, bool isStream)
    {
        if (payload.Length != sizeof(uint))
        {
            return false;
        }

        var increment = BinaryPrimitives.ReadUInt32BigEndian(payload) & int.MaxValue;
        ref var window = ref isStream ? ref _stream : ref _connection;
        window += increment;
        return increment > 0 && window <= int.MaxValue;
    }
}
