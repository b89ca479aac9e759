using System.Globalization;
using VmTools.Protocol.Wire;

namespace VmTools.Guest.Maitred.Boot;

/// <summary>What the kernel command line tells maitred. Words it does not know are for other programs.</summary>
internal sealed record KernelArguments
{
    /// <summary>Port of the host's StartupListener (not of our own server).</summary>
    public uint ListenPort { get; init; } = 7777;

    public bool NoStartupProcesses { get; init; }

    /// <summary>The VM's name, to become the host name; an addition of ours.</summary>
    public string? Hostname { get; init; }

    /// <summary>Type of the root file system on /dev/vda.</summary>
    public string RootType { get; init; } = "erofs";

    public static KernelArguments Parse(string commandLine)
    {
        var arguments = new KernelArguments();
        foreach (var word in commandLine.Split([' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries))
        {
            arguments = arguments.With(word);
        }

        return arguments;
    }

    private KernelArguments With(string word)
    {
        if (word == MaitredArguments.NoStartupProcesses)
        {
            return this with { NoStartupProcesses = true };
        }

        var equals = word.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? this : With(word[..equals], word[(equals + 1)..]);
    }

    private KernelArguments With(string name, string value) => name switch
    {
        MaitredArguments.ListenPort when LeadingNumber(value) is { } port => this with { ListenPort = port },
        MaitredArguments.Hostname when value.Length > 0 => this with { Hostname = value },
        "rootfstype" when value.Length > 0 => this with { RootType = value },
        _ => this,
    };

    /// <summary>The digits at the start are the number, as a decimal scan reads them; null when there are none or too many.</summary>
    private static uint? LeadingNumber(string value)
    {
        var digits = value.AsSpan().IndexOfAnyExceptInRange('0', '9');
        var number = digits < 0 ? value : value[..digits];
        return uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : null;
    }
}
