using System.Text;

namespace VmTools.Harness;

/// <summary>How a program ended and what it said.</summary>
public sealed record CommandResult(int Code, byte[] OutputBytes, string Errors, TimeSpan Took)
{
    public string Output => Encoding.UTF8.GetString(OutputBytes);

    public override string ToString() => $"code {Code} after {Took.TotalSeconds:0.0} s\nstdout: {Output}\nstderr: {Errors}";
}
