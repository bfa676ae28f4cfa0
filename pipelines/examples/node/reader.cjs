// Reads an EcgData stream with apache-arrow, batch by batch, and prints a JSON line for each.
//
//     npm install apache-arrow
//     ecgdata stream CORPUS --to - | node reader.cjs
//
// node reader.cjs unix:/path, tcp://127.0.0.1:PORT or a file: the same from there.
const fs = require("fs");
const net = require("net");
const { RecordBatchReader } = require("apache-arrow");

function open(address) {
  if (address === "-") return process.stdin;
  if (address.startsWith("unix:")) return net.connect(address.slice("unix:".length));
  if (address.startsWith("tcp://")) {
    const [, host, port] = address.match(/^tcp:\/\/(.*):(\d+)$/);
    return net.connect(Number(port), host);
  }
  return fs.createReadStream(address);
}

async function main() {
  const reader = await RecordBatchReader.from(open(process.argv[2] ?? "-"));
  await reader.open();
  for await (const batch of reader) {
    const column = name => batch.getChild(name);
    const values = name => column(name).data[0].children[0];   // of a column of fixed-size lists: all rows' elements
    const signal = values("signal").values;                      // Float32Array[rows * leads * samples], millivolt
    let microvolt = 0, gaps = 0, leads = 0;
    for (const value of signal) microvolt += Math.round(value * 1000);
    for (const byte of values("gap_mask").values) for (let bits = byte; bits; bits &= bits - 1) gaps++;
    for (const mask of values("lead_mask").values) leads += mask;
    console.log(JSON.stringify({
      position: Number(column("position").get(0)),
      nextPosition: Number(column("next_position").get(0)),
      rows: batch.numRows,
      recordIds: [...column("record_id")],
      labels: [...column("labels")].map(labels => labels && [...labels]),
      ages: [...column("age_years")],
      signalSumMicrovolt: microvolt,
      gapSamples: gaps,
      leadsPresent: leads,
    }));
  }
}

main().catch(error => {
  console.error(`reader.cjs: ${error.message}`);
  process.exitCode = 1;
});
