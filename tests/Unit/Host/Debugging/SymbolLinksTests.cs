using VmTools.Crash.Cores;
using VmTools.Host.Debugging;
using VmTools.Unit.Crash.Fakes;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.Debugging;

/// <summary>
/// Which files stand where a debugger looks for the modules of a minidump; its program is /bin/prog of build id abcdef01.
/// </summary>
public sealed class SymbolLinksTests : IDisposable
{
    private static readonly byte[] BuildId = [0xab, 0xcd, 0xef, 0x01];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("any.name")]
    [InlineData(".build-id/ab/cdef01.debug")]
    [InlineData(".build-id/ab/cdef01")]
    public void A_file_of_the_build_id_is_found_under_the_name_of_the_program(string name)
    {
        var file = Put(name, BuildId);

        using var links = LinksOf(new SymbolPaths(null, [_directory.Path]));

        Assert.Equal(file, TargetOf(Path.Combine(Assert.Single(links.Programs), "prog")));
        Assert.Equal(file, TargetOf(Path.Combine(links.DebugFiles, ".build-id/ab/cdef01.debug")));
    }

    [Fact]
    public void A_file_may_be_named_itself()
    {
        var file = Put("any.name", BuildId);

        using var links = LinksOf(new SymbolPaths(null, [file]));

        Assert.Equal(file, TargetOf(Path.Combine(Assert.Single(links.Programs), "prog")));
    }

    [Fact]
    public void The_debug_files_of_a_copy_of_the_machine_are_found()
    {
        var file = Put("usr/lib/debug/.build-id/ab/cdef01.debug", BuildId);

        using var links = LinksOf(new SymbolPaths(_directory.Path, []));

        Assert.Equal(file, TargetOf(Path.Combine(Assert.Single(links.Programs), "prog")));
    }

    [Theory]
    [InlineData("prog")]
    [InlineData(".build-id/ab/cdef01.debug")]
    public void A_file_of_another_build_id_counts_nowhere(string name)
    {
        Put(name, [0xab, 0xcd, 0xef, 0x02]);

        using var links = LinksOf(new SymbolPaths(null, [_directory.Path]));

        Assert.Empty(links.Programs);
        Assert.Empty(Directory.EnumerateFileSystemEntries(links.DebugFiles));
    }

    [Fact]
    public void A_program_in_its_own_place_is_left_there_and_its_debug_file_is_found()
    {
        Put("bin/prog", BuildId);
        var debugFile = Put("symbols/prog.debug", BuildId, hasCode: false);

        using var links = LinksOf(new SymbolPaths(_directory.Path, [_directory.File("symbols")]));

        Assert.Empty(links.Programs);
        Assert.Equal(debugFile, TargetOf(Path.Combine(links.DebugFiles, ".build-id/ab/cdef01.debug")));
    }

    [Fact]
    public void A_program_goes_before_its_debug_file()
    {
        var debugFile = Put("a.debug", BuildId, hasCode: false);
        var program = Put("b", BuildId);

        using var links = LinksOf(new SymbolPaths(null, [_directory.Path]));

        Assert.Equal(program, TargetOf(Path.Combine(Assert.Single(links.Programs), "prog")));
        Assert.Equal(debugFile, TargetOf(Path.Combine(links.DebugFiles, ".build-id/ab/cdef01.debug")));
    }

    [Theory]
    [InlineData("/bin/..")]
    [InlineData("/bin/")]
    public void A_name_that_no_file_can_have_gets_no_link(string path)
    {
        Put("any.name", BuildId);

        using var links = LinksOf(new SymbolPaths(null, [_directory.Path]), path);

        Assert.Empty(links.Programs);
    }

    [Fact]
    public async Task A_pipe_among_the_files_is_not_waited_for()
    {
        using var maker = System.Diagnostics.Process.Start("mkfifo", [_directory.File("pipe")]);
        await maker.WaitForExitAsync(TestContext.Current.CancellationToken);

        using var links = LinksOf(new SymbolPaths(null, [_directory.Path]));

        Assert.Empty(links.Programs);
    }

    [Fact]
    public void Nothing_of_them_is_left()
    {
        var file = Put("any.name", BuildId);
        var links = LinksOf(new SymbolPaths(null, [_directory.Path]));

        links.Dispose();

        Assert.False(Directory.Exists(links.DebugFiles));
        Assert.True(File.Exists(file));
    }

    private static SymbolLinks LinksOf(SymbolPaths places, string path = "/bin/prog") =>
        SymbolLinks.Of(Converted.From(CoreBuilder.Crashed(program: path).Build()).Dump, places, Path.GetTempPath());

    private static string? TargetOf(string link) => new FileInfo(link).LinkTarget;

    private string Put(string name, byte[] buildId, bool hasCode = true)
    {
        var path = _directory.File(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, new CoreBuilder(CoreMachine.X64).Image(buildId, span: 0x1000, hasCode));
        return path;
    }
}
