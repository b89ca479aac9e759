using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Host.Concierge.Vms;
using VmTools.Host.Vms;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.Concierge.Vms;

/// <summary>What a restarted daemon reads: its own records, a later version's, and what a broken disk left.</summary>
public sealed class VmRecordsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_record_is_read_back_as_it_was_written()
    {
        var written = Make().Write(Record("termina"));

        Assert.Equal(written with { Unknown = null }, Make().ReadAll().Single() with { Unknown = null });
    }

    [Fact]
    public void A_record_of_the_first_version_is_read()
    {
        const string Golden = """
            {"schema":1,"owner":"abc","name":"termina","cid":33,"boot_id":"this-boot","is_running":true,"type":0,"memory_mib":512,
             "device":{"pid":4242,"start_time":7},"vmm":{"pid":4243,"start_time":8},"back_end":"qemu","control_socket":"/run/x/control.sock"}
            """;
        File.WriteAllText(_directory.File("abc.dGVybWluYQ==.json"), Golden);

        var record = Make().ReadAll().Single();

        Assert.Equal(new ProcessRecord(4243, 8), record.Vmm);
        Assert.Equal(33u, record.Cid);
        Assert.Equal(512, record.MemoryMiB);
        Assert.True(record.IsRunning);
    }

    [Fact]
    public void Fields_of_a_later_version_survive_a_rewrite()
    {
        Make().Write(Record("termina"));
        var path = Directory.GetFiles(_directory.Path).Single();
        File.WriteAllText(
            path, File.ReadAllText(path).Replace("\"schema\": 1", "\"schema\": 2,\n  \"colour\": \"green\"", StringComparison.Ordinal));

        Make().Write(Make().ReadAll().Single() with { IsRunning = true });

        using var json = JsonDocument.Parse(File.ReadAllText(path));
        Assert.Equal("green", json.RootElement.GetProperty("colour").GetString());
        Assert.Equal(2, json.RootElement.GetProperty("schema").GetInt32());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\0\0\0\0")]
    [InlineData("{\"schema\":1}")]
    public void A_broken_record_is_put_aside_and_the_others_load(string content)
    {
        Make().Write(Record("termina"));
        File.WriteAllText(_directory.File("abc.YnJ1.json"), content);

        var records = Make().ReadAll();

        Assert.Equal("termina", Assert.Single(records).Name);
        Assert.True(File.Exists(_directory.File("abc.YnJ1.json.broken")));
    }

    [Theory]
    [InlineData("\"pid\": 1000", "\"pid\": 1")]
    [InlineData("\"cid\": 32", "\"cid\": 2")]
    [InlineData("\"owner\": \"abc\"", "\"owner\": \"../..\"")]
    [InlineData("\"name\": \"termina\"", "\"name\": \"other\"")]
    public void A_record_that_cannot_be_true_is_put_aside(string from, string to)
    {
        Make().Write(Record("termina"));
        var path = Directory.GetFiles(_directory.Path).Single();
        File.WriteAllText(path, File.ReadAllText(path).Replace(from, to, StringComparison.Ordinal));

        Assert.Empty(Make().ReadAll());
        Assert.True(File.Exists(path + ".broken"));
    }

    private static VmRecord Record(string name) => new()
    {
        Owner = "abc",
        Name = name,
        Cid = 32,
        BootId = "this-boot",
        ControlSocket = "/run/vm.32/control.sock",
        Vmm = new ProcessRecord(1000, 5),
    };

    private VmRecords Make() => new(_directory.Path, "this-boot", NullLogger.Instance);
}
