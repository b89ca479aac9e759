using VmTools.Linux.ProcessControl;
using Xunit;

namespace VmTools.Unit.Linux.ProcessControl;

public sealed class ProgramArgumentsTests
{
    [Fact]
    public void The_first_word_that_is_not_utf8_is_shown_with_its_bytes() =>
        Assert.Equal(@"na\xefve", ProgramArguments.FirstChangedIn([.. "vsh\0w\0--\0na"u8, 0xef, .. "ve\0"u8, 0xff, 0]));

    [Fact]
    public void Words_of_any_language_and_a_real_replacement_character_are_in_order() =>
        Assert.Null(ProgramArguments.FirstChangedIn("vsh\0größe\0漢字\0�\0"u8));

    [Fact]
    public void What_is_shown_cannot_speak_to_the_terminal_and_is_short()
    {
        var shown = ProgramArguments.FirstChangedIn([0x1b, (byte)'[', 0xff, .. Enumerable.Repeat((byte)'a', 100_000)]);

        Assert.StartsWith(@"\x1b[\xffaaa", shown, StringComparison.Ordinal);
        Assert.InRange(shown!.Length, 1, 90);
    }

    [Fact]
    public void Arguments_that_arrived_whole_are_in_order() =>
        Assert.Null(ProgramArguments.FirstChanged(["vsh", "größe", "�"]));
}
