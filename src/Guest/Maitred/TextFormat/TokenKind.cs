namespace VmTools.Guest.Maitred.TextFormat;

/// <summary>The words of the protobuf text format, as far as our messages need them.</summary>
internal enum TokenKind
{
    End,
    Word,
    Text,
    Symbol,
    Bad,
}
