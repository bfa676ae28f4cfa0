using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace EcgData.Benchmarks;

/// <summary>
/// The tables of a source in MIMIC-IV-ECG's layout, of any number of records and without one signal: what planning a night reads.
/// Record list, machine reports and the list of published checksums, all in the order of their patients, as published; the studies of
/// a patient have ids from anywhere, so planning has to sort.
/// </summary>
internal static class NightlyTables
{
    private const int FirstStudy = 40_000_000;
    private const int Studies = 39_999_983;   // a prime: steps of any length visit all ids before one comes again
    private const long StudyStep = 15_485_863;
    private const int VisitsPerPatient = 5;

    private static readonly string[] Rhythms = ["Sinus rhythm", "Sinus bradycardia", "Sinus tachycardia", "Atrial fibrillation", "Atrial flutter"];

    private static readonly string[] Findings =
    [
        "Normal ECG", "Left axis deviation", "Right bundle branch block", "Left bundle branch block", "Nonspecific T wave changes",
        "Possible inferior infarct - age undetermined", "Left ventricular hypertrophy", "Prolonged QT interval", "Borderline ECG", "Abnormal ECG",
    ];

    public static void Write(string folder, int records)
    {
        Directory.CreateDirectory(folder);
        using var list = Open(folder, "record_list.csv");
        using var reports = Open(folder, "machine_measurements.csv");
        using var sums = Open(folder, "SHA256SUMS.txt");
        list.Write("subject_id,study_id,file_name,ecg_time,path\n");
        reports.Write($"subject_id,study_id,cart_id,ecg_time,{string.Join(',', Enumerable.Range(0, 18).Select(n => $"report_{n}"))},rr_interval\n");
        Span<byte> content = stackalloc byte[8];
        for (var record = 0; record < records; record++)
        {
            var (subject, study) = (10_000_032 + record / VisitsPerPatient, FirstStudy + (int)(record * StudyStep % Studies));
            var time = new DateTime(2110, 1, 3, 7, 14, 0).AddMinutes(record % 100_000 * 61).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
            var path = $"files/p{subject / 10_000}/p{subject}/s{study}/{study}";
            list.Write($"{subject},{study},{study},{time},{path}\n");
            reports.Write(
                $"{subject},{study},{6_848_296 + record % 90},{time},{Rhythms[record % Rhythms.Length]},{Findings[record / 3 % Findings.Length]}," +
                $"{Findings[record / 7 % Findings.Length]},{new string(',', 14)},{600 + record % 700}\n");
            foreach (var extension in new[] { ".dat", ".hea" })
            {
                BitConverter.TryWriteBytes(content, record * 2L + extension[1]);
                sums.Write($"{Convert.ToHexStringLower(SHA256.HashData(content))} {path}{extension}\n");
            }
        }
    }

    private static StreamWriter Open(string folder, string name) =>
        new(Path.Join(folder, name), append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 1 << 20);
}
