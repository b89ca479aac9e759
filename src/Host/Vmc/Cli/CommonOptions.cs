using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text;
using VmTools.Host.HostFacts;
using VmTools.Host.Vms;
using VmTools.Protocol.Messages.Concierge;

namespace VmTools.Host.Vmc.Cli;

/// <summary>Arguments and options that several verbs share, with their checks.</summary>
internal static class CommonOptions
{
    /// <summary>Below is no room for a file system, above is more than the host's own could hold in a file.</summary>
    private static readonly SizeRange DiskSizes = new(16UL << 20, 16UL << 40);

    /// <summary>Less is refused by vm_concierge; more than the largest is no machine.</summary>
    private static readonly SizeRange MemorySizes = new((ulong)HostMemory.LeastVmMiB << 20, 4UL << 40);

    public const string JsonOption = "--json";

    private static readonly Dictionary<string, VmInfo.Types.VmType> Types = new(StringComparer.OrdinalIgnoreCase)
    {
        ["crostini"] = VmInfo.Types.VmType.Termina,
        ["termina"] = VmInfo.Types.VmType.Termina,
        ["borealis"] = VmInfo.Types.VmType.Borealis,
        ["bruschetta"] = VmInfo.Types.VmType.Bruschetta,
        ["baguette"] = VmInfo.Types.VmType.Baguette,
    };

    /// <summary>The name of a VM that is there, or a mistake that the search for it tells.</summary>
    public static Argument<string> Name() => Name("NAME");

    /// <summary>The same by another word, where the command line has a second name.</summary>
    public static Argument<string> Name(string word) => new(word)
    {
        Description = "The name of the VM.",
        Validators = { RefuseImpossibleName },
    };

    /// <summary>The name of a VM that the verb may make.</summary>
    public static Argument<string> NewName() => NewName("NAME");

    /// <summary>The same by another word, where the command line has a second name.</summary>
    public static Argument<string> NewName(string word) => new(word)
    {
        Description = "The name of the VM: a letter or digit, then letters, digits, '.', '_' and '-', at most 60.",
        Validators = { RefuseWrongName },
    };

    public static Option<bool> Json() => new(JsonOption) { Description = "Print JSON for programs instead of text for people." };

    public static Option<bool> Yes() => new("--yes", "-y")
    {
        Description = "Do not ask; VMC_NONINTERACTIVE in the environment does the same."
    };

    public static Option<ulong> Size(string name, string description) => new(name)
    {
        Description = $"{description} Bytes, or a number with M, G or T: 512M, 1.5G; {DiskSizes}.",
        HelpName = "SIZE",
        CompletionSources = { "5G", "10G", "20G", "50G" },
        CustomParser = result =>
            ParseSize(
                result,
                SizeText.TryParse,
                "is not a size; give bytes, or a number with M, G or T, for example 512M or 1.5G",
                DiskSizes),
    };

    /// <summary>In MiB: no user wants a VM of so many bytes, so a plain number means MiB here.</summary>
    public static Option<uint> Memory() => new("--mem")
    {
        Description = $"How much memory the VM gets: MiB, or a number with M or G: 512M, 2G, 1.5G; {MemorySizes}.",
        HelpName = "SIZE",
        CompletionSources = { "512M", "1G", "2G", "4G" },
        CustomParser = result => (uint)(ParseSize(
            result, TryMemory, "is not an amount of memory; give MiB, or a number with M or G, for example 512M or 1.5G",
                MemorySizes) >> 20),
    };

    public static Option<uint> Count(string name, string description, string unit, uint most) => new(name)
    {
        Description = $"{description} 1 to {most}.",
        HelpName = unit,
        CustomParser = result => Parse(result, (string text, out uint number) =>
            uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number > 0 && number <= most,
            $"is not a whole number from 1 to {most}"),
    };

    public static Option<VmInfo.Types.VmType> Type() => new("--vm-type")
    {
        Description = "The kind of VM: crostini, termina, borealis, bruschetta or baguette.",
        HelpName = "TYPE",
        CompletionSources = { Types.Keys.ToArray() },
        CustomParser = result => Parse(result, (string text, out VmInfo.Types.VmType type) => Types.TryGetValue(text, out type),
            $"is not a kind of VM; the kinds are {string.Join(", ", Types.Keys)}"),
    };

    /// <summary>How a kind of VM is called in listings; none for one that has none.</summary>
    public static string? NameOf(VmInfo.Types.VmType type) =>
        type == VmInfo.Types.VmType.Unknown ? null : type.ToString().ToLowerInvariant();

    private static void RefuseImpossibleName(ArgumentResult result)
    {
        if (result.Tokens is [{ Value: var name }, ..] && (name.Length == 0 || Encoding.UTF8.GetByteCount(name) > VmNameRule.MaxLength))
        {
            result.AddError(VmNameRule.MistakeIn(name)!);
        }
    }

    private static void RefuseWrongName(ArgumentResult result)
    {
        if (result.Tokens is [{ Value: var name }, ..] && VmNameRule.MistakeIn(name) is { } mistake)
        {
            result.AddError(mistake);
        }
    }

    private static bool TryMemory(string text, out ulong bytes) =>
        SizeText.TryParse(text is [.., >= '0' and <= '9'] ? text + "M" : text, out bytes);

    private static ulong ParseSize(ArgumentResult result, TryParse<ulong> parse, string problem, SizeRange range)
    {
        var bytes = Parse(result, parse, problem);
        if (!result.Errors.Any() && !range.Holds(bytes))
        {
            result.AddError($"'{result.Tokens[^1].Value}' after {((OptionResult)result.Parent!).Option.Name} is out of range: {range}.");
        }

        return bytes;
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
