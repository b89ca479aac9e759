namespace VmTools.Guest.Tremplin.Storage;

/// <summary>The disk on which the host attaches the stock image, known by its serial number.</summary>
internal static class StockDisk
{
    /// <summary>At most 20 characters, which is what a virtio disk has (VIRTIO_BLK_ID_BYTES).</summary>
    public const string Serial = "vmtools-penguin";

    /// <summary>The device; null where the VM has no such disk.</summary>
    public static string? Find() => Find("/sys/block");

    public static string? Find(string blockDevices)
    {
        foreach (var device in Directory.EnumerateDirectories(blockDevices, "vd*"))
        {
            var serial = $"{device}/serial";
            if (File.Exists(serial) && File.ReadAllText(serial).Trim() == Serial)
            {
                return $"/dev/{Path.GetFileName(device)}";
            }
        }

        return null;
    }
}
