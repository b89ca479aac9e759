using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Host.Cicerone.Containers;
using VmTools.Host.Vms;
using VmTools.Linux;
using VmTools.Linux.ProcessControl;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.Cicerone.Containers;

/// <summary>What a restarted vm_cicerone knows of the secrets of running containers.</summary>
public sealed class TokenFileTests : IDisposable
{
    private static readonly VmId Vm = ContainerBench.Dev.Id;
    private static readonly ContainerName Penguin = ContainerBench.Name("penguin");

    private readonly TemporaryDirectory _directory = new();

    public TokenFileTests() => WriteRecord(cid: 40);

    private string Path => _directory.File("tokens.json");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_restarted_one_knows_the_token_of_a_container_that_runs()
    {
        var before = Open();
        before.BeginStart(Vm, Penguin, "secret");
        before.Set(Vm, Penguin, ContainerState.Running);
        before.Register(Vm, Penguin, isRegistered: true);

        var after = Open();

        Assert.True(after.Knows(Vm, Penguin, "secret"));
        Assert.False(after.Knows(Vm, Penguin, "another"));
        var known = after.Find(Vm, Penguin)!;
        Assert.Equal((ContainerState.Running, true, null), (known.State, known.IsRegistered, known.Token));
        after.TryReplace(Vm, after.ChangesOf(Vm), [new ListedContainer(Penguin, ContainerState.Running)]);
        Assert.True(after.Knows(Vm, Penguin, "secret"));
    }

    [Fact]
    public void A_start_that_was_under_way_ends_with_its_token()
    {
        Open().BeginStart(Vm, Penguin, "secret");

        var after = Open();
        after.Set(Vm, Penguin, ContainerState.Running);

        Assert.True(after.Knows(Vm, Penguin, "secret"));
    }

    [Fact]
    public void No_secret_stands_in_the_file_and_nobody_else_reads_it()
    {
        Open().BeginStart(Vm, Penguin, "secret");

        Assert.DoesNotContain("secret", File.ReadAllText(Path), StringComparison.Ordinal);
        Assert.Equal(FileModes.OwnerReadsAndWrites, File.GetUnixFileMode(Path));
    }

    [Fact]
    public void A_container_that_has_ended_leaves_nothing()
    {
        var table = Open();
        table.BeginStart(Vm, Penguin, "secret");
        table.Set(Vm, Penguin, ContainerState.Running);

        table.Set(Vm, Penguin, ContainerState.Stopped);

        Assert.Equal("[]", File.ReadAllText(Path));
        Assert.False(Open().Knows(Vm, Penguin, "secret"));
    }

    [Fact]
    public void Another_run_of_the_VM_knows_none_of_them()
    {
        Open().BeginStart(Vm, Penguin, "secret");
        WriteRecord(cid: 41);

        Assert.False(Open().Knows(Vm, Penguin, "secret"));
        Assert.Equal("[]", File.ReadAllText(Path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("[{\"owner\": \"../x\", \"vm\": \"dev\", \"container\": \"penguin\"}]")]
    [InlineData("[{\"digest\": 7}]")]
    public void A_file_that_is_none_is_as_good_as_empty(string text)
    {
        File.WriteAllText(Path, text);

        Assert.Empty(Open().WithSecrets());
    }

    private ContainerTable Open()
    {
        var table = new ContainerTable();
        new TokenFile(Path, table, new RunningVms(_directory.Path), NullLogger.Instance).Open();
        return table;
    }

    private void WriteRecord(uint cid)
    {
        var record = new VmRecord
        {
            Owner = Vm.Owner.Value,
            Name = Vm.Name.Value,
            Cid = cid,
            BootId = Processes.BootId,
            IsRunning = true,
            ControlSocket = "",
            Device = new ProcessRecord(Environment.ProcessId, Processes.StartTimeOf(Environment.ProcessId)!.Value),
        };
        File.WriteAllText(_directory.File(VmRecord.FileNameOf(Vm)), JsonSerializer.Serialize(record, VmRecordJson.Default.VmRecord));
    }
}
