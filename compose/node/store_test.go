package node

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	_ "github.com/outcore/outcore/linear" // the steps of the golden model
	_ "github.com/outcore/outcore/preprocess"
	"github.com/outcore/outcore/zarr"
)

// golden is the model that package compose keeps.
const golden = compose.Dir("../testdata/model-1.0-classifier")

func save(t *testing.T, to *Store) (*compose.Model, string) {
	t.Helper()
	m, err := compose.Load(golden, 0)
	if err != nil {
		t.Fatal(err)
	}
	digest, err := m.Save(to)
	if err != nil {
		t.Fatal(err)
	}
	return m, digest
}

func TestAModelIsTheSameInAFolderAndInANode(t *testing.T) {
	want, err := compose.DigestOf(golden)
	if err != nil {
		t.Fatal(err)
	}
	to := In(t.Context(), zarr.NewMem(), "/models/it")
	for range 2 { // the second replaces the first
		if _, digest := save(t, to); digest != want {
			t.Errorf("saved as %s, the folder is %s", digest, want)
		}
		if got, err := compose.DigestOf(to); err != nil || got != want {
			t.Errorf("the node is %s, %v, the folder %s", got, err, want)
		}
		m, err := compose.Load(to, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := m.Digest(); err != nil || got != want {
			t.Errorf("loaded %s, %v, the folder is %s", got, err, want)
		}
	}
}

func TestArraysHaveTheirShape(t *testing.T) {
	s := zarr.NewMem()
	to := In(t.Context(), s, "/m")
	save(t, to)
	doc, err := to.ReadAll(document, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	arrays, err := arraysOf(doc)
	if err != nil || len(arrays) == 0 {
		t.Fatalf("%d arrays, %v", len(arrays), err)
	}
	for name, want := range arrays {
		a, err := zarr.OpenArray(t.Context(), s, "/m/"+name)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(a.Meta().Shape, want.Shape) || a.Meta().Type.Number != want.Type {
			t.Errorf("%s is %v %v, model.json says %v %v", name, a.Meta().Type, a.Meta().Shape, want.Type, want.Shape)
		}
	}
}

// a model.json of one array, and nothing else.
func one(t *testing.T, typ dtype.Type, shape ...int) []byte {
	t.Helper()
	b, err := json.MarshalIndent(map[string]any{
		"format": compose.Format,
		"steps":  []any{map[string]any{"arrays": []any{map[string]any{"file": "a", "type": typ, "shape": shape}}}},
	}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(b, '\n')
}

func TestLargeAndEmptyArrays(t *testing.T) {
	for _, shape := range [][]int{{0}, {3, 0}, {1}, {5, 7}, {3, 1_000_000}, {2_500_001}} {
		to := In(t.Context(), zarr.NewMem(), "/m")
		n := 8
		for _, d := range shape {
			n *= d
		}
		data := make([]byte, n)
		for i := range data {
			data[i] = byte(i * i >> 7)
		}
		doc := one(t, dtype.Float64, shape...)
		if err := errors.Join(to.Put("a", data), to.Put(document, doc)); err != nil {
			t.Fatalf("%v: %v", shape, err)
		}
		got, err := to.ReadAll("a", int64(n))
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%v: other bytes came back, %v", shape, err)
		}
		if back, err := to.ReadAll(document, 1<<20); err != nil || !bytes.Equal(back, doc) {
			t.Errorf("%v: model.json came back as %s, %v", shape, back, err)
		}
		if n == 0 {
			continue
		}
		if _, err := to.ReadAll("a", int64(n)-1); !errors.Is(err, errs.Corrupt) {
			t.Errorf("%v: more than asked for: %v", shape, err)
		}
	}
}

func TestWhatIsNoModelIsLeftAlone(t *testing.T) {
	s := zarr.NewMem()
	to := In(t.Context(), s, "/flights")
	if _, err := compose.Load(to, 0); !errors.Is(err, errs.NotFound) {
		t.Errorf("nothing there: %v", err)
	}
	table := &zarr.GroupMeta{Attributes: map[string]json.RawMessage{"outcore": []byte(`{"format":"outcore.table/v1"}`)}}
	if err := zarr.CreateGroup(t.Context(), s, "/flights", table); err != nil {
		t.Fatal(err)
	}
	if _, err := compose.Load(to, 0); !errors.Is(err, errs.NotFound) {
		t.Errorf("a table: %v", err)
	}
	m, err := compose.Load(golden, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Save(to); !errors.Is(err, errs.Exists) {
		t.Errorf("saved over a table: %v", err)
	}
}

func TestDamageIsNamed(t *testing.T) {
	s := zarr.NewMem()
	save(t, In(t.Context(), s, "/m"))
	for name, harm := range map[string]func(path string) error{
		"an array is gone": func(path string) error { return s.DeleteNode(t.Context(), path) },
		"a chunk is gone": func(path string) error {
			a, err := zarr.OpenArray(t.Context(), s, path)
			if err != nil {
				return err
			}
			return s.DeleteChunk(t.Context(), path, make([]uint32, len(a.Grid())))
		},
		"an array in columns": func(path string) error {
			m, err := zarr.NewMeta([]uint64{1, 2}, zarr.NumberType(dtype.Float64), zarr.MetaOptions{Chunks: []uint64{1, 1}})
			if err != nil {
				return err
			}
			_, err = zarr.CreateArray(t.Context(), s, path, m)
			return err
		},
	} {
		to := In(t.Context(), s, "/m")
		save(t, to)
		var array string
		for p, err := range s.Children(t.Context(), "/m") {
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(path.Base(p), "weights-") {
				array = path.Join("/m", path.Base(p))
			}
		}
		if name == "an array in columns" {
			if err := s.DeleteNode(t.Context(), array); err != nil {
				t.Fatal(err)
			}
		}
		if err := harm(array); err != nil {
			t.Fatal(err)
		}
		if _, err := compose.Load(to, 0); !errors.Is(err, errs.Corrupt) || !strings.Contains(err.Error(), array) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestItEndsWithItsContext(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	s := zarr.NewMem()
	save(t, In(ctx, s, "/m"))
	stop()
	if _, err := compose.Load(In(ctx, s, "/m"), 0); !errors.Is(err, context.Canceled) {
		t.Errorf("Load: %v", err)
	}
}
