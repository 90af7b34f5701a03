package table

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/outcore/outcore/blob"
	_ "github.com/outcore/outcore/blob/fileblob"
	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/icechunk/format"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/source/sourcetest"
	"github.com/outcore/outcore/zarr"
)

// repository makes one in a directory.
func repository(t *testing.T) (*icechunk.Repository, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "lab")
	b, err := blob.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	r, err := icechunk.Create(t.Context(), b, icechunk.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r, dir
}

func session(t *testing.T, r *icechunk.Repository) *icechunk.Session {
	t.Helper()
	s, err := r.Session(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func commit(t *testing.T, s *icechunk.Session) {
	t.Helper()
	if _, err := s.Commit(t.Context(), "rows"); err != nil {
		t.Fatal(err)
	}
}

// stock fills a repository: a table of 200 rows, a matrix and sparse rows of 100.
func stock(t *testing.T, s *icechunk.Session) *source.Schema {
	t.Helper()
	ctx, schema := t.Context(), everything()
	tbl, err := Create(ctx, s, "/t", Options{Schema: schema, ChunkRows: 64})
	if err != nil {
		t.Fatal(err)
	}
	appendRows(t, tbl, 2, 200, 100, 90)
	for i, compress := range Compressions() {
		m, err := CreateMatrix(ctx, s, fmt.Sprintf("/m%d", i), MatrixOptions{Schema: schemaOf(7, true), ChunkRows: 16, Compress: compress})
		if err != nil {
			t.Fatal(err)
		}
		w, err := m.NewWriter(ctx, WriterOptions{})
		if err != nil {
			t.Fatal(err)
		}
		write(t, w, 0, 100, 7, false, true)
	}
	sp, err := CreateSparse(ctx, s, "/s", SparseOptions{Schema: schemaOf(40, true), chunkValues: 64, chunkRows: 32})
	if err != nil {
		t.Fatal(err)
	}
	w, err := sp.NewWriter(ctx, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	write(t, w, 0, 100, 40, true, true)
	return schema
}

func TestLoadKeepsItsSnapshot(t *testing.T) {
	r, dir := repository(t)
	s := session(t, r)
	stock(t, s)
	commit(t, s)
	for _, path := range []string{"/t", "/m0", "/m0/X", "/s"} {
		at := mustResolve(t, r, "main")
		id := at.String()
		ds, err := Load(t.Context(), dir+"#"+path, source.Options{})
		if err != nil {
			t.Fatal(path, err)
		}
		if f := ds.Files()[0]; f.Version != id || f.Address != dir+"@"+id+"#"+path {
			t.Errorf("%s: file %+v", path, f)
		}
		before := sourcetest.Rows(t, ds, source.Cursor{})

		// Meanwhile the node goes away.
		s := session(t, r)
		group := strings.TrimSuffix(path, "/X")
		if err := s.DeleteNode(t.Context(), group); err != nil {
			t.Fatal(err)
		}
		if err := zarr.CreateGroup(t.Context(), s, group, nil); err != nil {
			t.Fatal(err)
		}
		commit(t, s)
		if after := sourcetest.Rows(t, ds, source.Cursor{}); !slices.Equal(before, after) {
			t.Errorf("%s: rows changed under a reader", path)
		}
		again, err := Load(t.Context(), ds.Files()[0].Address, source.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if after := sourcetest.Rows(t, again, source.Cursor{}); !slices.Equal(before, after) {
			t.Errorf("%s: rows of the snapshot changed", path)
		}
		if err := errors.Join(ds.Close(), again.Close()); err != nil {
			t.Error(err)
		}
		if path == "/m0" { // for /m0/X
			if err := r.ResetBranch(t.Context(), "main", s.Base(), at); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// oracle runs a script with the official engine.
func oracle(t *testing.T, script string, args ...string) []byte {
	t.Helper()
	python := os.Getenv("OUTCORE_ORACLE_PYTHON")
	if python == "" {
		t.Skip("NOT TESTED against icechunk, zarr and xarray: set OUTCORE_ORACLE_PYTHON to a Python of 3.12 or newer that has them (make oracle)")
	}
	cmd := exec.Command(python, append([]string{"-c", script}, args...)...)
	var out, diag bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &diag
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, diag.String())
	}
	return out.Bytes()
}

// TestXarrayOpensATable compares what xarray and SciPy's arithmetic make of what
// we wrote with what we read.
func TestXarrayOpensATable(t *testing.T) {
	r, dir := repository(t)
	s := session(t, r)
	schema := stock(t, s)
	commit(t, s)
	var got struct {
		Dims    map[string]int
		Columns []string
		Rows    []map[string]any
		X       [][]float64
		Y       []float64
		Dense   [][]float64
	}
	err := json.Unmarshal(oracle(t, `
import sys, json, icechunk, zarr, xarray, numpy as np
store = icechunk.Repository.open(icechunk.local_filesystem_storage(sys.argv[1])).readonly_session("main").store
d = xarray.open_zarr(store, group="t", consolidated=False)
def plain(v):
    if isinstance(v, np.datetime64): return None if np.isnat(v) else int(v.astype("datetime64[us]").astype("int64"))
    v = v.item() if isinstance(v, np.generic) else v
    return None if v != v else v
columns = [c for c in d.data_vars]
values = {c: d[c].values for c in columns}
m = [zarr.open_group(store, path=f"m{i}", mode="r") for i in range(3)]
assert all((g["X"][:] == m[0]["X"][:]).all() and (g["y"][:] == m[0]["y"][:]).all() for g in m)
g = zarr.open_group(store, path="s", mode="r")
dense = np.zeros((g["indptr"].shape[0] - 1, g.attrs["outcore"]["columns"]))
for i in range(len(dense)):
    a, b = g["indptr"][i], g["indptr"][i + 1]
    dense[i, g["indices"][a:b]] = g["data"][a:b]
print(json.dumps({"Dims": dict(d.sizes), "Columns": d.attrs["outcore"]["columns"],
  "Rows": [{c: plain(values[c][i]) for c in columns} for i in range(d.sizes["row"])],
  "X": m[0]["X"][:].tolist(), "Y": m[0]["y"][:].tolist(), "Dense": dense.tolist()}))
`, dir), &got)
	if err != nil {
		t.Fatal(err)
	}
	if got.Dims["row"] != 200 || len(got.Dims) != 1 || len(got.Columns) != len(schema.Fields) {
		t.Errorf("dimensions %v, columns %v", got.Dims, got.Columns)
	}
	rec := record(schema, 0, 200, 100)
	defer rec.Release()
	for i, row := range got.Rows {
		for j, f := range schema.Fields {
			col := rec.Column(j)
			v, name := row[arrayName(f.Name)], arrayName(f.Name)
			if valid, ok := row[name+validSuffix].(bool); !ok || valid != col.IsValid(i) {
				t.Fatalf("row %d, %s: valid %v, want %v", i, f.Name, row[name+validSuffix], col.IsValid(i))
			}
			var want any
			if col.IsValid(i) {
				if err := json.Unmarshal([]byte(jsonValue(f, col.ValueStr(i), col.GetOneForMarshal(i))), &want); err != nil {
					t.Fatal(err)
				}
			} else if f.Kind == source.Number && !f.Type.Float() {
				want = 0.0
				if f.Type == dtype.Bool {
					want = false
				}
			} else if f.Kind == source.Text {
				want = ""
			}
			if fmt.Sprint(v) != fmt.Sprint(want) {
				t.Fatalf("row %d, %s: %v, want %v", i, f.Name, v, want)
			}
		}
	}
	x, y := numbers(0, 100, 7)
	for i, v := range dtype.View[float32](x.Data) {
		if got.X[i/7][i%7] != float64(v) {
			t.Fatalf("X[%d, %d] is %v, want %v", i/7, i%7, got.X[i/7][i%7], v)
		}
	}
	if !slices.Equal(got.Y, y) {
		t.Errorf("y is %v, want %v", got.Y, y)
	}
	x, _ = numbers(0, 100, 40)
	for i, v := range dtype.View[float32](x.Data) {
		if got.Dense[i/40][i%40] != float64(v) {
			t.Fatalf("sparse [%d, %d] is %v, want %v", i/40, i%40, got.Dense[i/40][i%40], v)
		}
	}
}

// jsonValue is a value as the script above gives it.
func jsonValue(f source.Field, text string, v any) string {
	if f.Kind == source.Time {
		at, err := time.Parse("2006-01-02T15:04:05.999999Z07:00", text)
		if err != nil {
			panic(err)
		}
		return fmt.Sprint(at.UnixMicro())
	}
	if x, ok := v.(float32); ok {
		v = float64(x)
	}
	if text == "NaN" {
		return "null"
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func mustResolve(t *testing.T, r *icechunk.Repository, ref string) format.ObjectID {
	t.Helper()
	id, err := r.Resolve(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// TestReadsWhatPythonAppends lets zarr-python append to a table and a matrix of
// ours, and write sparse rows as the format page says.
func TestReadsWhatPythonAppends(t *testing.T) {
	r, dir := repository(t)
	s := session(t, r)
	schema := stock(t, s)
	commit(t, s)
	oracle(t, `
import sys, json, icechunk, zarr, numpy as np
repo = icechunk.Repository.open(icechunk.local_filesystem_storage(sys.argv[1]))
session = repo.writable_session("main")
root = zarr.open_group(session.store, mode="r+")
def append(a, values):
    n = a.shape[0]
    a.resize((n + len(values),) + a.shape[1:])
    a[n:] = values
t = root["t"]
for name, a in t.arrays():
    kind = a.dtype.kind
    append(a, np.array([True, False, True]) if kind == "b" else np.array(["x", "", "ü"]) if kind in "TOU" else np.array([1, 2, 3], dtype=a.dtype))
append(root["m0/X"], np.arange(14, dtype="float32").reshape(2, 7))
append(root["m0/y"], np.array([5.0, 6.0]))
g = root.create_group("own", attributes={"outcore": {"format": "outcore.sparse/v1", "columns": 3, "longest": 2}})
for name, values, dtype in [("data", [1, 2, 3], "float64"), ("indices", [0, 2, 1], "int32"), ("indptr", [0, 2, 2, 3], "int64")]:
    g.create_array(name, data=np.array(values, dtype=dtype))
g = root.create_group("plain")
g.create_array("X", data=np.array([[1, 2], [3, 4]], dtype=">i2"))
session.commit("from Python")
`, dir)
	for _, path := range []string{"/t", "/m0", "/own", "/plain"} {
		ds, err := Load(t.Context(), dir+"#"+path, source.Options{})
		if err != nil {
			t.Error(path, err)
			continue
		}
		rows := content(sourcetest.Rows(t, ds, source.Cursor{}))
		switch path {
		case "/t":
			last := rows[200:]
			for i, text := range []string{"x", "", "ü"} {
				n := fmt.Sprint(i + 1)
				for j, f := range schema.Fields {
					v := strings.Split(last[i], `" "`)[j]
					v = strings.Trim(v, `"`)
					switch {
					case i == 1: // what is not valid
						if v != "(null)" {
							t.Errorf("row %d, %s: %s, want a null", i, f.Name, v)
						}
					case f.Kind == source.Text && v != text, f.Type == dtype.Int32 && v != n, f.Type == dtype.Bool && v != "true":
						t.Errorf("row %d, %s: %s", i, f.Name, v)
					}
				}
			}
		case "/m0":
			if len(rows) != 102 || !strings.HasPrefix(rows[100], "label 4014000000000000 000000000000803f") {
				t.Errorf("%d rows, the next %s", len(rows), rows[100])
			}
		case "/own":
			if one, two := "000000000000f03f", "0000000000000040"; len(rows) != 3 || rows[0] != "0:"+one+" 2:"+two || rows[1] != "" || rows[2] != "1:0000000000000840" {
				t.Errorf("sparse rows %q", rows)
			}
		case "/plain":
			if len(rows) != 2 || rows[0] != "01000200" || rows[1] != "03000400" {
				t.Errorf("big-endian rows %q", rows)
			}
		}
		if err := ds.Close(); err != nil {
			t.Error(err)
		}
	}
}
