using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text;
using VmTools.Protocol.Messages.Concierge;

namespace VmTools.Host.Vmc;

/// <summary>Arguments and options that several verbs share, with their checks.</summary>
internal static class Words
{
    /// <summary>As vm_concierge limits it.</summary>
    private const int LongestName = 60;

    private static readonly Dictionary<string, VmInfo.Types.VmType> Types = new(StringComparer.OrdinalIgnoreCase)
    {
        ["crostini"] = VmInfo.Types.VmType.Termina,
        ["termina"] = VmInfo.Types.VmType.Termina,
        ["borealis"] = VmInfo.Types.VmType.Borealis,
        ["bruschetta"] = VmInfo.Types.VmType.Bruschetta,
        ["baguette"] = VmInfo.Types.VmType.Baguette,
    };

    public static Argument<string> Name() => new("NAME")
    {
        Description = "The name of the VM.",
        Validators = { RefuseBadName },
    };

    public static Option<bool> Json() => new("--json") { Description = "Print JSON for programs instead of text for people." };

    public static Option<ulong> Size(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "SIZE",
        CustomParser = result => Parse(result, (string text, out ulong bytes) => SizeText.TryParse(text, out bytes) && bytes > 0,
            "is not a size; give bytes, or a number with M or G, for example 512M"),
    };

    /// <summary>In MiB: nobody wants a VM of so many bytes, so a plain number means MiB here.</summary>
    public static Option<uint> Memory() => new("--mem")
    {
        Description = "How much memory the VM gets, in MiB, or with M or G.",
        HelpName = "SIZE",
        CustomParser = result => Parse<uint>(result, TryMemory, "is not an amount of memory; give MiB, or a number with M or G, for example 1G"),
    };

    public static Option<uint> Count(string name, string description, string unit) => new(name)
    {
        Description = description,
        HelpName = unit,
        CustomParser = result => Parse(result, (string text, out uint number) =>
            uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number > 0, "is not a whole number above 0"),
    };

    public static Option<VmInfo.Types.VmType> Type() => new("--vm-type")
    {
        Description = "The kind of VM: crostini, termina, borealis, bruschetta or baguette.",
        HelpName = "TYPE",
        CustomParser = result => Parse(result, (string text, out VmInfo.Types.VmType type) => Types.TryGetValue(text, out type),
            $"is not a kind of VM; the kinds are {string.Join(", ", Types.Keys)}"),
    };

    /// <summary>How a kind of VM is called in listings; none for one that has none.</summary>
    public static string? NameOf(VmInfo.Types.VmType type) =>
        type == VmInfo.Types.VmType.Unknown ? null : type.ToString().ToLowerInvariant();

    private static void RefuseBadName(ArgumentResult result)
    {
        var name = result.Tokens is [var token, ..] ? token.Value : "";
        if (name.Length == 0)
        {
            result.AddError("a VM's name cannot be empty.");
        }
        else if (Encoding.UTF8.GetByteCount(name) > LongestName)
        {
            result.AddError($"a VM's name cannot be longer than {LongestName} bytes.");
        }
    }

    private static bool TryMemory(string text, out uint mebibytes)
    {
        var isRead = SizeText.TryParse(text is [.., 'M' or 'G'] ? text : text + "M", out var bytes);
        mebibytes = (uint)Math.Min(bytes >> 20, uint.MaxValue);
        return isRead && mebibytes > 0;
    }

    internal static T? Parse<T>(ArgumentResult result, TryParse<T> parse, string problem)
    {
        var text = result.Tokens[^1].Value;
        if (parse(text, out var value))
        {
            return value;
        }

        result.AddError($"'{text}' after {((OptionResult)result.Parent!).Option.Name} {problem}.");
        return default;
    }

    internal delegate bool TryParse<T>(string text, out T value);
}
