using VmTools.Crash.Conversion;
using VmTools.Crash.Cores;
using VmTools.Crash.Minidumps;
using VmTools.Unit.Crash.Fakes;
using Xunit;

namespace VmTools.Unit.Crash.Conversion;

/// <summary>Which mapped files are modules, and how far each reaches.</summary>
public sealed class ModuleFinderTests
{
    private readonly CoreBuilder _builder = new(CoreMachine.X64);

    public ModuleFinderTests() => _builder.AddThread(1, 11, stack: 0, code: 0);

    [Fact]
    public void The_program_comes_first_wherever_it_lies()
    {
        _builder.AddNote("CORE", 6, _builder.Words(9, 0x9010));
        Map(("/lib/a.so", 0x1000, 0), ("/bin/prog", 0x9000, 0));

        Assert.Equal(["/bin/prog", "/lib/a.so"], Modules().Select(module => module.Path));
    }

    [Fact]
    public void Without_the_place_where_the_program_begins_its_path_tells_which_one_it_is()
    {
        Map(("/lib/a.so", 0x1000, 0), ("/bin/prog", 0x9000, 0));

        Assert.Equal("/bin/prog", Modules(new ProcessFacts { Executable = "/bin/prog (deleted)" })[0].Path);
    }

    [Fact]
    public void A_deleted_file_keeps_its_name_and_build_id()
    {
        Map(("/bin/prog (deleted)", 0x1000, 0));

        Assert.Equal(new MinidumpModule("/bin/prog", 0x1000, 0x1000, "0102"), Assert.Single(Modules()));
    }

    [Fact]
    public void A_file_that_is_mapped_twice_is_two_modules()
    {
        Map(("/lib/a.so", 0x1000, 0), ("/lib/a.so", 0x2000, 1), ("/lib/a.so", 0x8000, 0));

        Assert.Equal([(0x1000UL, 0x2000UL), (0x8000UL, 0x1000UL)], Modules().Select(module => (module.Start, module.Size)));
    }

    [Fact]
    public void A_small_file_whose_data_begins_in_its_first_page_is_one_module()
    {
        Map(("/lib/a.so", 0x1000, 0), ("/lib/a.so", 0x2000, 0));

        Assert.Equal(0x2000UL, Assert.Single(Modules()).Size);
    }

    [Fact]
    public void A_file_that_is_only_read_is_no_module()
    {
        _builder.AddNote("CORE", 0x46494c45, _builder.FilesNote((0x1000, 0x2000, 0, "/usr/lib/locale/locale-archive")));
        _builder.AddMemory(0x1000, [], flags: 4, size: 0x1000);

        Assert.Empty(Modules());
    }

    [Fact]
    public void A_file_that_begins_elsewhere_in_memory_than_at_its_first_page_is_a_module_from_there()
    {
        _builder.AddNote("CORE", 0x46494c45, _builder.FilesNote((0x5000, 0x6000, 7, "/data/app.apk")));
        _builder.AddMemory(0x5000, [], flags: 5, size: 0x1000);

        Assert.Equal(new MinidumpModule("/data/app.apk", 0x5000, 0x1000, ""), Assert.Single(Modules()));
    }

    [Fact]
    public void A_build_id_that_is_not_in_the_core_is_read_from_the_mapped_file()
    {
        _builder.AddNote("CORE", 0x46494c45, _builder.FilesNote((0x5000, 0x6000, 0, "/bin/prog")));
        _builder.AddMemory(0x5000, [], flags: 5, size: 0x1000);
        var file = _builder.Image([0xfe, 0xed], 0x1000);

        var modules = Modules(new ProcessFacts { ReadMappedFile = (path, start) => (path, start) == ("/bin/prog", 0x5000) ? file : null });

        Assert.Equal("feed", Assert.Single(modules).BuildId);
    }

    [Fact]
    public void The_kernels_library_is_a_module_and_in_memory()
    {
        _builder.AddNote("CORE", 6, _builder.Words(33, 0x7fff_0000));
        _builder.AddMemory(0x7fff_0000, [.. _builder.Image([0xcc], 0x2000), .. new byte[0x1000]], flags: 5);

        var dump = Converted.From(_builder.Build()).Dump;

        Assert.Equal(new MinidumpModule("linux-gate.so", 0x7fff_0000, 0x2000, "cc"), Assert.Single(dump.Modules));
        Assert.True(dump.TryReadMemory(0x7fff_0000, new byte[0x2000]));
    }

    [Fact]
    public void Without_the_core_s_own_list_the_mappings_of_proc_count()
    {
        _builder.AddMemory(0x1000, _builder.Image([1, 2], 0x1000), flags: 5);

        var modules = Modules(
            new ProcessFacts { Maps = "1000-2000 r-xp 00000000 fe:00 12   /opt/my prog\n2000-3000 rw-p 0 00:00 0\nbad\n"u8.ToArray() });

        Assert.Equal(("/opt/my prog", "0102"), (Assert.Single(modules).Path, modules[0].BuildId));
    }

    private void Map(params (string File, ulong Start, ulong Page)[] files)
    {
        _builder.AddNote(
            "CORE", 0x46494c45, _builder.FilesNote([.. files.Select(file => (file.Start, file.Start + 0x1000, file.Page, file.File))]));
        foreach (var (_, start, page) in files)
        {
            _builder.AddMemory(start, page == 0 ? _builder.Image([1, 2], 0x2000) : [], flags: 5, size: 0x1000);
        }
    }

    private IReadOnlyList<MinidumpModule> Modules(ProcessFacts? facts = null) => Converted.From(_builder.Build(), facts).Dump.Modules;
}
