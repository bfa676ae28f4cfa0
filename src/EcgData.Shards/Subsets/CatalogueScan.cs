using System.Threading.Channels;

namespace EcgData.Shards.Subsets;

/// <summary>
/// Reads a catalogue column by column: several row groups are decoded at a time, each by a reader of its own, and handed over in order.
/// </summary>
internal static class CatalogueScan
{
    private const int Readers = 2;
    private const int Ahead = 2;   // decoded row groups that wait, per reader: some 2 MiB each

    /// <param name="decode">Makes of a row group what is needed of it; runs on several threads.</param>
    /// <param name="take">Gets these in the order of the table, one at a time.</param>
    /// <exception cref="CorpusException">The catalogue is damaged.</exception>
    public static async Task RunAsync<T>(
        CorpusStore corpus, VersionManifest version, Func<CatalogueColumns, Task<T>> decode, Action<T> take, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var channels = Enumerable.Range(0, Readers).Select(_ => Channel.CreateBounded<T>(Ahead)).ToArray();
        var readers = channels.Select((channel, first) => Task.Run(
            () => ReadAsync(corpus, version, decode, channel.Writer, first, stop.Token), CancellationToken.None)).ToArray();
        try
        {
            for (var next = 0; await channels[next % Readers].Reader.WaitToReadAsync(stop.Token); next++)
            {
                if (channels[next % Readers].Reader.TryRead(out var block)) take(block);
            }
        }
        catch (InvalidDataException e)
        {
            throw new CorpusException(
                $"{corpus.Objects.Address}: {CorpusPaths.Catalogue(version.Id)}: {e.Message} 'ecgdata verify' tells what else is damaged.", e);
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(readers);
        }
    }

    /// <summary>Every <see cref="Readers"/>th row group from <paramref name="first"/> on; what goes wrong reaches the taker through the channel.</summary>
    private static async Task ReadAsync<T>(
        CorpusStore corpus, VersionManifest version, Func<CatalogueColumns, Task<T>> decode, ChannelWriter<T> output, int first, CancellationToken cancel)
    {
        try
        {
            await using var stream = await corpus.Objects.OpenReadAsync(CorpusPaths.Catalogue(version.Id), cancel);
            await using var reader = await ParquetFile.OpenAsync(stream, "a catalogue", cancel);
            CatalogueTableReader.CheckColumns(reader);
            for (var index = first; index < reader.RowGroupCount; index += Readers)
            {
                var group = index;
                using var columns = new CatalogueColumns(stream, reader, group, cancel);
                await output.WriteAsync(await ParquetFile.GuardAsync($"row group {index}", () => decode(columns)), cancel);
            }

            output.Complete();
        }
        catch (InvalidDataException e)
        {
            output.Complete(new InvalidDataException($"{corpus.Objects.Address}: {CorpusPaths.Catalogue(version.Id)}: {e.Message}", e));
        }
        catch (Exception e)
        {
            output.Complete(e);
        }
    }
}
