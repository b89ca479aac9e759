using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Host.Cicerone.Vms;
using VmTools.Host.Concierge.Vms;
using VmTools.Host.Vms;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.Cicerone.Vms;

/// <summary>Which VM a client or a guest means, while notices and lists are on their way.</summary>
public sealed class VmLookupTests : IDisposable
{
    private const string Owner = "0123456789abcdef";

    private readonly TemporaryDirectory _directory = new();
    private readonly VmTable _table = new();
    private readonly VmLookup _lookup;

    public VmLookupTests() => _lookup = new VmLookup(_table, new RunningVms(_directory.Path));

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_vm_that_is_known_is_found_by_its_name()
    {
        var vm = new KnownVm(VmId.Parse(Owner, "dev"), new Cid(40)) { Type = VmType.Termina };
        _table.Started(vm);

        Assert.Equal(vm, _lookup.Find(Owner, "dev"));
    }

    [Fact]
    public void A_vm_whose_caller_has_been_answered_is_found_before_its_notice_comes()
    {
        Write(isRunning: true);

        Assert.Equal(new Cid(40), _lookup.Find(Owner, "dev")?.Cid);
    }

    [Fact]
    public void A_vm_that_boots_is_its_guests_to_speak_for_and_nobodys_to_ask()
    {
        Write(isRunning: false);

        Assert.Equal("dev", _lookup.Find(new Cid(40))?.Id.Name.Value);
        Assert.Null(_lookup.Find(Owner, "dev"));
    }

    [Theory]
    [InlineData("", "dev")]
    [InlineData("xyz", "dev")]
    [InlineData(Owner, "")]
    [InlineData(Owner, "a\nb")]
    [InlineData(Owner, "other")]
    [InlineData("ff", "dev")]
    public void What_names_no_vm_finds_none(string owner, string name)
    {
        _table.Started(new KnownVm(VmId.Parse(Owner, "dev"), new Cid(40)));

        Assert.Null(_lookup.Find(owner, name));
    }

    private void Write(bool isRunning) => new VmRecords(_directory.Path, "this-boot", NullLogger.Instance).Write(new VmRecord
    {
        Owner = Owner,
        Name = "dev",
        Cid = 40,
        BootId = "this-boot",
        IsRunning = isRunning,
        ControlSocket = "/none",
        Device = new ProcessRecord(Environment.ProcessId, Processes.StartTimeOf(Environment.ProcessId)!.Value),
    });
}
