using EcgData.Sources.Synthesis;
using EcgData.Tests;
using PureHDF;

namespace EcgData.Sources.Tests.Synthesis;

public class OtherTreesTests
{
    [Fact]
    public void MimicIvEcg_Clean_HasItsOrderGainAndTables()
    {
        using var tree = TreeFiles.Write("mimic-iv-ecg", 60);
        Assert.Equal("subject_id,study_id,file_name,ecg_time,path", File.ReadLines(tree["record_list.csv"]).First());
        var rows = TreeFiles.Rows(tree["record_list.csv"]);
        Assert.Equal(60, rows.Select(row => row[1]).Distinct().Count());
        Assert.Equal(rows.Select(row => row[4]), File.ReadLines(tree["RECORDS"]));
        var unsignedSums = 0;
        foreach (var row in rows)
        {
            Assert.Equal($"files/p{row[0][..4]}/p{row[0]}/s{row[1]}/{row[1]}", row[4]);
            var header = TreeFiles.Header(tree[row[4] + ".hea"]);
            var frames = TreeFiles.Format16(tree[row[4] + ".dat"]);
            Assert.Equal([row[1], "12", "500", "5000"], header.Record[..4]);
            Assert.Equal(["I", "II", "III", "aVR", "aVF", "aVL", "V1", "V2", "V3", "V4", "V5", "V6"], header.Signals.Select(line => line[8]));
            Assert.All(header.Signals, line => Assert.Equal("200.0(0)/mV", line[2]));
            Assert.Equal([$"# <subject_id>: {row[0]}"], header.Comments);
            var leads = Enumerable.Range(0, 12).Select(lead => TreeFiles.Column(frames, lead)).ToArray();
            for (var lead = 0; lead < 12; lead++)
            {
                Assert.Equal(leads[lead].Sum() & 0xFFFF, int.Parse(header.Signals[lead][6]));
                Assert.True(leads[lead].All(value => Math.Abs(value) < 600));   // within ±3 mV: nothing to clip
            }

            unsignedSums += header.Signals.Count(line => int.Parse(line[6]) > short.MaxValue);
            Assert.All(Enumerable.Range(0, 5000), at => Assert.InRange(2 * leads[4][at] - 2 * leads[1][at] + leads[0][at], -1, 1));
        }

        Assert.True(unsignedSums > 0);
        var measurements = TreeFiles.Rows(tree["machine_measurements.csv"]);
        Assert.Equal(60, measurements.Count);
        Assert.All(measurements, row => Assert.Equal(33, row.Count));
        Assert.Contains(measurements, row => row[5].Length > 0 && row[6].Length == 0 && row[7].Length > 0);
        Assert.Contains(measurements, row => row[25] == "29999" && row[30] == "32767");
        var sums = File.ReadAllLines(tree["SHA256SUMS.txt"]).ToDictionary(line => line[65..], line => line[..64]);
        var files = TreeFiles.Hashes(tree.Path);
        files.Remove("SHA256SUMS.txt");
        Assert.Equal(files, new SortedDictionary<string, string>(sums, StringComparer.Ordinal));
    }

    [Fact]
    public void MimicIvEcg_HeaderRows_AreTheGenuine()
    {
        var genuine = Genuine.Folder("data/real/mimic-iv-ecg");
        using var tree = TreeFiles.Write("mimic-iv-ecg", 1);
        foreach (var table in (string[])["record_list.csv", "machine_measurements.csv", "waveform_note_links.csv"])
            Assert.Equal(File.ReadLines(Path.Join(genuine, table)).First(), File.ReadLines(tree[table]).First());
    }

    [Fact]
    public void MimicIvEcg_Unmeasured_IsAbsentFromTheMeasurementsAlone()
    {
        using var tree = TreeFiles.Write("mimic-iv-ecg", 80, 0.6);
        var planned = SyntheticTree.Plan("mimic-iv-ecg", new() { Records = 80, Seed = 7, DefectShare = 0.6 })
            .Where(planted => planted.Defect is SyntheticDefect.Unmeasured).Select(planted => planted.NativeId).Order().ToList();
        Assert.NotEmpty(planned);
        var measured = TreeFiles.Rows(tree["machine_measurements.csv"]).Select(row => row[1]).ToHashSet();
        Assert.Equal(planned, TreeFiles.Rows(tree["record_list.csv"]).Select(row => row[1]).Where(id => !measured.Contains(id)).Order());
    }

    [Fact]
    public void Code15_SmallTree_HasPartsPaddingAndAnEmptyLastRow()
    {
        using var tree = TreeFiles.Write("code-15", 20, 0.5);
        var plan = SyntheticTree.Plan("code-15", new() { Records = 20, Seed = 7, DefectShare = 0.5 })
            .ToDictionary(planted => long.Parse(planted.NativeId), planted => planted.Defect);
        Assert.Equal(
            "exam_id,age,is_male,nn_predicted_age,1dAVb,RBBB,LBBB,SB,ST,AF,patient_id,death,timey,normal_ecg,trace_file",
            File.ReadLines(tree["exams.csv"]).First());
        var rows = TreeFiles.Rows(tree["exams.csv"]);
        var parts = Directory.GetFiles(tree.Path, "exams_part*.hdf5").Order(StringComparer.Ordinal).ToList();
        Assert.True(parts.Count >= 2);
        var inFiles = new List<long>();
        var lengths = new HashSet<int>();
        foreach (var part in parts)
        {
            using var file = H5File.OpenRead(part);
            var ids = file.Dataset("exam_id").Read<long[]>();
            Assert.Equal([(ulong)ids.Length, 4096, 12], file.Dataset("tracings").Space.Dimensions);
            var tracings = file.Dataset("tracings").Read<float[]>();
            Assert.Equal(0, ids[^1]);
            Assert.True(tracings.AsSpan((ids.Length - 1) * 4096 * 12).IndexOfAnyExcept(0f) < 0);
            for (var row = 0; row < ids.Length - 1; row++)
            {
                var exam = tracings.AsSpan(row * 4096 * 12, 4096 * 12);
                var (first, last) = (exam.IndexOfAnyExcept(0f) / 12, exam.LastIndexOfAnyExcept(0f) / 12);
                Assert.InRange(first - (4095 - last), -1, 1);   // as much before as behind
                lengths.Add(last - first + 1 < 3000 ? 7 : 10);
                var flat = Enumerable.Range(0, 12).Where(lead => IsFlat(tracings, row, lead)).ToList();
                Assert.Equal(plan.GetValueOrDefault(ids[row], (SyntheticDefect)(-1)) is SyntheticDefect.FlatLead ? 1 : 0, flat.Count);
            }

            inFiles.AddRange(ids[..^1]);
            Assert.All(
                rows.Where(row => row.Count == 15 && row[14] == Path.GetFileName(part)), row => Assert.Contains(long.Parse(row[0]), ids));
        }

        Assert.Equal([7, 10], lengths.Order());
        var listed = rows.Select(row => long.Parse(row[0])).ToList();
        var unlisted = plan.Where(planted => planted.Value is SyntheticDefect.Unlisted).Select(planted => planted.Key).ToList();
        Assert.Equal(inFiles.Except(unlisted).Order(), listed.Order());
        Assert.NotEqual(inFiles.Except(unlisted), listed);
        Assert.Equal(
            plan.Where(planted => planted.Value is SyntheticDefect.RaggedRow).Select(planted => planted.Key).Order(),
            rows.Where(row => row.Count != 15).Select(row => long.Parse(row[0])).Order());
    }

    private static bool IsFlat(float[] tracings, int row, int lead)
    {
        for (var sample = 0; sample < 4096; sample++)
            if (tracings[(row * 4096 + sample) * 12 + lead] != 0) return false;
        return true;
    }

    [Fact]
    public void Wfdb_Clean_MixesFormatsAndItsHeadersAreTrue()
    {
        using var tree = TreeFiles.Write("wfdb", 35);
        Assert.Equal("record,patient,age,sex,fold,site,labels", File.ReadLines(tree["records.csv"]).First());
        var rows = TreeFiles.Rows(tree["records.csv"]);
        var formats = new HashSet<string>();
        foreach (var row in rows)
        {
            Assert.All(row[6].Split(';'), label => Assert.StartsWith("scp:", label));
            var header = TreeFiles.Header(tree[row[0] + ".hea"]);
            Assert.Equal(Path.GetFileName(row[0]), header.Record[0]);
            var format = header.Signals[0][1];
            formats.Add(format);
            var bytes = File.ReadAllBytes(Path.Join(Path.GetDirectoryName(tree[row[0]]), header.Signals[0][0]));
            var frames = Decode(format, bytes);
            Assert.Equal(int.Parse(header.Record[3]), frames.Length / 12);
            for (var lead = 0; lead < 12; lead++)
            {
                var column = TreeFiles.Column(frames, lead);
                Assert.Equal(column[0], int.Parse(header.Signals[lead][5]));
                Assert.Equal((short)column.Sum(), int.Parse(header.Signals[lead][6]));
            }
        }

        Assert.Equal(["16", "16+24", "212"], formats.Order(StringComparer.Ordinal));
    }

    private static short[] Decode(string format, byte[] bytes)
    {
        if (format == "212")
        {
            var samples = new short[bytes.Length / 3 * 2];
            for (var pair = 0; pair < samples.Length / 2; pair++)
            {
                int low = bytes[3 * pair], middle = bytes[3 * pair + 1], high = bytes[3 * pair + 2];
                samples[2 * pair] = Signed(low + 256 * (middle % 16));
                samples[2 * pair + 1] = Signed(high + 256 * (middle / 16));
            }

            return samples;
        }

        var skip = format == "16+24" ? 24 : 0;
        if (skip > 0)
        {
            Assert.Equal([30, 0, 0, 0, 12, 0, 0, 0], bytes[..8]);
            Assert.Equal((bytes.Length - 24) / 24, BitConverter.ToInt32(bytes, 8));
            Assert.Equal("val\0"u8.ToArray(), bytes[20..24]);
        }

        var frames = new short[(bytes.Length - skip) / 2];
        Buffer.BlockCopy(bytes, skip, frames, 0, bytes.Length - skip);
        return frames;

        static short Signed(int twelveBits) => (short)(twelveBits >= 2048 ? twelveBits - 4096 : twelveBits);
    }
}
