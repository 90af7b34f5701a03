"""What pandas.read_csv and sklearn.datasets.load_svmlight_file make of some texts.

Writes golden_csv.json, golden_svmlight.json, table.csv and table.csv.bz2 beside
itself. Floats are written by their bits (float.hex). Run it with
    python3 golden.py
With the argument csv or svmlight it reads one text from standard input instead
and prints what becomes of it.
"""
import bz2, io, json, math, os, random, sys
import numpy, pandas, sklearn
from sklearn.datasets import load_svmlight_file

here = os.path.dirname(os.path.abspath(__file__))

TABLES = [
    ("types", "i,f,b,s\n1,1.5,True,x\n-2,2e3,False,y\n3,-.5,True,z\n", {}),
    ("missing values", "i,f,s\n1,,a\nNA,2.5,\n3,nan,NULL\n,N/A,n/a\n#N/A,-nan,None\n", {}),
    ("infinity", "f\n1\ninf\n-inf\nInfinity\n+inf\n", {}),
    ("quotes", 'a,b\n"x, y","say ""hi"""\n"two\nlines",plain\n"",z\n', {}),
    ("crlf and mark", "\ufeffa,b\r\n1,x\r\n\r\n2,y\r\n", {}),
    ("no last line end", "a,b\n1,x\n2,y", {}),
    ("tab", "a\tb\n1\tx y\n2\tz\n", {"sep": "\t"}),
    ("semicolon", "a;b\n1;x, y\n2;z, w\n", {"sep": ";"}),
    ("spaces", "a, b, c\n1, x, 2.5\n2, y, 3\n", {"skipinitialspace": True}),
    ("spaces around numbers", "a,b\n 1 ,x\n2 , y\n", {}),
    ("hard floats", "f\n" + "\n".join(["0.1", "9007199254740993", "1e23", "8.5e-324", "1.7976931348623157e308", "2.2250738585072011e-308", "123456789.123456789", "0.30000000000000004", "6.02214076e+23", "1e22", "1e-22"]) + "\n", {}),
    ("quoted numbers", 'a,b\n"1","2.5"\n"3","4"\n', {}),
    ("leading zeros", "zip,n\n00123,1\n04567,2\n", {}),
    ("times", "t,d\n2013-01-01 05:00:00,2013-02-28\n2012-02-29T23:59:59.123456,1969-12-31\n,2000-01-01\n", {"parse_dates": ["t", "d"], "date_format": "ISO8601"}),
    ("offsets", "t\n2013-01-01T05:00:00Z\n2013-01-01T05:00:00+02:00\n2013-01-01T05:00:00-0530\n", {"parse_dates": ["t"], "date_format": "ISO8601", "utc": True}),
    ("all missing", "a,b\n,1\n,2\n", {}),
    ("int64 limits", "a\n9223372036854775807\n-9223372036854775808\n", {}),
]

ROWS = [
    ("plain", "1 1:2 3:4.5\n-1 2:1e-3\n0\n2.5 3:.5\n"),
    ("comments and blanks", "# head\n1 1:1 # tail 2:2\n\n   \n-1 2:3 3:1\n"),
    ("queries", "1 qid:7 1:2\n0 qid:8 2:1\n"),
    ("from zero", "1 0:5 2:1\n0 1:3\n"),
    ("hard floats", "0.1 1:0.30000000000000004 2:9007199254740993 3:1e23\n3 1:-2.2250738585072011e-308 3:8.5e-324\n"),
    ("crlf", "1 1:1\r\n2 2:2\r\n"),
    ("spaces", "1   1:1\t2:2 \n  3 3:3\n"),
]


def value(v):
    if v is None or v is pandas.NaT or v is pandas.NA or isinstance(v, float) and math.isnan(v):
        return None
    if isinstance(v, (bool, numpy.bool_)):
        return "true" if v else "false"
    if isinstance(v, (int, numpy.integer)):
        return str(int(v))
    if isinstance(v, (float, numpy.floating)):
        return float(v).hex()
    if isinstance(v, pandas.Timestamp):
        return str(v.value // 1000)  # value is in nanoseconds
    return str(v)


def table(name, text, options):
    options = dict(options)
    utc = options.pop("utc", False)
    df = pandas.read_csv(io.BytesIO(text.encode()), **options)
    if utc:
        for c in df:
            df[c] = pandas.to_datetime(df[c], utc=True)
    return {"name": name, "text": text, "columns": list(df.columns),
            "values": [[value(v) for v in df[c].tolist()] for c in df.columns]}


def rows(name, text):
    x, y = load_svmlight_file(io.BytesIO(text.encode()))
    x.sort_indices()
    return {"name": name, "text": text, "width": x.shape[1], "labels": [float(v).hex() for v in y],
            "indptr": x.indptr.tolist(), "indices": x.indices.tolist(), "values": [float(v).hex() for v in x.data]}


def write(name, items):
    versions = {"numpy": numpy.__version__, "pandas": pandas.__version__, "sklearn": sklearn.__version__}
    with open(os.path.join(here, name), "w") as f:
        json.dump({"versions": versions, "cases": items}, f, indent=1, ensure_ascii=True)
        f.write("\n")


if len(sys.argv) > 1:
    text = sys.stdin.buffer.read().decode()
    case = table("live", text, {"parse_dates": ["when"]}) if sys.argv[1] == "csv" else rows("live", text)
    json.dump({"versions": {}, "cases": [case]}, sys.stdout)
    sys.exit()

write("golden_csv.json", [table(*t) for t in TABLES])
write("golden_svmlight.json", [rows(*r) for r in ROWS])

r = random.Random(1)
text = "id,when,name,x\n" + "".join(
    f'{i},2013-01-{1 + i % 28:02d},"{r.choice(["a", "b, c", "d" + chr(10) + "e"])}",{r.gauss(0, 1):.6f}\n' for i in range(200))
open(os.path.join(here, "table.csv"), "w", newline="").write(text)
open(os.path.join(here, "table.csv.bz2"), "wb").write(bz2.compress(text[:3000].encode(), 1) + bz2.compress(text[3000:].encode(), 1))
