using System.Text;
using VmTools.Guest.Tremplin.Unpack;
using VmTools.Protocol;
using Xunit;

namespace VmTools.Unit.Guest.Tremplin.Unpack;

/// <summary>Tars as bytes.</summary>
public sealed class TarReaderTests
{
    [Fact]
    public void Entries_come_in_order_with_what_stands_in_their_headers()
    {
        var tar = Reader(new TarBytes().Directory("etc/").File("etc/issue", "hello", 0x9ED).Link("lib", "usr/lib").End());

        Assert.True(tar.TryNext());
        Assert.Equal(("etc/", TarKind.Directory), (tar.Entry.Name, tar.Entry.Kind));
        Assert.True(tar.TryNext());
        Assert.Equal(
            (TarKind.File, (UnixFileMode)0x9ED, 5L, 1_700_000_000L),
            (tar.Entry.Kind, tar.Entry.Mode, tar.Entry.Length, tar.Entry.Changed));
        Assert.Equal("hello", ContentOf(tar));
        Assert.True(tar.TryNext());
        Assert.Equal((TarKind.SymbolicLink, "usr/lib"), (tar.Entry.Kind, tar.Entry.Target));
        Assert.False(tar.TryNext());
    }

    [Fact]
    public void Extended_headers_give_names_numbers_and_attributes_of_any_bytes()
    {
        byte[] capability = [1, 0, 0, 2, 0, 0x20, 0, 0, 0xFF, (byte)'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        var name = new string('d', 200) + "/" + new string('f', 200);
        var bytes = new TarBytes()
            .Pax(
                ("path", Encoding.UTF8.GetBytes(name)), ("uid", "1000"u8.ToArray()), ("mtime", "12.5"u8.ToArray()),
                ("SCHILY.xattr.security.capability", capability))
            .File("short", "x").File("next", "y").End();
        var tar = Reader(bytes);

        Assert.True(tar.TryNext());
        Assert.Equal((name, 1000UL, 12L, 500_000_000), (tar.Entry.Name, tar.Entry.Uid, tar.Entry.Changed, tar.Entry.ChangedNanoseconds));
        var attribute = Assert.Single(tar.Entry.Attributes);
        Assert.Equal("security.capability", attribute.Key);
        Assert.Equal(capability, attribute.Value);
        Assert.True(tar.TryNext());
        Assert.Equal(("next", 0), (tar.Entry.Name, tar.Entry.Attributes.Count));
    }

    [Fact]
    public void A_long_name_of_GNUs_is_for_the_next_entry()
    {
        var name = new string('n', 300);
        var tar = Reader(new TarBytes().Add("././@LongLink", 'L', "", Encoding.ASCII.GetBytes(name + '\0')).File("cut", "x").End());

        Assert.True(tar.TryNext());
        Assert.Equal(name, tar.Entry.Name);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(700)]
    [InlineData(1030)]
    public void A_tar_that_is_cut_off_is_refused(int length)
    {
        var bytes = new TarBytes().File("a", new string('x', 600)).File("b", "y").End()[..length];

        Assert.Throws<VmToolsException>(() => ReadAll(Reader(bytes)));
        Assert.Throws<VmToolsException>(() => ReadAll(new TarReader(new OneWay(bytes))));
    }

    [Fact]
    public void Bytes_that_are_no_tar_are_refused()
    {
        var failure = Assert.Throws<VmToolsException>(() => ReadAll(Reader(Encoding.ASCII.GetBytes(new string('#', 2000)))));

        Assert.Equal(ErrorKind.InvalidArgument, failure.Kind);
    }

    [Theory]
    [InlineData("5 a=b\n")]
    [InlineData("99 path=x\n")]
    [InlineData("9 path=x ")]
    [InlineData("path=x\n")]
    [InlineData("7 =abc\n")]
    public void Records_that_are_not_whole_are_refused(string record)
    {
        var bytes = new TarBytes().Add("pax", 'x', "", Encoding.ASCII.GetBytes(record)).File("a", "b").End();

        Assert.Throws<VmToolsException>(() => ReadAll(Reader(bytes)));
    }

    [Fact]
    public void Changed_tars_end_in_a_refusal_or_at_their_end()
    {
        var bytes = new TarBytes().Pax(("path", "abc"u8.ToArray())).File("a", "b").Link("l", "t").HardLink("h", "a").End();
        var random = new Random(11);
        for (var round = 0; round < 3000; round++)
        {
            var changed = bytes.ToArray();
            for (var times = 0; times < 4; times++)
            {
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            }

            if (Record.Exception(() => ReadAll(new TarReader(new OneWay(changed)))) is { } failure)
            {
                Assert.IsType<VmToolsException>(failure);
            }
        }
    }

    [Theory]
    [InlineData(new long[] { 0, 10, 100, 5, 200, 0 }, 200, 15, true)]
    [InlineData(new long[] { 0, 10, 5, 5 }, 200, 15, false)]
    [InlineData(new long[] { 190, 20 }, 200, 20, false)]
    [InlineData(new long[] { 0, 10 }, 200, 11, false)]
    [InlineData(new long[] { 0, -1 }, 200, -1, false)]
    [InlineData(new long[] { long.MaxValue, 1 }, long.MaxValue, 1, false)]
    [InlineData(new long[] { 0, 1, 2 }, 200, 1, false)]
    public void Pieces_of_a_sparse_file_lie_apart_and_within_it(long[] numbers, long length, long stored, bool isRight) =>
        Assert.Equal(isRight, SparseMap.TryRead(numbers, length, stored, out _));

    [Theory]
    [InlineData("./usr//bin/.", "usr/bin")]
    [InlineData("/etc/passwd", "etc/passwd")]
    [InlineData("./", "")]
    [InlineData("a/../b", null)]
    [InlineData("..", null)]
    [InlineData("a\0b", null)]
    [InlineData("..a/b..", "..a/b..")]
    public void A_name_stays_within_the_tree(string name, string? clean) =>
        Assert.Equal(clean, TarName.TryRead(name, out var read) ? read : null);

    private static TarReader Reader(byte[] bytes) => new(new MemoryStream(bytes));

    private static void ReadAll(TarReader tar)
    {
        while (tar.TryNext())
        {
            ContentOf(tar);
        }
    }

    private static string ContentOf(TarReader tar)
    {
        var content = new MemoryStream();
        var buffer = new byte[100];
        while (tar.Read(buffer) is > 0 and var count)
        {
            content.Write(buffer, 0, count);
        }

        return Encoding.UTF8.GetString(content.ToArray());
    }

    /// <summary>A stream as a pipe is: without a length, and never all at once.</summary>
    private sealed class OneWay(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, 77)]);
    }
}
