using VmTools.Host.CrashStore;
using Xunit;

namespace VmTools.Unit.Host.CrashStore;

/// <summary>Signals in words.</summary>
public sealed class SignalCodesTests
{
    [Theory]
    [InlineData(11, 1, "it used an address that is not mapped", true)]
    [InlineData(11, 128, "the kernel sent it", false)]
    [InlineData(6, -6, "the program or another sent it to this thread, as abort() does", false)]
    [InlineData(8, 1, "it divided an integer by zero", true)]
    [InlineData(11, 0, "a process sent it", false)]
    [InlineData(64, 99, null, false)]
    [InlineData(int.MinValue, int.MaxValue, null, false)]
    public void A_code_says_why_and_whether_the_address_counts(int signal, int code, string? words, bool isAboutAddress)
    {
        Assert.Equal(words, SignalCodes.WordsFor(signal, code));
        Assert.Equal(isAboutAddress, SignalCodes.IsAboutAddress(signal, code));
    }

    [Theory]
    [InlineData(11, "SIGSEGV")]
    [InlineData(4, "SIGILL")]
    [InlineData(0, null)]
    [InlineData(64, null)]
    public void A_number_has_the_name_of_the_manual(int number, string? name) => Assert.Equal(name, SignalCodes.NameOf(number));
}
