using System.Text;

namespace VmTools.Unit.Guest.Vshd.Sessions;

/// <summary>All that came out of one session.</summary>
internal sealed record SessionResult(byte[] OutputBytes, byte[] ErrorBytes, int Code)
{
    public string Output => Encoding.UTF8.GetString(OutputBytes);

    public string Error => Encoding.UTF8.GetString(ErrorBytes);
}
