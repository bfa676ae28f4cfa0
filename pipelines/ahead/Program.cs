// Makes of a list of methods a profile for crossgen2, which compiles ahead what a profile names.
// Arguments: the list, the profile to write, a file that names the assemblies, one a line.
using EcgData.Ahead;

if (args is not [var list, var profile, var files])
{
    Console.Error.WriteLine("Expected are three files: the list of methods, the profile to write, the paths of the assemblies.");
    return 64;
}

var assemblies = new Assemblies(File.ReadLines(files));
var methods = new List<MethodInstance>();
var gone = 0;
foreach (var line in File.ReadLines(list))
{
    var found = MethodLine.Parse(line).Find(assemblies).ToList();
    methods.AddRange(found);
    if (found.Count == 0) gone++;
}

var own = assemblies.All.Select(type => type.Name.Assembly).Distinct().Where(IsOwn);
methods.AddRange(own.SelectMany(assembly => StateMachines.BoxesOf(assembly, assemblies)));
using (var file = File.Create(profile)) ProfileWriter.Write(file, Path.GetFileNameWithoutExtension(profile), methods);

Console.WriteLine($"{methods.Count} methods to compile ahead; {gone} lines of {list} name what is no longer there{(gone > 0 ? " (make ahead)" : "")}");
return 0;

static bool IsOwn(string assembly) => assembly == "ecgdata" || assembly.StartsWith("EcgData.", StringComparison.Ordinal);
