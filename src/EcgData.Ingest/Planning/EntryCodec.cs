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
    private const int TextsBeforeLabels = 7;
    private const int NumbersBeforeLabels = 3;
    private const int MostNumberBytes = 10;
    private const int MostBytesOfCharacter = 3;   // a pair of surrogates takes four

    public static void Write(IBufferWriter<byte> output, CatalogueEntry entry)
    {
        var writer = new Writer(output);
        writer.Text(entry.NativeId);
        writer.Text(entry.PatientId);
        writer.Text(entry.Folder);
        writer.Text(entry.Neighbourhood);
        writer.Text(entry.Site);
        writer.Text(entry.Recorded);
        writer.Text(entry.Sex);
        writer.Number(entry.AgeYears is { } age ? BitConverter.SingleToInt32Bits(age) : long.MinValue);
        writer.Number(entry.Fold ?? long.MinValue);
        writer.Number(entry.Position);
        writer.Labels(entry.Labels);
        if (entry.Files is WfdbFilePair pair) writer.Files(pair);
        else writer.Files(entry.Files);
        writer.Number(entry.Rejection is { } rejection ? (int)rejection.Reason : -1);
        if (entry.Rejection is not null) writer.Text(entry.Rejection.Message);
        writer.Finish();
    }

    public static CatalogueEntry Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new Reader(bytes);
        var entry = new CatalogueEntry
        {
            NativeId = reader.Text()!,
            PatientId = reader.Text(),
            Folder = reader.Text()!,
            Neighbourhood = reader.Text()!,
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

    /// <summary>The files alone of an entry, without a text made of them: whoever asks whether anything has changed needs no more of it.</summary>
    public static FilesOfEntry FilesOf(ReadOnlySpan<byte> bytes)
    {
        var reader = new Reader(bytes);
        for (var text = 0; text < TextsBeforeLabels; text++) reader.Utf8();
        for (var number = 0; number < NumbersBeforeLabels; number++) reader.Number();
        for (var labels = reader.Number(); labels > 0; labels--)
        {
            reader.Utf8();
            reader.Number();
        }

        return new FilesOfEntry(reader);
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

    /// <summary>The files of an entry, one after the other.</summary>
    public ref struct FilesOfEntry
    {
        private Reader _reader;
        private long _left;

        internal FilesOfEntry(Reader reader)
        {
            _reader = reader;
            _left = _reader.Number();
        }

        /// <summary>UTF-8.</summary>
        public ReadOnlySpan<byte> Path { get; private set; }

        public bool IsPublished { get; private set; }

        public bool IsContainer { get; private set; }

        /// <summary>The published SHA-256 as UTF-8, empty where there is none.</summary>
        public ReadOnlySpan<byte> Sha256 { get; private set; }

        /// <returns>False behind the last.</returns>
        public bool Next()
        {
            if (_left-- <= 0) return false;
            Path = _reader.Utf8();
            IsPublished = !_reader.IsNull;
            Sha256 = _reader.Utf8();
            IsContainer = _reader.Number() == 1;
            return true;
        }

        public readonly RecordFile ToFile() =>
            new(Encoding.UTF8.GetString(Path), IsPublished ? Encoding.UTF8.GetString(Sha256) : null, IsContainer);
    }

    private ref struct Writer(IBufferWriter<byte> output)
    {
        private const int UsualBytes = 1024;

        private Span<byte> _bytes = output.GetSpan(UsualBytes);
        private int _count;

        public void Labels(IReadOnlyList<Label> labels)
        {
            Number(labels.Count);
            if (labels is Label[] array)
                foreach (ref readonly var label in array.AsSpan()) Label(label);
            else
                foreach (var label in labels) Label(label);
        }

        public void Files(IReadOnlyList<RecordFile> files)
        {
            Number(files.Count);
            for (var index = 0; index < files.Count; index++)
            {
                var file = files[index];
                Text(file.Path);
                Text(file.Sha256);
                Number(file.IsContainer ? 1 : 0);
            }
        }

        /// <summary>The same bytes, without the texts.</summary>
        public void Files(WfdbFilePair files)
        {
            Number(files.Count);
            for (var index = 0; index < files.Count; index++)
            {
                var stem = files.Stem;
                var extension = WfdbFilePair.ExtensionOf(index);
                Ensure(3 * MostNumberBytes + stem.Length + extension.Length + Sha256Digest.Digits);
                Put(stem.Length + extension.Length);
                stem.CopyTo(_bytes[_count..]);
                extension.CopyTo(_bytes[(_count + stem.Length)..]);
                _count += stem.Length + extension.Length;
                if (files.IsPublished(index))
                {
                    Put(Sha256Digest.Digits);
                    files.DigestOf(index).Write(_bytes[_count..]);
                    _count += Sha256Digest.Digits;
                }
                else
                {
                    Put(-1);
                }

                Put(0);
            }
        }

        public void Text(string? text)
        {
            if (text is null)
            {
                Number(-1);
                return;
            }

            // nearly all are ASCII, as long in bytes as in characters: where that is not so, it is found out while copying
            Ensure(checked(MostNumberBytes + MostBytesOfCharacter * text.Length));
            var start = _count;
            Put(text.Length);
            if (Ascii.FromUtf16(text, _bytes[_count..], out var copied) == OperationStatus.Done)
            {
                _count += copied;
                return;
            }

            _count = start;
            Put(Encoding.UTF8.GetByteCount(text));
            _count += Encoding.UTF8.GetBytes(text, _bytes[_count..]);
        }

        /// <summary>A zigzag number of variable length: most are one byte.</summary>
        public void Number(long value)
        {
            Ensure(MostNumberBytes);
            Put(value);
        }

        public readonly void Finish() => output.Advance(_count);

        private void Label(in Label label)
        {
            Text(label.Code);
            Number(BitConverter.SingleToInt32Bits(label.Weight));
        }

        /// <summary>A number that there is room for.</summary>
        private void Put(long value)
        {
            var rest = (ulong)value << 1 ^ (ulong)(value >> 63);
            if (rest < 0x80)
            {
                _bytes[_count++] = (byte)rest;
                return;
            }

            var count = _count;
            for (; rest >= 0x80; rest >>= 7) _bytes[count++] = (byte)(rest | 0x80);
            _bytes[count++] = (byte)rest;
            _count = count;
        }

        private void Ensure(int bytes)
        {
            if (_bytes.Length - _count >= bytes) return;
            output.Advance(_count);
            _bytes = output.GetSpan(Math.Max(bytes, UsualBytes));
            _count = 0;
        }
    }

    internal ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        private readonly ReadOnlySpan<byte> _bytes = bytes;
        private int _position;

        public long Number()
        {
            if (_bytes[_position] is < 0x80 and var only)
            {
                _position++;
                return only >> 1 ^ -(only & 1);
            }

            ulong value = 0;
            for (var shift = 0; ; shift += 7)
            {
                var next = _bytes[_position++];
                value |= (ulong)(next & 0x7F) << shift;
                if (next < 0x80) return (long)(value >> 1) ^ -(long)(value & 1);
            }
        }

        /// <summary>Whether what follows is a text that is null.</summary>
        public readonly bool IsNull => _bytes[_position] == 1;   // -1, and nothing else

        /// <summary>Empty where it is null.</summary>
        public ReadOnlySpan<byte> Utf8()
        {
            var length = Math.Max(0, (int)Number());
            _position += length;
            return _bytes.Slice(_position - length, length);
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
