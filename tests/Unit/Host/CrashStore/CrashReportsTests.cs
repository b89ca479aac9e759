using CsCheck;
using Microsoft.Extensions.Time.Testing;
using VmTools.Host.CrashStore;
using VmTools.Host.Instance;
using VmTools.Host.Vms;
using VmTools.Protocol;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.CrashStore;

/// <summary>Reports on a real disk: what is kept, what goes, and what an unclean end leaves.</summary>
public sealed class CrashReportsTests : IDisposable
{
    private const string Owner = "0123456789abcdef";
    private const int Block = 4096;

    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 28, 16, 32, 8, TimeSpan.Zero));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private InstanceDirectories Directories => new(_directory.File("run"), _directory.File("state"), _directory.File("image"));

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_oldest_of_a_vm_go_when_it_has_more_than_it_may()
    {
        using var store = Make(new CrashLimits { MaxVmBytes = 6 * Block });

        var first = await AddAsync(store, "dev", dumpBytes: Block);
        var second = await AddAsync(store, "dev", dumpBytes: Block);
        await AddAsync(store, "other", dumpBytes: Block);
        var third = await AddAsync(store, "dev", dumpBytes: (2 * Block) - 1);
        var fourth = await AddAsync(store, "dev", dumpBytes: 1);

        Assert.Equal([third, fourth], Stored("dev"));
        Assert.Single(Stored("other"));
        Assert.All(new[] { first, second }, id => Assert.Empty(Directory.GetFiles(Places("dev").Path, id.Value + ".*")));
    }

    [Fact]
    public async Task The_oldest_of_all_go_when_all_have_more_than_they_may()
    {
        using var store = Make(new CrashLimits { MaxAllBytes = 6 * Block });

        await AddAsync(store, "a", dumpBytes: Block);
        await AddAsync(store, "b", dumpBytes: Block);
        await AddAsync(store, "c", dumpBytes: Block);
        await AddAsync(store, "d", dumpBytes: Block);

        Assert.Equal((0, 1, 1, 1), (Stored("a").Count, Stored("b").Count, Stored("c").Count, Stored("d").Count));
    }

    [Fact]
    public async Task An_entry_of_a_few_bytes_counts_as_a_block()
    {
        using var store = Make(new CrashLimits { MaxVmBytes = 3 * Block });

        for (var number = 0; number < 10; number++)
        {
            await AddAsync(store, "dev", dumpBytes: 0);
        }

        Assert.Equal(3, Stored("dev").Count);
    }

    [Fact]
    public async Task What_an_unclean_end_left_is_cleared_and_files_of_others_are_not()
    {
        using var store = Make(CrashLimits.Default);
        var whole = await AddAsync(store, "dev", dumpBytes: 1);
        var half = CrashId.New(_clock.GetUtcNow());
        var directory = Places("dev").Path;
        await File.WriteAllTextAsync(Places("dev").FileOf(half, CrashDirectory.Dump), "half", Cancel);
        await File.WriteAllTextAsync(Path.Combine(directory, $".{half}.meta.0123456789abcdef"), "being written", Cancel);
        await File.WriteAllTextAsync(Path.Combine(directory, "notes.txt"), "the user's", Cancel);

        store.ClearUnfinished();

        Assert.Equal(
            [$"{whole}.dmp", $"{whole}.meta", "notes.txt"],
            Directory.GetFiles(directory).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_directory_that_is_a_link_is_not_written_to()
    {
        using var store = Make(CrashLimits.Default);
        var elsewhere = Directory.CreateDirectory(_directory.File("elsewhere")).FullName;
        Directory.CreateDirectory(Path.GetDirectoryName(Places("dev").Path)!);
        Directory.CreateSymbolicLink(Places("dev").Path, elsewhere);

        await Assert.ThrowsAnyAsync<IOException>(() => AddAsync(store, "dev", dumpBytes: 1));

        Assert.Empty(Directory.GetFiles(elsewhere));
    }

    [Fact]
    public async Task A_report_without_its_last_line_is_none()
    {
        using var store = Make(CrashLimits.Default);
        var id = await AddAsync(store, "dev", dumpBytes: 1);
        var meta = Places("dev").FileOf(id, CrashDirectory.Meta);
        await File.WriteAllTextAsync(
            meta, (await File.ReadAllTextAsync(meta, Cancel)).Replace("done=1\n", "", StringComparison.Ordinal), Cancel);

        Assert.Empty(Stored("dev"));
    }

    [Fact]
    public void Any_metadata_becomes_lines_that_read_back_as_they_were_written() =>
        Gen.Dictionary(Gen.String, Gen.String)[0, 80].Sample(metadata =>
        {
            var cleaned = CrashMetadata.OfGuest(metadata);
            var fields = cleaned.Fields;
            var id = CrashId.New(_clock.GetUtcNow());
            var path = _directory.File("some.meta");
            File.WriteAllBytes(
                path, cleaned.WithHost(CrashKind.Program, new Cid(33), _clock.GetUtcNow(), "A Host")
                .ToBytes(id, hasDump: false, hasTree: false));

            var read = CrashMetadata.TryRead(path);

            Assert.NotNull(read);
            Assert.Equal("program", read[CrashMetadata.KindKey]);
            Assert.All(fields, field => Assert.Equal(field.Value, read[field.Key]));
            Assert.True(fields.Count <= CrashMetadata.MostFields);
        }, iter: 300, threads: 1);

    [Theory]
    [InlineData("20261128T163208-1a2b3c4d", true)]
    [InlineData("20261128T163208-1A2b3c4d", false)]
    [InlineData("20261328T163208-1a2b3c4d", false)]
    [InlineData("20261128T163208-1a2b3c4", false)]
    [InlineData("../../../etc/passwd-1a2b", false)]
    [InlineData("", false)]
    public void An_id_is_of_our_form_or_none(string text, bool isId) => Assert.Equal(isId, CrashId.TryParse(text, out _));

    private CrashReports Make(CrashLimits limits) => new(Directories, limits, _clock);

    private async Task<CrashId> AddAsync(CrashReports store, string vm, int dumpBytes)
    {
        _clock.Advance(TimeSpan.FromSeconds(1));
        var report = new NewReport
        {
            Metadata = CrashMetadata.OfGuest(new Dictionary<string, string> { ["exec_name"] = "sleep" }),
            Dump = new byte[dumpBytes],
        };
        return (await store.AddAsync(VmId.Parse(Owner, vm), report, Cancel)).Report.Id;
    }

    private CrashDirectory Places(string vm) => CrashDirectory.Of(Directories, VmId.Parse(Owner, vm));

    private List<CrashId> Stored(string vm) =>
        [.. Places(vm).ReportsOf(VmId.Parse(Owner, vm)).Select(report => report.Id).OrderBy(id => id.Value, StringComparer.Ordinal)];
}
