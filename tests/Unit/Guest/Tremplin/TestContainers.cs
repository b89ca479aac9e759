using System.Net;
using VmTools.Guest.Tremplin;

namespace VmTools.Unit.Guest.Tremplin;

/// <summary>Containers for tests that do not care which.</summary>
internal static class TestContainers
{
    public static readonly Guid Image = Guid.Parse("6e0f8f9a-8a5c-5c3e-9d1f-3f0f5b1c2d3e");

    public static ContainerName Name(string text = "penguin") =>
        ContainerName.TryParse(text, out var name) ? name : throw new ArgumentException(text, nameof(text));

    public static UserName User(string text = "ann") =>
        UserName.TryParse(text, out var name) ? name : throw new ArgumentException(text, nameof(text));

    public static ContainerRecord Record(string name = "penguin") => new()
    {
        Name = Name(name),
        Image = Image,
        Ids = UidRange.LowestFree([])!.Value,
        Address = IPAddress.Parse("100.115.93.2"),
    };
}
