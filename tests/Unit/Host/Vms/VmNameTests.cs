using CsCheck;
using VmTools.Host.Instance;
using VmTools.Host.Vms;
using VmTools.Protocol;
using Xunit;

namespace VmTools.Unit.Host.Vms;

/// <summary>Names and owners from outside: what is taken, and what file names become of it.</summary>
public sealed class VmNameTests
{
    [Theory]
    [InlineData("termina", "dGVybWluYQ==")]
    [InlineData("bru", "YnJ1")]
    [InlineData("foo", "Zm9v")]
    [InlineData("../../etc", "Li4vLi4vZXRj")]
    [InlineData("with space", "d2l0aCBzcGFjZQ==")]
    [InlineData(".", "Lg==")]
    [InlineData("..", "Li4=")]
    [InlineData("--mem=2G", "LS1tZW09Mkc=")]
    public void A_name_becomes_a_file_name_as_base64url_with_padding(string name, string fileName)
    {
        Assert.True(VmName.TryParse(name, out var parsed));

        Assert.Equal(fileName, parsed.FileName);
    }

    [Fact]
    public void Every_name_is_read_back_from_its_file_name()
    {
        Gen.String[1, 15].Sample(text =>
        {
            if (VmName.TryParse(text, out var name) && name.Value.All(unit => !char.IsSurrogate(unit)))
            {
                Assert.True(VmName.TryFromFileName(name.FileName, out var back));
                Assert.Equal(name, back);
                Assert.True(VmName.TryFromFileName(name.FileName.TrimEnd('='), out back));
                Assert.Equal(name, back);
                Assert.DoesNotContain('/', name.FileName);
            }
        });
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    [InlineData("a\u001b[31mb")]
    [InlineData("a\u009bb")]
    [InlineData("a\u2028b")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890")]
    [InlineData("éééééééééééééééééééééééééééééée")]
    public void A_name_that_is_empty_too_long_or_holds_a_control_character_is_refused(string name)
    {
        var error = Assert.Throws<VmToolsException>(() => VmId.Parse("abc", name));

        Assert.Equal(ErrorKind.InvalidArgument, error.Kind);
        Assert.Contains("60 bytes", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("../x")]
    [InlineData("xyz")]
    [InlineData("abc/def")]
    public void An_owner_is_hexadecimal_digits_only(string owner)
    {
        var error = Assert.Throws<VmToolsException>(() => VmId.Parse(owner, "termina"));

        Assert.Contains("hexadecimal", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_users_owner_id_is_always_the_same_and_valid()
    {
        var owner = OwnerId.ForUser(1000);

        Assert.Equal(40, owner.Value.Length);
        Assert.True(OwnerId.TryParse(owner.Value, out var parsed));
        Assert.Equal(owner, parsed);
        Assert.NotEqual(owner, OwnerId.ForUser(1001));
    }

    [Theory]
    [InlineData("not base64!")]
    [InlineData("")]
    [InlineData("A")]
    public void A_file_name_that_is_not_ours_is_not_a_name(string fileName)
    {
        Assert.False(VmName.TryFromFileName(fileName, out _));
    }
}
