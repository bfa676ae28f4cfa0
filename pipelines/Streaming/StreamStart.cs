using System.Globalization;
using System.Text;
using EcgData.Shards.Reading;
using EcgData.Shards.Subsets;

namespace EcgData.Pipelines.Streaming;

/// <summary>Where a stream begins: <c>--from</c> takes a position, or a file that a consumer keeps the state of its last batch in.</summary>
internal static class StreamStart
{
    // a state is a tenth of it: whatever is larger is no state, and is not read
    private const int LargestFileBytes = 4096;

    /// <summary>Reading options with the position and, from a state, the epoch; and the position that was asked for, null where none was.</summary>
    /// <param name="epoch">That was asked for; null: the state's, or 0.</param>
    /// <param name="note">Takes a remark where the file is not there yet.</param>
    /// <exception cref="UsageException">No position, or one of another order.</exception>
    public static (ReadingOptions Options, long? From) Apply(
        string? from, int? epoch, string versionId, RowSelection? selection, ReadingOptions options, Action<string> note)
    {
        options = options with { Order = options.Order with { Epoch = epoch ?? 0 } };
        if (from is null) return (options, null);
        if (long.TryParse(from, NumberStyles.None, CultureInfo.InvariantCulture, out var position)) return (options with { From = position }, position);
        if (!File.Exists(from))
        {
            // the first run of a command that will be repeated; a consumer that has come further refuses the wrong position
            if (LooksLikeNumber(from)) throw Refuse(from, "is no position");
            note($"--from {from}: not there yet, so the epoch begins.");
            return (options, null);
        }

        var text = Read(from);
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out position)) return (options with { From = position }, position);
        try
        {
            var state = ReadingState.Parse(text);
            if (epoch is { } asked && asked != state.Epoch)
                throw new UsageException($"--from {from}: the state is of epoch {state.Epoch}, but --epoch {asked} is asked for. Begin that epoch with --from 0.");
            return (state.Continue(versionId, selection, options), state.Position);
        }
        catch (InvalidDataException e)
        {
            throw new UsageException($"--from {from}: {e.Message}");
        }
    }

    private static bool LooksLikeNumber(string text) => text.Length > 0 && text.All(letter => letter is '-' or '+' or '.' or (>= '0' and <= '9'));

    private static string Read(string file)
    {
        try
        {
            using var stream = File.OpenRead(file);
            var bytes = new byte[LargestFileBytes];
            var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return length < bytes.Length ? Encoding.UTF8.GetString(bytes, 0, length).Trim() : throw Refuse(file, "is larger than any state");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Refuse(file, $"cannot be read: {e.Message.TrimEnd('.')}");
        }
    }

    private static UsageException Refuse(string from, string found) =>
        new($"--from {from}: {found}. Expected a position, 0 or more, or the file that a consumer keeps its state in.");
}
