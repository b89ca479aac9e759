using System.Globalization;
using VmTools.Unit.Protocol.Fakes;

namespace VmTools.Unit.Guest.CrashCollector.Facts;

/// <summary>A /proc of ordinary files and links, as much of it as collectors look at.</summary>
internal sealed class FakeProc : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public FakeProc()
    {
        File.WriteAllText(PathOf("cpuinfo"), "processor : 0\n");
        File.WriteAllText(PathOf("uptime"), "1000.50 900.00\n");
        AddNameSpaces("self", "4026531836", "4026531837");
    }

    public string Root => _scratch.Path;

    public string PathOf(string name) => _scratch.PathOf(name);

    /// <summary>A process with one thread, whose name is the process's.</summary>
    public void Add(int pid, int parent, string name = "victim", string pidSpace = "4026531836", string? innerIds = null)
    {
        var directory = Directory.CreateDirectory(PathOf(pid.ToString(CultureInfo.InvariantCulture))).FullName;
        var status = $"Name:\t{name}\nPid:\t{pid}\nPPid:\t{parent}\nNSpid:\t{innerIds ?? pid.ToString(CultureInfo.InvariantCulture)}\n";
        foreach (var place in new[] { directory, Directory.CreateDirectory($"{directory}/task/{pid}").FullName })
        {
            File.WriteAllText($"{place}/status", status);
            File.WriteAllText($"{place}/cmdline", $"/usr/bin/{name}\0--flag\0");
            File.WriteAllText($"{place}/comm", $"{name}\n");
            File.WriteAllText($"{place}/environ", "HOME=/root\0TOKEN=secret\0");
            File.WriteAllText($"{place}/maps", "");
            File.WriteAllText($"{place}/auxv", "auxv");
            File.WriteAllText($"{place}/stat", $"{pid} ({name}) S {parent} 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 40050 0 0\n");
            File.CreateSymbolicLink($"{place}/exe", $"/usr/bin/{name}");
        }

        AddNameSpaces($"{pid}/task/{pid}", pidSpace, "4026531837");
    }

    public void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(path))!);
        File.WriteAllText(PathOf(path), text);
    }

    public void Dispose() => _scratch.Dispose();

    private void AddNameSpaces(string process, string pidSpace, string userSpace)
    {
        Directory.CreateDirectory(PathOf($"{process}/ns"));
        File.CreateSymbolicLink(PathOf($"{process}/ns/pid"), $"pid:[{pidSpace}]");
        File.CreateSymbolicLink(PathOf($"{process}/ns/user"), $"user:[{userSpace}]");
    }
}
