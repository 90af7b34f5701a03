package compose

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/outcore/outcore/feature"
)

// maxPredict is the most bytes of a program that loads a model and predicts.
const maxPredict = 15 << 20

func TestAProgramThatPredictsIsSmall(t *testing.T) {
	list := exec.Command("go", "list", "-deps", "./testdata/predict")
	list.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := list.CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	for dep := range strings.FieldsSeq(string(out)) {
		for _, heavy := range []string{"minio", "duckdb", "parquet", "arrow", "runtime/cgo", "net/http", "outcore/blob", "outcore/source"} {
			if strings.Contains(dep, heavy) {
				t.Errorf("it links %s", dep)
			}
		}
	}
	bin := filepath.Join(t.TempDir(), "predict")
	build := exec.Command("go", "build", "-o", bin, "./testdata/predict")
	build.Env = list.Env
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	info, err := os.Stat(bin)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes", info.Size())
	if info.Size() > maxPredict {
		t.Errorf("it has %d bytes, at most %d are wanted", info.Size(), maxPredict)
	}
	numbers := numbersOnly(t)
	dir := Dir(t.TempDir())
	if _, err := numbers.Save(dir); err != nil {
		t.Fatal(err)
	}
	got, err := exec.Command(bin, string(dir), "25", "760").CombinedOutput()
	want := predict(t, numbers.Pipeline, &feature.Frame{N: 1, X: &feature.Dense[float64]{N: 1, D: 2, Data: []float64{25, 760}}})
	if err != nil || strings.TrimSpace(string(got)) != fmt.Sprint(want[0]) {
		t.Errorf("it says %s (%v), expected %v", got, err, want[0])
	}
}

// numbersOnly is a model of two number columns.
func numbersOnly(t *testing.T) *Model {
	p := parsed(t, "impute | scale | sgd-regressor(eta0=0.001)")
	s := newFlights(5000)
	whole := s.rows(0, s.n)
	if err := p.Bind(feature.Schema{Fields: []feature.Field{{Name: "dep_delay"}, {Name: "distance"}}}); err != nil {
		t.Fatal(err)
	}
	rows := &feature.Frame{N: whole.N, X: whole.X, Y: whole.Y}
	for !p.Plan()[0].Learn {
		pass := p.Plan()[0]
		part, err := p.Part(pass, rows.Slice(0, 4096))
		if err == nil {
			err = p.Merge(pass, part)
		}
		if err == nil {
			err = p.Finish(pass)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	learn(t, p, rows)
	return &Model{Pipeline: p}
}
