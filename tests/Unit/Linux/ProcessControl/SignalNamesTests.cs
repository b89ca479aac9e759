using VmTools.Linux.ProcessControl;
using Xunit;

namespace VmTools.Unit.Linux.ProcessControl;

public sealed class SignalNamesTests
{
    [Theory]
    [InlineData(4, "SIGILL")]
    [InlineData(7, "SIGBUS")]
    [InlineData(11, "SIGSEGV")]
    [InlineData(31, "SIGSYS")]
    [InlineData(34, "signal 34")]
    public void Signals_have_the_names_of_their_manual(int signal, string name) => Assert.Equal(name, ((Signal)signal).Name());
}
