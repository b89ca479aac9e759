using VmTools.Host.Programs;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.Programs;

/// <summary>The doctor and a start look for a program in the same places, because both ask this.</summary>
public sealed class ProgramFinderTests : IDisposable
{
    private const UnixFileMode Executable = UnixFileMode.UserRead | UnixFileMode.UserExecute;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_first_on_the_path_that_can_be_executed_is_found()
    {
        Make("one", "tool", UnixFileMode.UserRead);
        var second = Make("two", "tool", Executable);
        Make("three", "tool", Executable);

        Assert.Equal(second, Finder("one", "two", "three").Find("tool"));
    }

    [Fact]
    public void A_file_that_cannot_be_executed_is_named_where_there_is_nothing_better()
    {
        var only = Make("one", "tool", UnixFileMode.UserRead);

        Assert.Equal(only, Finder("one").Find("tool"));
        Assert.Null(Finder("one").Find("vmtools-no-such-program"));
    }

    [Fact]
    public void Relative_entries_of_the_path_do_not_count() =>
        Assert.Null(new ProgramFinder(name => name == "PATH" ? ".:tests:" : null).Find("VmTools.slnx"));

    [Fact]
    public void A_program_of_another_name_is_taken_from_its_variable_alone()
    {
        Make("one", "slirp4netns", Executable);
        var named = Make("two", "mine", Executable);
        string? Environment(string name) => name == "PATH" ? _directory.File("one") : name == "VMTOOLS_SLIRP4NETNS" ? named : null;

        Assert.Equal(named, HostProgram.Slirp.TryFind(Environment));
        Assert.Null(HostProgram.Slirp.TryFind(name => name == "VMTOOLS_SLIRP4NETNS" ? _directory.File("gone") : Environment(name)));
    }

    private ProgramFinder Finder(params string[] directories) =>
        new(name => name == "PATH" ? string.Join(':', directories.Select(_directory.File)) : null);

    private string Make(string directory, string name, UnixFileMode mode)
    {
        var path = Path.Combine(Directory.CreateDirectory(_directory.File(directory)).FullName, name);
        File.WriteAllText(path, "");
        File.SetUnixFileMode(path, mode);
        return path;
    }
}
