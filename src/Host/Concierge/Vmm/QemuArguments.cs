using System.Globalization;

namespace VmTools.Host.Concierge.Vmm;

/// <summary>
/// Collects QEMU's arguments. In a value of its key=value lists a comma is written twice; a path may hold one.
/// </summary>
internal sealed class QemuArguments(string program)
{
    private readonly List<string> _arguments = [program];

    public IReadOnlyList<string> All => _arguments;

    public QemuArguments Add(params ReadOnlySpan<string> arguments)
    {
        _arguments.AddRange(arguments);
        return this;
    }

    /// <summary>An option whose values (what is interpolated) are escaped.</summary>
    public QemuArguments AddList(string option, FormattableString list)
    {
        var values = list.GetArguments()
            .Select(value => Escape(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""));
        return Add(option, string.Format(CultureInfo.InvariantCulture, list.Format, [.. values]));
    }

    /// <summary>A value as it stands in a list.</summary>
    public static string Escape(string value) => value.Replace(",", ",,", StringComparison.Ordinal);
}
