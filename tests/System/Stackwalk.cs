using System.Globalization;
using System.Text.RegularExpressions;
using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>Breakpad's minidump_stackwalk and minidump_dump, which read a minidump by no word of ours.</summary>
internal static partial class Stackwalk
{
    public static async Task<StackwalkView> LookAsync(string dump)
    {
        var fields = await RunAsync("minidump_stackwalk", "-m", dump);
        var text = await RunAsync("minidump_stackwalk", dump);
        var raw = await RunAsync("minidump_dump", dump);
        var rows = fields.Split('\n').Select(line => line.Split('|')).ToList();
        var crash = rows.Single(row => row[0] == "Crash");
        return new StackwalkView(
            crash[1], Hex(crash[2]), [.. ThreadId().Matches(raw).Select(thread => (uint)Hex(thread.Groups["id"].Value))])
        {
            CrashedThread = int.Parse(crash[3], CultureInfo.InvariantCulture),
            // It calls the flags of a 32-bit processor by half their name.
            Registers = Register().Matches(CrashedFrame().Match(text).Value)
                .ToDictionary(
                    register => register.Groups["name"].Value is var name && name == "efl" ? "eflags" : name, register =>
                    Hex(register.Groups["value"].Value)),
            Modules = [.. rows.Where(row => row[0] == "Module")
                .Select(row => new StackwalkModule(row[1], row[4], Hex(row[5]), Hex(row[6]) + 1))],
            Text = text,
        };
    }

    /// <summary>They come by npm, which not everybody has; CI has to.</summary>
    public static void SkipWhereMissing()
    {
        if (!File.Exists(Path.Combine(Repository.Breakpad, "minidump_stackwalk")))
        {
            Assert.False(Prerequisites.AreMandatory, "CI must have minidump_stackwalk: eng/stackwalk");
            Assert.Skip("There is no minidump_stackwalk here: eng/stackwalk brings it where npm is.");
        }
    }

    /// <summary>
    /// Their logs go to standard error. minidump_dump counts it as an error that there is no list of memory regions, which only Windows
    /// writes.
    /// </summary>
    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var result = await HostCommand.Of(Path.Combine(Repository.Breakpad, program), arguments).RunAsync();
        Assert.DoesNotContain(
            result.Errors.Split('\n'),
            line => line.Contains(" ERROR: ", StringComparison.Ordinal)
                && !line.EndsWith("minidump.GetMemoryInfoList() failed", StringComparison.Ordinal));
        Assert.True(result.Code == 0 || program == "minidump_dump", result.ToString());
        return result.Output;
    }

    private static ulong Hex(string text) => ulong.Parse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^MDRawThread\n +thread_id += (?<id>0x[0-9a-f]+)", RegexOptions.Multiline)]
    private static partial Regex ThreadId();

    [GeneratedRegex(@"^Thread \d+ \(crashed\)\n 0 .*\n(?: +.* = 0x.*\n)+", RegexOptions.Multiline)]
    private static partial Regex CrashedFrame();

    [GeneratedRegex(@"(?<name>\w+) = (?<value>0x[0-9a-f]+)")]
    private static partial Regex Register();
}
