using System.Buffers;
using System.Text;
using EcgData.Signals;
using EcgData.Sources;

namespace EcgData.Ingest;

/// <summary>
/// A catalogue entry as bytes: what the spool holds and what input digests cover. Every field of the entry is in it, so a
/// changed label is a changed digest.
/// </summary>
internal static class EntryCodec
{
    private const int TextsBeforeLabels = 6;
    private const int NumbersBeforeLabels = 3;

    public static void Write(IBufferWriter<byte> output, CatalogueEntry entry)
    {
        Text(output, entry.NativeId);
        Text(output, entry.PatientId);
        Text(output, entry.Folder);
        Text(output, entry.Site);
        Text(output, entry.Recorded);
        Text(output, entry.Sex);
        Number(output, entry.AgeYears is { } age ? BitConverter.SingleToInt32Bits(age) : long.MinValue);
        Number(output, entry.Fold ?? long.MinValue);
        Number(output, entry.Position);
        Number(output, entry.Labels.Count);
        foreach (var label in entry.Labels)
        {
            Text(output, label.Code);
            Number(output, BitConverter.SingleToInt32Bits(label.Weight));
        }

        Number(output, entry.Files.Count);
        foreach (var file in entry.Files)
        {
            Text(output, file.Path);
            Text(output, file.Sha256);
            Number(output, file.IsContainer ? 1 : 0);
        }

        Number(output, entry.Rejection is { } rejection ? (int)rejection.Reason : -1);
        if (entry.Rejection is not null) Text(output, entry.Rejection.Message);
    }

    public static CatalogueEntry Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new Reader(bytes);
        var entry = new CatalogueEntry
        {
            NativeId = reader.Text()!,
            PatientId = reader.Text(),
            Folder = reader.Text()!,
            Site = reader.Text(),
            Recorded = reader.Text(),
            Sex = reader.Text(),
            AgeYears = reader.Number() is var age && age == long.MinValue ? null : BitConverter.Int32BitsToSingle((int)age),
            Fold = reader.Number() is var fold && fold == long.MinValue ? null : (int)fold,
            Position = reader.Number(),
            Labels = Labels(ref reader),
            Files = Files(ref reader),
        };
        var reason = reader.Number();
        return reason < 0 ? entry : entry with { Rejection = new Rejection((RejectionReason)reason, reader.Text()!) };
    }

    /// <summary>The files alone of an entry: whoever asks whether anything has changed needs no more of it.</summary>
    public static RecordFile[] ReadFiles(ReadOnlySpan<byte> bytes)
    {
        var reader = new Reader(bytes);
        for (var text = 0; text < TextsBeforeLabels; text++) reader.SkipText();
        for (var number = 0; number < NumbersBeforeLabels; number++) reader.Number();
        for (var labels = reader.Number(); labels > 0; labels--)
        {
            reader.SkipText();
            reader.Number();
        }

        return Files(ref reader);
    }

    private static Label[] Labels(ref Reader reader)
    {
        var labels = new Label[reader.Number()];
        for (var index = 0; index < labels.Length; index++)
            labels[index] = new Label(reader.Text()!, BitConverter.Int32BitsToSingle((int)reader.Number()));
        return labels;
    }

    private static RecordFile[] Files(ref Reader reader)
    {
        var files = new RecordFile[reader.Number()];
        for (var index = 0; index < files.Length; index++)
            files[index] = new RecordFile(reader.Text()!, reader.Text(), reader.Number() == 1);
        return files;
    }

    private static void Text(IBufferWriter<byte> output, string? text)
    {
        if (text is null)
        {
            Number(output, -1);
            return;
        }

        var length = Encoding.UTF8.GetByteCount(text);
        Number(output, length);
        Encoding.UTF8.GetBytes(text, output.GetSpan(Math.Max(length, 1)));
        output.Advance(length);
    }

    /// <summary>A zigzag number of variable length: most are one byte.</summary>
    private static void Number(IBufferWriter<byte> output, long value)
    {
        var rest = (ulong)value << 1 ^ (ulong)(value >> 63);
        var span = output.GetSpan(10);
        var length = 0;
        for (; rest >= 0x80; rest >>= 7) span[length++] = (byte)(rest | 0x80);
        span[length++] = (byte)rest;
        output.Advance(length);
    }

    private ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        private readonly ReadOnlySpan<byte> _bytes = bytes;
        private int _position;

        public long Number()
        {
            ulong value = 0;
            for (var shift = 0; ; shift += 7)
            {
                var next = _bytes[_position++];
                value |= (ulong)(next & 0x7F) << shift;
                if (next < 0x80) return (long)(value >> 1) ^ -(long)(value & 1);
            }
        }

        public void SkipText()
        {
            var length = (int)Number();   // first, for it moves the position too
            _position += Math.Max(0, length);
        }

        public string? Text()
        {
            var length = (int)Number();
            if (length < 0) return null;
            var text = Encoding.UTF8.GetString(_bytes.Slice(_position, length));
            _position += length;
            return text;
        }
    }
}
