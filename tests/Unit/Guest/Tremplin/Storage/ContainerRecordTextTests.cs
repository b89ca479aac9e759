using System.Text;
using VmTools.Guest.Tremplin;
using VmTools.Guest.Tremplin.Storage;
using Xunit;

namespace VmTools.Unit.Guest.Tremplin.Storage;

public sealed class ContainerRecordTextTests
{
    [Fact]
    public void A_record_that_was_written_is_read_again()
    {
        var record = TestContainers.Record() with
        {
            User = TestContainers.User(),
            Release = new OsRelease("Debian GNU/Linux 13 (trixie)", "Debian", "13 (trixie)", "13", "debian"),
        };

        Assert.True(ContainerRecordText.TryParse(record.Name, ContainerRecordText.Of(record), out var read));
        Assert.Equal(record, read);
    }

    [Fact]
    public void A_container_without_a_user_has_none_afterwards()
    {
        Assert.True(ContainerRecordText.TryParse(TestContainers.Name(), ContainerRecordText.Of(TestContainers.Record()), out var read));
        Assert.Null(read.User);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"schema":2,"image":"6e0f8f9a-8a5c-5c3e-9d1f-3f0f5b1c2d3e","first_uid":1000000,"address":"100.115.93.2"}""")]
    [InlineData("""{"schema":1,"image":"../../etc","first_uid":1000000,"address":"100.115.93.2"}""")]
    [InlineData("""{"schema":1,"image":"6e0f8f9a-8a5c-5c3e-9d1f-3f0f5b1c2d3e","first_uid":0,"address":"100.115.93.2"}""")]
    [InlineData("""{"schema":1,"image":"6e0f8f9a-8a5c-5c3e-9d1f-3f0f5b1c2d3e","first_uid":"1000000","address":"100.115.93.2"}""")]
    [InlineData("""{"schema":1,"image":"6e0f8f9a-8a5c-5c3e-9d1f-3f0f5b1c2d3e","first_uid":1000000,"address":"::1"}""")]
    [InlineData("""{"schema":1,"image":"6e0f8f9a-8a5c-5c3e-9d1f-3f0f5b1c2d3e","first_uid":1000000,"address":"x"}""")]
    public void What_is_no_record_of_this_version_is_none(string text) =>
        Assert.False(ContainerRecordText.TryParse(TestContainers.Name(), Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    public void A_record_beyond_its_limit_is_none()
    {
        var text = Encoding.UTF8.GetString(ContainerRecordText.Of(TestContainers.Record())) + new string(' ', ContainerRecordText.MaxBytes);

        Assert.False(ContainerRecordText.TryParse(TestContainers.Name(), Encoding.UTF8.GetBytes(text), out _));
    }
}
