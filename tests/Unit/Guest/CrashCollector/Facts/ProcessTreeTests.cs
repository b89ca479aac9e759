using VmTools.Guest.CrashCollector.Facts;
using Xunit;

namespace VmTools.Unit.Guest.CrashCollector.Facts;

public sealed class ProcessTreeTests : IDisposable
{
    private readonly FakeProc _proc = new();

    public void Dispose() => _proc.Dispose();

    [Fact]
    public void The_tree_goes_from_the_process_to_its_ancestors()
    {
        _proc.Add(1, parent: 0, name: "maitred");
        _proc.Add(30, parent: 1, name: "shell");
        _proc.Add(40, parent: 30);

        var tree = ProcessTree.Read(_proc.Root, 40);

        Assert.Equal(
            ["### Process 40", "### Process 30", "### Process 1"],
            tree.Split('\n').Where(line => line.StartsWith("###", StringComparison.Ordinal)));
        Assert.Contains("cmdline: /usr/bin/victim --flag\nName:\tvictim\n", tree, StringComparison.Ordinal);
    }

    [Fact]
    public void Eight_generations_are_enough()
    {
        for (var pid = 1; pid <= 20; pid++)
        {
            _proc.Add(pid, parent: pid - 1);
        }

        var tree = ProcessTree.Read(_proc.Root, 20);

        Assert.Equal(8, tree.Split("### Process").Length - 1);
    }

    [Fact]
    public void A_circle_of_parents_ends()
    {
        _proc.Add(40, parent: 40);

        Assert.Equal(8, ProcessTree.Read(_proc.Root, 40).Split("### Process").Length - 1);
    }

    [Fact]
    public void A_command_line_forges_no_line_and_has_an_end()
    {
        _proc.Add(40, parent: 0);
        _proc.Write("40/cmdline", "x\n### Process 1\0" + new string('y', 100_000));

        var tree = ProcessTree.Read(_proc.Root, 40);

        Assert.Contains("cmdline: x ### Process 1 yyy", tree, StringComparison.Ordinal);
        Assert.InRange(tree.Length, 1000, 3000);
    }

    [Fact]
    public void A_process_that_is_gone_has_no_tree() => Assert.Equal("", ProcessTree.Read(_proc.Root, 40));

    [Fact]
    public void The_real_tree_of_ourselves_has_our_parent()
    {
        var tree = ProcessTree.Read("/proc", Environment.ProcessId);

        Assert.InRange(tree.Split("### Process").Length - 1, 2, 8);
        Assert.InRange(tree.Length, 300, 100_000);
    }
}
