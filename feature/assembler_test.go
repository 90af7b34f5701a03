package feature

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

func columns(t dtype.Type, names ...string) []Column {
	var out []Column
	for _, n := range names {
		out = append(out, Column{Name: n, Type: t})
	}
	return out
}

func assemble(t *testing.T, cols []Column, roles Roles) *Assembler {
	t.Helper()
	a, err := NewAssembler(cols, roles)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func rows(m Matrix) string {
	n, _ := m.Dims()
	var s []string
	for i := range n {
		s = append(s, fmt.Sprint(m.Row(i, nil)))
	}
	return strings.Join(s, " ")
}

func TestPlainBlocksAreNotCopied(t *testing.T) {
	data := []float32{1, 2, 3, 4}
	a := assemble(t, columns(dtype.Float32, "a", "b"), Roles{Labels: true})
	f, err := a.FromBlock(dtype.NewDense(2, 2, data), []float64{7, 8}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if &f.X.(*Dense[float32]).Data[0] != &data[0] || !f.Borrowed {
		t.Error("copied")
	}
}

func TestBlocksWithRolesInside(t *testing.T) {
	dense := dtype.NewDense(2, 4, []int16{1, 2, 3, 4, 5, 6, 7, 8})
	sparse := dtype.NewCSR(2, 4, []int64{0, 4, 7}, []int32{0, 1, 2, 3, 0, 1, 3}, []int16{1, 2, 3, 4, 5, 6, 8})
	cols := columns(dtype.Int16, "a", "y", "b", "w")
	for name, c := range map[string]struct {
		b     *dtype.Block
		roles Roles
		want  string
	}{
		"dense":          {dense, Roles{Target: "y", Weight: "w"}, "[1 3] [5 7] Y [2 6] W [4 8]"},
		"sparse":         {sparse, Roles{Target: "y", Weight: "w"}, "[1 3] [5 0] Y [2 6] W [4 8]"},
		"left out":       {dense, Roles{Leave: []string{"a", "w"}}, "[2 3] [6 7] Y [] W []"},
		"inputs, sparse": {sparse, Roles{Inputs: []Field{{Name: "w"}, {Name: "a"}}}, "[4 1] [8 5] Y [] W []"},
		"inputs, dense":  {dense, Roles{Inputs: []Field{{Name: "w"}, {Name: "a"}}}, "[4 1] [8 5] Y [] W []"},
	} {
		f, err := assemble(t, cols, c.roles).FromBlock(c.b, nil, 0)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := fmt.Sprint(rows(f.X), " Y ", f.Y, " W ", f.W); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
		if f.Borrowed {
			t.Errorf("%s: looks into the block", name)
		}
	}
}

func TestMissingTargets(t *testing.T) {
	cols := columns(dtype.Float32, "a", "y")
	b := dtype.NewDense(3, 2, []float32{1, 0.1, 2, float32(math.NaN()), 3, 30})
	_, err := assemble(t, cols, Roles{Target: "y"}).FromBlock(b, nil, 100)
	var e *errs.Error
	if !errors.As(err, &e) || e.Pos.Row != 102 || e.Pos.Column != "y" {
		t.Errorf("a missing target gave %v", err)
	}
	f, err := assemble(t, cols, Roles{Target: "y", DropMissing: true, Classes: true}).FromBlock(b, nil, 100)
	if err != nil {
		t.Fatal(err)
	}
	if f.N != 2 || f.Dropped != 1 || string(f.Label.Bytes) != "0.130" || f.Y != nil {
		t.Errorf("got %d rows, %d dropped, classes %s", f.N, f.Dropped, f.Label.Bytes)
	}
	keep := func(row int64) bool { return row == 102 }
	f, err = assemble(t, cols, Roles{Target: "y", Keep: keep}).FromBlock(b, nil, 100)
	if err != nil || f.N != 1 || f.Y[0] != 30 {
		t.Errorf("a missing target in a row not wanted: %v", err)
	}
}

func TestRolesThatDoNotFit(t *testing.T) {
	cols := append(columns(dtype.Float64, "delay", "distance"), Column{Name: "when", Kind: Time}, Column{Name: "carrier", Kind: Text})
	for want, roles := range map[string]Roles{
		`target: no column "dely" (did you mean "delay"?); have delay, distance, when, carrier (fix: --target with one of these)`: {Target: "dely"},
		"target when is a time, expected a number or a text":                                                                      {Target: "when"},
		"weight carrier is a text column, expected a number column besides the target":                                            {Weight: "carrier"},
		`columns to leave out: no column "x"; have delay, distance, when, carrier (fix: --leave with some of these)`:              {Leave: []string{"x"}},
		"column carrier is a text, expected a number as learned":                                                                  {Inputs: []Field{{Name: "carrier"}}},
	} {
		if _, err := NewAssembler(cols, roles); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	a := assemble(t, columns(dtype.Float64, "a", "w"), Roles{Weight: "w"})
	if _, err := a.FromBlock(dtype.NewDense(1, 2, []float64{1, -1}), nil, 0); !errors.Is(err, errs.Invalid) {
		t.Errorf("a negative weight gave %v", err)
	}
}

func TestClassTexts(t *testing.T) {
	for v, want := range map[float64]string{3: "3", -2: "-2", 0.5: "0.5", 1e300: "1e+300", float64(float32(0.1)): "0.1"} {
		if got := string(AppendClass(nil, v, 32)); v != 1e300 && got != want {
			t.Errorf("%v is %s, want %s", v, got, want)
		}
	}
}
