using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Host.Concierge.Vms;
using VmTools.Host.Vms;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.Vms;

/// <summary>The records as programs beside the daemon read them.</summary>
public sealed class RunningVmsTests : IDisposable
{
    private static readonly ProcessRecord Alive = new(Processes.CurrentId, Processes.StartTimeOf(Processes.CurrentId)!.Value);

    private static readonly VmId Demo = VmId.Parse("abc", "demo");

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_running_VM_is_found_by_its_name_and_by_its_CID()
    {
        Write(Record());

        Assert.Equal(new Cid(33), Find(Demo));
        Assert.Equal(Demo, new RunningVms(_directory.Path).Find(new Cid(33)));
    }

    [Fact]
    public void A_VM_that_is_still_starting_has_no_CID_to_call_yet()
    {
        Write(Record() with { IsRunning = false });

        Assert.Null(Find(Demo));
    }

    [Fact]
    public void A_VM_whose_device_has_died_is_none()
    {
        Write(Record() with { Device = Alive with { StartTime = Alive.StartTime + 1 } });

        Assert.Null(Find(Demo));
    }

    [Fact]
    public void The_VM_of_another_owner_is_another_VM()
    {
        Write(Record());

        Assert.Null(Find(VmId.Parse("def", "demo")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"schema":1}""")]
    public void A_broken_record_is_no_VM(string text)
    {
        File.WriteAllText(_directory.File(VmRecord.FileNameOf(Demo)), text);

        Assert.Null(Find(Demo));
        Assert.Null(new RunningVms(_directory.Path).Find(new Cid(33)));
    }

    [Fact]
    public void Without_a_directory_there_is_no_VM()
    {
        Assert.Null(new RunningVms(_directory.File("absent")).Find(Demo));
    }

    private Cid? Find(VmId id) => new RunningVms(_directory.Path).Find(id);

    private void Write(VmRecord record) => new VmRecords(_directory.Path, "this-boot", NullLogger.Instance).Write(record);

    private static VmRecord Record() => new()
    {
        Owner = "abc",
        Name = "demo",
        Cid = 33,
        BootId = "this-boot",
        IsRunning = true,
        Device = Alive,
        ControlSocket = "/run/x/control.sock",
    };
}
