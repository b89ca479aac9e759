namespace VmTools.Unit.Crash.Fakes;

/// <summary>Gives its bytes and then an error in place of an end.</summary>
internal sealed class BrokenStream(byte[] bytes) : MemoryStream(bytes)
{
    public override int Read(byte[] buffer, int offset, int count)
    {
        var read = base.Read(buffer, offset, count);
        return read > 0 ? read : throw new IOException("The pipe burst.");
    }
}
